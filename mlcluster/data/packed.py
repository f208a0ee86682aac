"""The form every prepared source has: Parquet shards and one JSON file, read a shard at a time.

A shard holds at most `SHARD_ENTRIES` structures and about `SHARD_ATOMS` atoms. Coordinates are integers of 0.001
angstrom, far below what any label depends on; zstd makes them a third of the text. A directory appears whole or not at
all: it is written beside its place and then moved there.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from mlcluster.data.families import connected
from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.rows import entry_of, row_of, schema
from mlcluster.errors import DataError, InputError
from mlcluster.runs import replaced_directory

SCHEMA = 1
SHARD_ENTRIES = 512
SHARD_ATOMS = 60_000
HEADER = "source.json"


def write_packed(
    directory: Path,
    items: Iterable[LabelledCluster],
    *,
    name: str,
    origin: str,
    check: Callable[[dict[str, Any]], None] | None = None,
) -> dict[str, Any]:
    """Write entries as shards; they are taken one at a time, so their number does not matter to memory.

    Parameters
    ----------
    directory
        Where they go; what is there is replaced once all is written.
    items
        The entries.
    name
        Of the source.
    origin
        The copy they were read from, for the record.
    check
        Called with the header before anything takes its place; what it raises leaves the old state as it was.

    Returns
    -------
    dict[str, Any]
        The header: entries, atoms, families, labels of each channel, shards with their SHA-256.

    Raises
    ------
    DataError
        If an entry occurs twice or there is none.
    """
    with replaced_directory(directory) as unfinished:
        shards, labels, links, seen = [], Counter[str](), set[tuple[str, str]](), set[str]()
        for number, batch in enumerate(_shards(items)):
            for item in batch:
                if item.entry in seen:
                    raise DataError("an entry occurs twice.", file=origin, found=item.entry, expected="unique names")
                seen.add(item.entry)
                family = f"family {item.family}"
                links.add((family, f"parent {item.parent}" if item.parent else family))
                labels.update({record.channel.key for record in item.labels})
            shards.append(_write_shard(unfinished / f"shard-{number:04d}.parquet", batch))
        if not seen:
            raise DataError("nothing to prepare was found.", file=origin, expected=f"entries of {name}")
        header = {
            "schema": SCHEMA,
            "source": name,
            "origin": origin,
            "entries": len(seen),
            "atoms": sum(shard["atoms"] for shard in shards),
            "families": len(set(connected(links).values())),
            "labels": dict(sorted(labels.items())),
            "shards": shards,
        }
        if check is not None:
            check(header)
        (unfinished / HEADER).write_text(json.dumps(header, indent=1), encoding="utf-8")
    return header


class PackedSource:
    """A prepared source on disk.

    Parameters
    ----------
    directory
        As `write_packed` left it.

    Raises
    ------
    InputError
        If there is none, it is of another schema, or a shard is missing.
    """

    def __init__(self, directory: str | Path) -> None:
        self.directory = Path(directory)
        try:
            self.header: dict[str, Any] = json.loads((self.directory / HEADER).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError("no prepared source here.", file=directory, found=error) from None
        if self.header.get("schema") != SCHEMA:
            raise InputError(
                "prepared by another version.",
                file=directory,
                found=f"schema {self.header.get('schema')}",
                expected=SCHEMA,
                hint="Run mlcluster data prepare again.",
            )
        self.shards_read = 0
        """Shards decoded so far, which tells whether a reader streams or thrashes."""

    def __len__(self) -> int:
        return int(self.header["entries"])

    def __iter__(self) -> Iterator[LabelledCluster]:
        for number in range(len(self.header["shards"])):
            yield from self.shard(number)

    def shard(self, number: int) -> list[LabelledCluster]:
        """Decode the entries of one shard."""
        self.shards_read += 1
        rows = self._table(number).to_pylist()
        return [entry_of(row, self.header["source"]) for row in rows]

    def facts(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield shard and entry, family, n_atoms, split and channels to learn from; coordinates stay packed."""
        columns = ["entry", "family", "n_atoms", "split", "channels"]
        for number in range(len(self.header["shards"])):
            for row in self._table(number, columns).to_pylist():
                yield number, row

    def _table(self, number: int, columns: list[str] | None = None) -> Any:
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = self.directory / self.header["shards"][number]["file"]
        try:
            return pq.read_table(path, columns=columns, use_threads=False)
        except (OSError, pa.ArrowInvalid) as error:
            raise InputError(
                "a shard cannot be read.", file=path, found=error, hint="Prepare the source again."
            ) from None


def _shards(items: Iterable[LabelledCluster]) -> Iterator[list[LabelledCluster]]:
    batch: list[LabelledCluster] = []
    atoms = 0
    for item in items:
        if batch and (len(batch) == SHARD_ENTRIES or atoms + len(item.cluster) > SHARD_ATOMS):
            yield batch
            batch, atoms = [], 0
        batch.append(item)
        atoms += len(item.cluster)
    if batch:
        yield batch


def _write_shard(path: Path, items: list[LabelledCluster]) -> dict[str, Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pylist([row_of(item) for item in items], schema=schema())
    pq.write_table(table, path, compression="zstd")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    atoms = sum(len(item.cluster) for item in items)
    return {"file": path.name, "entries": len(items), "atoms": atoms, "sha256": digest}
