"""What is to be screened: files, folders, sets and clusters in memory become items in their order."""

from __future__ import annotations

import contextlib
import gzip
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO

from mlcluster.data.frames import comment_pairs
from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.packed import HEADER, PackedSource
from mlcluster.data.rows import entry_of, schema
from mlcluster.errors import InputError, MlclusterError
from mlcluster.prediction.screening.parts import NAMES, Item, comment_of
from mlcluster.structure.cluster import Cluster
from mlcluster.structure.files import MAX_BYTES, file_stem, open_regular, printable
from mlcluster.structure.folders import ending_of, structure_files
from mlcluster.structure.manifest import read_manifest

Input = str | Path | Cluster
_ROWS = 256  # rows of a Parquet set taken at a time


def items_of(
    inputs: Input | Iterable[Input],
    *,
    charge: int | None = None,
    multiplicity: int | None = None,
    max_bytes: int = MAX_BYTES,
) -> Iterator[Item]:
    """Every structure of the inputs, in their order; a folder is taken by name, all the way down.

    Parameters
    ----------
    inputs
        Structure files, folders of them, sets (extended XYZ of many frames, Parquet, prepared sources), tables of
        files (CSV with file, charge, multiplicity), clusters.
    charge, multiplicity
        Of every structure read from a file, unless a table says otherwise.
    max_bytes
        Largest file, or part of a file, that is taken.

    Raises
    ------
    InputError
        If an input does not exist or a folder holds no structure. A file, table or set that cannot be read is an item
        with an error, as is what remains of one that breaks off.
    """
    for each in as_inputs(inputs):
        if isinstance(each, Cluster):
            yield _of_cluster(each, each.name, file=str(each.source.path or ""))
        else:
            yield from _of_path(Path(each), Item(id="", file="", charge=charge, multiplicity=multiplicity), max_bytes)


def as_inputs(inputs: Input | Iterable[Input]) -> Iterable[Input]:
    """One input or several, as several."""
    return [inputs] if isinstance(inputs, Input) else inputs


def check_inputs(inputs: Iterable[Input]) -> None:
    """Refuse inputs that are not there before any work is done.

    Raises
    ------
    InputError
        If there is none, or one does not exist or is an empty folder.
    """
    if isinstance(inputs, list | tuple):
        if not inputs:
            raise InputError("nothing to screen.", found="no input", expected="files, folders or sets")
        for each in inputs:
            if not isinstance(each, Cluster):
                files_of(Path(each))


def count_items(inputs: Input | Iterable[Input]) -> int | None:
    """How many items there will be, counted without reading structures; None for clusters that come one by one."""
    inputs = as_inputs(inputs)
    if not isinstance(inputs, list | tuple):
        return None
    counts = ([1] if isinstance(each, Cluster) else map(_count, files_of(Path(each))) for each in inputs)
    return sum(chain.from_iterable(counts))


def files_of(path: Path) -> list[Path]:
    """The file itself, or what a folder holds.

    Raises
    ------
    InputError
        If there is nothing of that name, or the folder holds no structure.
    """
    return [path] if (path / HEADER).is_file() else structure_files(path, also=(".parquet",))


def _of_path(path: Path, stated: Item, most: int) -> Iterator[Item]:
    for file in files_of(path):
        try:
            if file.is_dir():
                yield from (_of_entry(entry, file) for entry in PackedSource(file))
            elif ending_of(file) == ".parquet":
                yield from _of_parquet(file)
            elif ending_of(file) == ".csv":
                for row in read_manifest(file, charge=stated.charge, multiplicity=stated.multiplicity):
                    own = replace(stated, charge=row.charge, multiplicity=row.multiplicity)
                    yield from ([_failed(row.file, row.error)] if row.error else _of_file(Path(row.file), own, most))
            else:
                yield from _of_file(file, stated, most)
        except MlclusterError as error:
            yield _failed(printable(file), str(error))


def _failed(file: str, error: str) -> Item:
    return Item(id=file, file=file, error=error)


def _of_file(file: Path, stated: Item, most: int) -> Iterator[Item]:
    name = printable(file)
    own = replace(stated, id=name, file=name, name=file_stem(name))
    try:
        if ending_of(file) in (".xyz", ".extxyz"):
            yield from _of_frames(file, own, most)
        else:
            yield replace(own, data=_data_of(file, most))
    except MlclusterError as error:
        yield replace(own, error=str(error))
    except (OSError, EOFError, zlib.error) as error:
        yield replace(own, error=str(InputError("the file cannot be read.", file=name, found=error)))


