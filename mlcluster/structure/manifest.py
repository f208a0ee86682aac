"""Tables of structure files, and what is stated about them outside the files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mlcluster.errors import InputError
from mlcluster.structure.csv_table import CsvRow, cell_number, read_csv
from mlcluster.structure.files import printable
from mlcluster.structure.limits import whole_charge, whole_multiplicity


@dataclass(frozen=True)
class StatedFile:
    """One structure file, with what is stated about it outside the file, or why its row cannot be used."""

    file: str
    charge: int | None = None
    multiplicity: int | None = None
    error: str | None = None


def read_manifest(path: Path, *, charge: int | None = None, multiplicity: int | None = None) -> list[StatedFile]:
    """Files of a CSV with columns file, charge, multiplicity; files are relative to it, a blank cell is the default.

    A row that cannot be used holds its error, so that it costs no other.

    Raises
    ------
    InputError
        If it is no CSV in UTF-8, or a column is missing or unknown.
    """
    table = read_csv(path, required=("file",), optional=("charge", "multiplicity"))
    return [_stated(row, path, charge, multiplicity) for row in table.rows]


def _stated(row: CsvRow, path: Path, charge: int | None, multiplicity: int | None) -> StatedFile:
    named = row.cells.get("file") or row.cells.get("0", "")
    file = str(path.parent / named) if named else f"{path}, line {row.line}"
    try:
        if row.error is not None:
            raise row.error
        if not named:
            raise InputError("a cell that is needed is empty.", file=path, site=f"line {row.line}, file")
        return StatedFile(
            file,
            _whole(row, "charge", charge, whole_charge, path),
            _whole(row, "multiplicity", multiplicity, whole_multiplicity, path),
        )
    except InputError as error:
        return StatedFile(printable(file), error=str(error))


def _whole(row: CsvRow, column: str, default: int | None, checked: Callable[..., int], path: Path) -> int | None:
    site = f"line {row.line}, {column}"
    value = cell_number(row.cells.get(column, ""), file=path, site=site)
    return default if value is None else checked(value, str(path), site)
