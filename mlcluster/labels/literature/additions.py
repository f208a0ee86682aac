"""`add`: measurements of a user's own, appended to a table in a directory of the user's own after the same checks."""

from __future__ import annotations

import contextlib
import csv
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from mlcluster.errors import DataError, InputError
from mlcluster.labels.label_records import TOUCHSTONE
from mlcluster.labels.literature.cell_rules import errors_among
from mlcluster.labels.literature.composition import composition_of
from mlcluster.labels.literature.measurements import is_touchstone
from mlcluster.labels.literature.table import COLUMNS, Row, Table, bundled, read_table
from mlcluster.labels.literature.validation import check_measurements
from mlcluster.runs import replaced

FILE_NAME = "measurements.csv"
_LOCK = ".measurements.lock"


def add(table: str | Path, to: str | Path) -> list[dict[str, Any]]:
    """Append the rows of a table to ``measurements.csv`` of a directory: all of them, or none if one is refused.

    A row is refused by any check of `validate`, and if its identifier or its measurement stands already in the
    directory or in the bundled table. The bundled table itself is never written. A row about one of the systems that
    judge the package is kept with the flag ``TOUCHSTONE``: it is shown as the user's own and never learned from.

    Parameters
    ----------
    table
        CSV with the columns of the bundled table, or some of them.
    to
        Directory; made if it is missing.

    Returns
    -------
    list[dict[str, Any]]
        One dictionary: ``{"file", "to", "added", "rows", "findings", "errors", "warnings", "sentences"}``, with
        ``"error"`` if nothing was added; rows are those of the directory afterwards.

    Raises
    ------
    InputError
        If a table cannot be read.
    DataError
        If the directory is the bundled data set, or somebody else is adding to it.
    """
    given = read_table(table)
    if given.holds_pairs:
        raise InputError("this is a table of pairs.", file=table, expected="a table of measurements")
    given, judging = _flagged(given)
    directory = Path(to)
    if directory.resolve() == bundled(FILE_NAME).parent.resolve():
        raise DataError("the bundled table is not added to.", found=to, hint="Give a directory of your own.")
    directory.mkdir(parents=True, exist_ok=True)
    target = directory / FILE_NAME
    with _locked(directory):
        own = read_table(target) if target.is_file() else Table(target, (), ())
        found = [finding for finding in _check(given, own) if finding.line > 0]
        errors = errors_among(found)
        result: dict[str, Any] = {
            "file": str(table),
            "to": str(target),
            "added": 0 if errors else len(given.rows),
            "rows": len(own.rows) + (0 if errors else len(given.rows)),
            "findings": [finding.to_dict() for finding in found],
            "errors": len(errors),
            "warnings": sum(finding.level == "warning" for finding in found),
        }
        if errors:
            refused = len({finding.line for finding in errors})
            result["error"] = f"nothing was added: {refused} of {len(given.rows)} rows are refused."
        elif given.rows:
            _write(target, _columns(own.columns, given.columns), (*own.rows, *given.rows))
        result["sentences"] = _sentences(result, [] if errors else judging)
    return [result]


def _flagged(given: Table) -> tuple[Table, list[str]]:
    """The table with touchstones flagged as such, and the compounds that are: whoever measures one keeps it."""
    rows, judging = [], []
    for row in given.rows:
        if is_touchstone(composition_of(row)):
            judging.append(row["cluster_id"])
            flags = dict.fromkeys((*filter(None, row["flags"].split("|")), TOUCHSTONE))
            row = Row(row.line, {**row.cells, "flags": "|".join(flags)})
        rows.append(row)
    columns = given.columns if not judging else _columns(given.columns, ("flags",))
    return Table(given.path, columns, tuple(rows)), list(dict.fromkeys(judging))


def _sentences(result: dict[str, Any], judging: Sequence[str]) -> list[str]:
    """What was done in plain words."""
    if "error" in result:
        return [f"{result['error'].capitalize()} Each is listed with what is wrong; correct them and add again."]
    count = f"{result['added']} measurement{'' if result['added'] == 1 else 's'}"
    told = [f"{count} added; {result['to']} holds {result['rows']}."]
    if judging:
        told.append(
            f"{', '.join(judging)}: a system that judges this package; your values are kept and shown as your own, and "
            "no model is trained on them."
        )
    own = Path(result["to"]).parent
    return [*told, f"Next: mlcluster predict FILE --own {own} shows them beside predictions."]


def _check(given: Table, own: Table) -> Sequence:
    """Findings about the given rows behind those that stand already, which get negative lines."""
    earlier = [row.cells for row in (*read_table(bundled(FILE_NAME)).rows, *own.rows)]
    columns = _columns((*own.columns, *COLUMNS), given.columns)
    rows = [Row(-number, cells) for number, cells in enumerate(earlier, start=1)] + list(given.rows)
    whole = tuple(Row(row.line, {column: row[column] for column in columns}) for row in rows)
    return check_measurements(Table(given.path, columns, whole))[0]


def _columns(first: Iterable[str], second: Iterable[str]) -> tuple[str, ...]:
    """Columns of both, those of the bundled table in its order and in front."""
    both = dict.fromkeys((*first, *second))
    return (*(name for name in COLUMNS if name in both), *(name for name in both if name not in COLUMNS))


def _write(path: Path, columns: tuple[str, ...], rows: Iterable[Row]) -> None:
    """Replace the file in one step, so that a reader sees the old rows or all the new ones."""
    with replaced(path) as draft, draft.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([row[column] for column in columns] for row in rows)


@contextlib.contextmanager
def _locked(directory: Path) -> Iterator[None]:
    lock = directory / _LOCK
    try:
        os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except FileExistsError:
        raise DataError(
            "another command is adding to this directory.",
            file=lock,
            hint="If none runs, one was killed: delete this file.",
        ) from None
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)