def _data_of(file: Path, most: int) -> bytes:
    with open_regular(file) as stream:
        data = stream.read(most + 1)
    if len(data) > most:
        found = f"more than {most / 1e6:g} MB"
        raise InputError("the file is too large to be read as one structure.", file=printable(file), found=found)
    return data


def _of_frames(file: Path, own: Item, most: int) -> Iterator[Item]:
    with _opened(file) as stream:
        frames = _frames(stream, most)
        first = list(islice(frames, 2))
        if len(first) < 2:
            yield replace(own, data=_data_of(file, most))
            return
        for number, data in enumerate(chain(first, frames), start=1):
            if len(data) > most:
                error = InputError("a frame is too large.", file=own.file, site=f"frame {number}")
                yield replace(own, id=f"{own.file}#{number}", error=str(error))
                return
            yield _of_frame(own, number, data)


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    with open_regular(file) as stream:
        if file.name.lower().endswith(".gz"):
            with gzip.open(stream, "rb") as expanded:
                yield expanded  # type: ignore[misc]
        else:
            yield stream


def _frames(stream: BinaryIO, most: int) -> Iterator[bytes]:
    """Frames of an XYZ file as they stand; where counting fails, the rest of the file is one that cannot be read.

    Frames without atoms are passed over. One that is longer than `most` is given as far as it shows that it is.
    """
    while head := stream.readline(most + 1):
        if not head.strip():
            continue
        word = head.strip()
        if not word.isdigit() or len(word) > 15:
            yield head + stream.read(most)
            return
        lines, size = [head], len(head)
        for _ in range(int(word) + 1):
            line = stream.readline(most + 1)
            lines.append(line)
            size += len(line)
            if not line or size > most:
                break
        if int(word):
            yield b"".join(lines)
        if size > most:
            return


def _of_frame(own: Item, number: int, data: bytes) -> Item:
    pairs = comment_pairs(comment_of(data))
    known = [pairs[key] for key in ("entry", "id", "name", "label") if pairs.get(key)]
    named = [pairs[key] for key in NAMES if pairs.get(key)]
    return replace(
        own,
        id=known[0] if known else f"{own.file}#{number}",
        data=data,
        frame=number,
        name=named[0] if named else f"{own.name}:{number}",
        parent=pairs.get("parent", ""),
        edits=pairs.get("edits", ""),
        family=pairs.get("family", ""),
    )


def _of_parquet(file: Path) -> Iterator[Item]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file) as table:
            missing = sorted(set(schema().names) - set(table.schema_arrow.names))
            if missing:
                raise InputError(
                    "not a Parquet set of structures.",
                    file=file,
                    found=f"no column {', '.join(missing)}",
                    expected="a shard of a prepared source, or the structures of another screen",
                )
            for batch in table.iter_batches(batch_size=_ROWS, columns=schema().names, use_threads=False):
                yield from (_of_entry(entry_of(row, ""), file) for row in batch.to_pylist())
    except (OSError, ValueError, TypeError, KeyError, OverflowError, pa.ArrowException) as error:
        raise InputError("the Parquet set cannot be read.", file=file, found=error) from None


def _of_entry(entry: LabelledCluster, file: Path) -> Item:
    cluster = entry.cluster
    return _of_cluster(
        cluster, entry.entry, file=str(file), parent=entry.parent, edits=entry.edits, family=entry.family or ""
    )


def _of_cluster(cluster: Cluster, id: str, *, file: str, parent: str = "", edits: str = "", family: str = "") -> Item:
    return Item(
        id=id,
        file=file,
        data=cluster.to_xyz().encode(),
        whole=True,
        name=cluster.name,
        parent=parent or cluster.source.parent or "",
        edits=edits or cluster.source.edits or "",
        family=family,
    )


def _count(file: Path) -> int:
    try:
        if file.is_dir():
            return len(PackedSource(file))
        if ending_of(file) == ".parquet":
            import pyarrow.parquet as pq

            return pq.read_metadata(file).num_rows
        if ending_of(file) == ".csv":
            return sum(1 if row.error else _count(Path(row.file)) for row in read_manifest(file))
        if ending_of(file) in (".xyz", ".extxyz"):
            with _opened(file) as stream:
                return max(sum(1 for _ in _frames(stream, MAX_BYTES)), 1)
    except (MlclusterError, OSError, EOFError, ValueError, zlib.error):
        pass  # what cannot be read is one input, which fails
    return 1
