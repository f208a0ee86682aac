"""Tables that users write: CSV in UTF-8 with a header, each fault named with its line and column.

A fault of the whole table (its encoding, its separator, its columns) is an error; a fault of one row stands in that
row, so that it costs no other.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from mlcluster.errors import InputError
from mlcluster.structure.files import MAX_BYTES, open_regular, printable
from mlcluster.structure.limits import shortened

MISSING = frozenset(("", "nan", "n/a", "na", "#n/a", "none", "null", "-", "--"))
"""Cells, in lower case, that say there is no value."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


@dataclass(frozen=True)
class CsvRow:
    """One row.

    Parameters
    ----------
    line
        Line of the file it begins on, the header being line 1.
    cells
        Text by column, blanks around it removed.
    error
        Why it cannot be read.
    """

    line: int
    cells: dict[str, str] = field(default_factory=dict)
    error: InputError | None = None


@dataclass(frozen=True)
class CsvTable:
    """A table with its columns and rows; rows without any cell are left out."""

    path: Path
    columns: tuple[str, ...]
    rows: tuple[CsvRow, ...]


def read_csv(path: str | Path, *, required: Sequence[str] = (), optional: Sequence[str] | None = None) -> CsvTable:
    """Read a table.

    Parameters
    ----------
    path
        Of the file.
    required
        Columns it must have.
    optional
        Columns it may have; any when None.

    Raises
    ------
    InputError
        If it is no regular file, no CSV in UTF-8, or its columns are not those it needs.
    """
    lines = list(io.StringIO(_text(path), newline=""))
    records = _records(lines, path)
    first = next(records, CsvRow(1))
    if first.error is not None:
        raise first.error
    columns = tuple(first.cells.values())
    _check_columns(path, columns, required, optional)
    rows = []
    for row in records:
        cells = list(row.cells.values())
        if row.error is None and not any(cells):
            continue
        if row.error is None and len(cells) != len(columns):
            row = CsvRow(row.line, _paired(columns, cells), _uneven(path, row.line, cells, columns))
        elif row.error is None:
            row = CsvRow(row.line, _paired(columns, cells))
        rows.append(row)
    return CsvTable(Path(path), columns, tuple(rows))


def _paired(columns: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    return dict(zip(columns, cells, strict=False))


def _text(path: str | Path) -> str:
    with open_regular(path) as stream:
        data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise InputError("the table is too large.", file=printable(path), expected=f"at most {MAX_BYTES / 1e6:g} MB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            "a table has to be CSV in UTF-8.",
            file=printable(path),
            site=f"line {data.count(10, 0, error.start) + 1}",
            found=f"the byte 0x{data[error.start]:02x}, which is none",
            hint='Save it as "CSV UTF-8".',
        ) from None


def _records(lines: Sequence[str], path: str | Path) -> Iterator[CsvRow]:
    """Rows with their cells by number; one that cannot be read ends with its own line."""
    start = 0
    while start < len(lines):
        reader = csv.reader(lines[start:], strict=True, skipinitialspace=True)
        begin = start
        try:
            for cells in reader:
                yield CsvRow(begin + 1, {str(k): cell.strip() for k, cell in enumerate(cells)})
                begin = start + reader.line_num
            return
        except csv.Error as error:
            fault = InputError(
                "a row cannot be read.",
                file=printable(path),
                site=f"line {begin + 1}",
                found=error,
                hint="Put text that holds a comma in double quotes, and close them.",
            )
            # The first cell, as far as it is one, says which row that is.
            cell = lines[begin].split(",", 1)[0].strip().strip('"')
            yield CsvRow(begin + 1, {"0": cell} if len(cell) < 1000 else {}, fault)
            start = begin + 1


def _uneven(path: str | Path, line: int, cells: Sequence[str], columns: Sequence[str]) -> InputError:
    return InputError(
        "a row does not fit the header.",
        file=printable(path),
        site=f"line {line}",
        found=f"{len(cells)} cells",
        expected=f"{len(columns)}",
        hint="Write decimals with a point; put text that holds a comma in double quotes.",
    )


def _check_columns(
    path: str | Path, columns: Sequence[str], required: Sequence[str], optional: Sequence[str] | None
) -> None:
    lacking = [name for name in required if name not in columns]
    unknown = [name for name in columns if optional is not None and name not in (*required, *optional)]
    file = printable(path)
    if not lacking and not unknown:
        doubled = [name for name in columns if columns.count(name) > 1]
        if doubled:
            raise InputError("a column occurs twice.", file=file, found=shortened(doubled[0]))
        return
    hint = None
    found = ", ".join(name[:40] for name in columns[:30])
    near = get_close_matches(unknown[0][:40], (*required, *(optional or ())), n=1) if unknown else []
    if len(columns) == 1 and set(found) & set(";\t|"):
        hint = "Put commas between the columns, and write decimals with a point."
    elif near:
        hint = f"Did you mean {near[0]} for {unknown[0]}?"
    raise InputError(
        "the columns of this table are not those it needs.",
        file=file,
        found=found or "nothing",
        expected=", ".join((*required, *(f"{name} (optional)" for name in optional or ()))),
        hint=hint,
    )


def cell_number(cell: str, *, file: object = None, site: str | None = None) -> float | None:
    """Number in a cell; None where it says that there is no value.

    Raises
    ------
    InputError
        If it is something else, with what was found.

    Examples
    --------
    >>> [cell_number(cell) for cell in ("1.5", "-2e3", "", "NaN", "N/A")]
    [1.5, -2000.0, None, None, None]
    """
    text = cell.strip()
    if text.lower() in MISSING:
        return None
    value = float(text) if len(text) < 100 and _NUMBER.fullmatch(text) else math.nan
    if math.isfinite(value):
        return value
    hint = "Leave the cell empty if there is no value."
    if re.fullmatch(r"[+-]?[0-9]*,[0-9]+", text):
        hint = "Write decimals with a point."
    raise InputError("not a number.", file=file, site=site, found=shortened(text), hint=hint)
