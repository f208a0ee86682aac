"""The directory of a screen: what it was made with, and Parquet parts that are there whole or not at all.

``screen.json`` says what the screen was made with. ``predictions/part-000000.parquet`` holds a row for every input and
target, in the order of the inputs, a failed input as one row with its error. ``structures/part-000000.parquet`` holds
the clusters, in the columns of a prepared source, so that a screen can be screened again. Structures are written first:
a part of predictions counts once it is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.rows import entry_of, row_of
from mlcluster.data.rows import schema as structure_schema
from mlcluster.errors import InputError
from mlcluster.runs import remove_unfinished, replaced
from mlcluster.structure.cluster import Cluster
from mlcluster.structure.files import printable

PREDICTIONS, STRUCTURES = "predictions", "structures"
_KEY, _COUNTS = b"mlcluster_part", b"mlcluster_counts"


def prediction_schema() -> Any:
    """Columns of the predictions."""
    import pyarrow as pa

    text, whole, real = pa.string(), pa.int32(), pa.float64()
    return pa.schema(
        [("input", pa.int64()), ("id", text), ("file", text), ("content", text), ("cluster", text)]
        + [("formula", text), ("n_atoms", whole), ("charge", whole), ("multiplicity", whole)]
        + [("family", text), ("parent", text), ("edits", text)]
        + [("target", text), ("method", text), ("basis", text), ("kind", text), ("informative", pa.bool_())]
        + [("value", real), ("unit", text), ("lower", real), ("upper", real), ("level", real)]
        + [("applicability", text), ("reasons", pa.list_(text)), ("note", text), ("ligands_cut", pa.bool_())]
        + [("model", text), ("error", text)]
    )


class Parts:
    """The parts of a screen on disk.

    Parameters
    ----------
    directory
        Directory of the screen.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        for name in (PREDICTIONS, STRUCTURES):
            (directory / name).mkdir(parents=True, exist_ok=True)

    def counts(self, number: int, key: str) -> tuple[int, int] | None:
        """Predicted and failed inputs of a part written under this key; None if it is not there as it should be."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            stored = pq.read_schema(self._path(PREDICTIONS, number)).metadata or {}
            if stored.get(_KEY) != key.encode() or not self._path(STRUCTURES, number).is_file():
                return None
            predicted, failed = stored[_COUNTS].split()
            return int(predicted), int(failed)
        except (OSError, pa.ArrowInvalid, KeyError, ValueError):
            return None

    def write(self, number: int, key: str, rows: Sequence[dict], structures: Sequence[dict]) -> tuple[int, int]:
        """Write a part and return how many inputs were predicted and failed."""
        import pyarrow as pa

        schema = structure_schema().append(pa.field("input", pa.int64()))
        clusters, refused = _as_table(structures, schema)
        if refused:
            rows = [row for row in rows if row["input"] not in refused] + _refusals(rows, refused)
            clusters, _ = _as_table([row for row in structures if row["input"] not in refused], schema)
        table, unwritten = _as_table(rows, prediction_schema())
        if unwritten:
            rows = [row for row in rows if row["input"] not in unwritten] + _refusals(rows, unwritten)
            table, _ = _as_table(rows, prediction_schema())
        failed = len({row["input"] for row in rows if row["error"] is not None})
        predicted = len({row["input"] for row in rows}) - failed
        self._write(STRUCTURES, number, clusters)
        marks = {_KEY: key.encode(), _COUNTS: f"{predicted} {failed}".encode()}
        self._write(PREDICTIONS, number, table.replace_schema_metadata(marks))
        return predicted, failed

    def rows(self, number: int) -> tuple[list[dict], list[dict]]:
        """Rows of predictions and structures of a part that was written."""
        import pyarrow.parquet as pq

        return tuple(
            pq.read_table(self._path(name, number), use_threads=False).to_pylist() for name in (PREDICTIONS, STRUCTURES)
        )

    def change_rows(self, number: int, change: Callable[[list[dict]], list[dict]]) -> None:
        """Replace the rows of predictions of a part, which stays the part it was, by what `change` makes of them."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pq.read_table(self._path(PREDICTIONS, number), use_threads=False)
        changed = pa.Table.from_pylist(change(table.to_pylist()), schema=prediction_schema())
        if not changed.equals(table.replace_schema_metadata(None)):
            self._write(PREDICTIONS, number, changed.replace_schema_metadata(table.schema.metadata))

    def remove_from(self, number: int) -> None:
        """Remove this part and all after it, which an earlier and longer list of inputs left."""
        for name in (PREDICTIONS, STRUCTURES):
            for path in part_files(self.directory, name):
                if _number_of(path) >= number:
                    path.unlink()

    def tidy(self) -> None:
        """Remove what a killed writer left unfinished."""
        for name in (PREDICTIONS, STRUCTURES):
            remove_unfinished(self.directory / name)

    def _path(self, name: str, number: int) -> Path:
        return self.directory / name / f"part-{number:06d}.parquet"

    def _write(self, name: str, number: int, table: Any) -> None:
        import pyarrow.parquet as pq

        with replaced(self._path(name, number)) as unfinished:
            pq.write_table(table, unfinished, compression="zstd")


