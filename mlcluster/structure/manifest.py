"""Tables of structure files, and what is stated about them outside the files."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from mlcluster.errors import InputError


@dataclass(frozen=True)
class StatedFile:
    """One structure file, with what is stated about it outside the file."""

    file: str
    charge: int | None = None
    multiplicity: int | None = None


def read_manifest(path: Path, *, charge: int | None = None, multiplicity: int | None = None) -> list[StatedFile]:
    """Files of a CSV with columns file, charge, multiplicity; files are relative to it, a blank cell is the default.

    Raises
    ------
    InputError
        If a column is missing or unknown, or a cell is not what it should be.
    """
    rows = read_rows(path, required=("file",), optional=("charge", "multiplicity"))
    return [
        StatedFile(
            str(path.parent / row["file"]),
            _integer(row.get("charge"), charge, f"{path}", f"line {line}, charge"),
            _integer(row.get("multiplicity"), multiplicity, f"{path}", f"line {line}, multiplicity"),
        )
        for line, row in enumerate(rows, start=2)
    ]


def read_rows(path: Path, *, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> list[dict[str, str]]:
    """Rows of a CSV whose columns are known by name.

    Raises
    ------
    InputError
        If a column is missing or unknown, or a required cell is empty.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream, skipinitialspace=True)
            columns = [name.strip() for name in reader.fieldnames or ()]
            reader.fieldnames = columns
            rows = [{key: (cell or "").strip() for key, cell in row.items() if key} for row in reader]
    except UnicodeDecodeError as error:
        raise InputError("a table has to be plain text.", file=path, found=error.reason, expected="UTF-8") from error
    if not set(required) <= set(columns) or set(columns) - set(required) - set(optional):
        raise InputError(
            "the columns of this table are not those it needs.",
            file=path,
            found=", ".join(columns) or "nothing",
            expected=", ".join((*required, *(f"{name} (optional)" for name in optional))),
        )
    for line, row in enumerate(rows, start=2):
        empty = [name for name in required if not row.get(name)]
        if empty:
            raise InputError("a cell that is needed is empty.", file=path, site=f"line {line}, {empty[0]}")
    return rows


def _integer(text: str | None, default: int | None, file: str, site: str) -> int | None:
    if not text:
        return default
    try:
        return int(text)
    except ValueError:
        raise InputError(
            "not a whole number.", file=file, site=site, found=text, hint="Leave it empty if unknown."
        ) from None
