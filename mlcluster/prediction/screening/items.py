"""What is to be screened: files, folders, sets and clusters in memory become items in their order."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO

from mlcluster.data.frames import comment_pairs
from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.packed import HEADER, PackedSource
from mlcluster.data.rows import entry_of, schema
from mlcluster.errors import InputError
from mlcluster.prediction.screening.parts import NAMES, Item, comment_of
from mlcluster.structure.cluster import Cluster
from mlcluster.structure.files import FORMATS, MAX_BYTES, file_stem
from mlcluster.structure.manifest import read_manifest

Input = str | Path | Cluster
_RECORDS = ("design.json", "screen.json")
_ROWS = 256  # rows of a Parquet set taken at a time


def items_of(
    inputs: Input | Iterable[Input], *, charge: int | None = None, multiplicity: int | None = None
) -> Iterator[Item]:
    """Every structure of the inputs, in their order; a folder is taken by name, all the way down.

    Parameters
    ----------
    inputs
        Structure files, folders of them, sets (extended XYZ of many frames, Parquet, prepared sources), tables of
        files (CSV with file, charge, multiplicity), clusters.
    charge, multiplicity
        Of every structure read from a file, unless a table says otherwise.

    Raises
    ------
    InputError
        If an input does not exist, a folder holds no structure, or a table is not what it should be. A structure file
        that cannot be read is an item with an error.
    """
    for each in as_inputs(inputs):
        if isinstance(each, Cluster):
            yield _of_cluster(each, each.name, file=str(each.source.path or ""))
        else:
            yield from _of_path(Path(each), charge, multiplicity)


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
    if not path.exists():
        raise InputError("no such file or folder.", file=path, hint="Check the path.")
    if not path.is_dir() or (path / HEADER).is_file():
        return [path]
    found = [file for file in sorted(path.rglob("*")) if _is_structure(file.relative_to(path), file)]
    if not found:
        raise InputError(
            "the folder holds no structure files.", file=path, expected=", ".join([*FORMATS, ".parquet", "also as .gz"])
        )
    return found


def _is_structure(name: Path, file: Path) -> bool:
    if any(part.startswith(".") for part in name.parts) or file.name in _RECORDS or not file.is_file():
        return False
    return _ending(file) in (*FORMATS, ".parquet") or file.name.lower().startswith(("poscar", "contcar"))


def _ending(file: Path) -> str:
    return Path(file.name.lower().removesuffix(".gz")).suffix


def _of_path(path: Path, charge: int | None, multiplicity: int | None) -> Iterator[Item]:
    for file in files_of(path):
        if file.is_dir():
            yield from (_of_entry(entry, file) for entry in PackedSource(file))
        elif _ending(file) == ".parquet":
            yield from _of_parquet(file)
        elif _ending(file) == ".csv":
            for row in read_manifest(file, charge=charge, multiplicity=multiplicity):
                yield from _of_file(Path(row.file), row.charge, row.multiplicity)
        else:
            yield from _of_file(file, charge, multiplicity)


def _of_file(file: Path, charge: int | None, multiplicity: int | None) -> Iterator[Item]:
    own = Item(id=str(file), file=str(file), name=file_stem(file), charge=charge, multiplicity=multiplicity)
    try:
        if _ending(file) in (".xyz", ".extxyz"):
            yield from _of_frames(file, own)
        elif file.stat().st_size > MAX_BYTES:
            yield replace(own, error=str(InputError("the file is too large to be read as one structure.", file=file)))
        else:
            yield replace(own, data=file.read_bytes())
    except (OSError, EOFError) as error:
        yield replace(own, error=str(InputError("the file cannot be read.", file=file, found=error)))


def _of_frames(file: Path, own: Item) -> Iterator[Item]:
    with _opened(file) as stream:
        frames = _frames(stream)
        first = list(islice(frames, 2))
        if len(first) < 2:
            yield replace(own, data=file.read_bytes())
            return
        for number, data in enumerate(chain(first, frames), start=1):
            yield _of_frame(own, number, data)


def _opened(file: Path) -> BinaryIO:
    return gzip.open(file, "rb") if file.name.lower().endswith(".gz") else file.open("rb")  # type: ignore[return-value]


def _frames(stream: BinaryIO) -> Iterator[bytes]:
    """Frames of an XYZ file as they stand; where counting fails, the rest of the file is one that cannot be read."""
    while head := stream.readline():
        if not head.strip():
            continue
        try:
            rows = int(head) + 1
        except ValueError:
            yield head + stream.read(MAX_BYTES)
            return
        yield head + b"".join(islice(stream, max(rows, 0)))


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
    except (OSError, pa.ArrowInvalid) as error:
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
    if file.is_dir():
        return len(PackedSource(file))
    if _ending(file) == ".parquet":
        import pyarrow.parquet as pq

        return pq.read_metadata(file).num_rows
    if _ending(file) == ".csv":
        return sum(_count(Path(row.file)) for row in read_manifest(file))
    if _ending(file) in (".xyz", ".extxyz") and file.is_file():
        try:
            with _opened(file) as stream:
                return max(sum(1 for _ in _frames(stream)), 1)
        except (OSError, EOFError):
            return 1
    return 1