def _as_table(rows: Sequence[dict], schema: Any) -> tuple[Any, dict[int, str]]:
    """Rows as a table, and the inputs whose rows do not fit it, with the reason; the table is without their rows."""
    import pyarrow as pa

    try:
        return pa.Table.from_pylist(rows, schema=schema), {}
    except (pa.ArrowException, ValueError, TypeError, OverflowError):
        refused = {}
    for row in rows:
        try:
            pa.Table.from_pylist([row], schema=schema)
        except (pa.ArrowException, ValueError, TypeError, OverflowError) as error:
            refused[row["input"]] = str(error)
    return pa.Table.from_pylist([row for row in rows if row["input"] not in refused], schema=schema), refused


def _refusals(rows: Sequence[dict], refused: Mapping[int, str]) -> list[dict[str, Any]]:
    """One failed row for each input whose own do not fit the table: one bad row must not cost a part."""
    found = []
    for number, why in refused.items():
        row = next(row for row in rows if row["input"] == number)
        named = {key: None if row[key] is None else printable(str(row[key])) for key in ("id", "file", "content")}
        error = f"{named['file']}: its row cannot be written. Found: {printable(why)[:300]}."
        found.append(dict.fromkeys(prediction_schema().names) | {"input": number, **named, "error": error})
    return found


def structure_row(number: int, cluster: Cluster, row: dict[str, Any]) -> dict[str, Any]:
    """Row of a cluster of input `number` whose row of predictions is `row`."""
    tags: dict[str, Any] = {key: row[key] or "" for key in ("family", "parent", "edits")}
    entry = LabelledCluster(entry=row["id"], cluster=cluster, labels=(), source="screen", **tags)
    return row_of(entry) | {"input": number}


def part_files(directory: str | Path, name: str = PREDICTIONS) -> list[Path]:
    """Finished parts of a screen in their order.

    Raises
    ------
    InputError
        If there is no screen in this directory.
    """
    folder = Path(directory) / name
    if not folder.is_dir():
        raise InputError("no screen in this directory.", file=directory, hint="Make one with mlcluster screen.")
    return sorted(folder.glob("part-*.parquet"))


def part_numbers(directory: str | Path) -> list[int]:
    """Numbers of the finished parts of a screen, as `part_files`."""
    return [_number_of(path) for path in part_files(directory)]


def _number_of(path: Path) -> int:
    return int(path.stem.removeprefix("part-"))


def read_screen(directory: str | Path, columns: Sequence[str] | None = None) -> Any:
    """The table of a screen, finished or not, as `pyarrow.Table`; ``.to_pandas()`` turns it into a data frame.

    Parameters
    ----------
    directory
        As given to `screen`.
    columns
        Only these; all when None.

    Raises
    ------
    InputError
        If there is no screen in this directory, or a part of it cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables = []
    for path in part_files(directory):
        try:
            table = pq.read_table(path, columns=None if columns is None else list(columns), use_threads=False)
        except (OSError, pa.ArrowInvalid) as error:
            hint = "Run mlcluster screen again: it is computed anew."
            raise InputError("a part of the screen cannot be read.", file=path, found=error, hint=hint) from None
        tables.append(table.replace_schema_metadata(None))
    if tables:
        # Parts of an earlier version lack columns that came later.
        return pa.concat_tables(tables, promote_options="default")
    schema = prediction_schema()
    return schema.empty_table() if columns is None else schema.empty_table().select(list(columns))


def read_structures(directory: str | Path, inputs: Iterable[int]) -> Iterator[tuple[int, Cluster]]:
    """Yield number of the input and cluster for the clusters of some inputs of a screen, in their order.

    Coordinates are rounded to 0.001 angstrom.

    Raises
    ------
    InputError
        If there is no screen in this directory.
    """
    import pyarrow.parquet as pq

    wanted = sorted(set(inputs))
    for path in part_files(directory, STRUCTURES):
        table = pq.read_table(path, filters=[("input", "in", wanted)] if wanted else None, use_threads=False)
        for row in table.to_pylist() if wanted else ():
            yield row["input"], entry_of(row, "screen").cluster
