"""Rows as a spreadsheet (.xlsx) that holds text as text: no cell of it is ever a formula."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mlcluster.errors import InputError
from mlcluster.runs.whole_files import replaced

MOST_ROWS = 1_048_575
"""Rows of one sheet under its heading, in the format itself."""
LONGEST = 32_767
"""Characters of one cell, in the format itself."""

_FORMULA = ("=", "+", "-", "@")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def write_sheet(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], path: str | Path) -> None:
    """Write rows as the only sheet of a workbook, headings in bold and kept in sight.

    Text that a spreadsheet would take for a formula, as it begins with ``=``, ``+``, ``-`` or ``@``, is marked as text;
    control characters, which the format cannot hold, are written out; numbers that are not finite are left blank.

    Parameters
    ----------
    rows
        Values by column; what is missing is left blank.
    columns
        Headings in their order.
    path
        The file.

    Raises
    ------
    InputError
        If there are more rows than a sheet has.
    """
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    book = Workbook(write_only=True)
    sheet = book.create_sheet("mlcluster")
    sheet.freeze_panes = "A2"

    def cell(value: Any, *, bold: bool = False) -> Any:
        value = _plain(value)
        made = WriteOnlyCell(sheet, value)
        if isinstance(value, str):
            made.data_type = "s"
            made.style = "Normal"
            made.quotePrefix = value.startswith(_FORMULA)
        if bold:
            made.font = Font(bold=True)
        return made

    sheet.append([cell(name, bold=True) for name in columns])
    for number, row in enumerate(rows, start=1):
        if number > MOST_ROWS:
            raise InputError("too many rows for a spreadsheet.", file=path, expected=f"at most {MOST_ROWS}, or .csv")
        sheet.append([cell(row.get(name)) for name in columns])
    with replaced(Path(path)) as unfinished:
        book.save(unfinished)


def read_sheet(path: str | Path) -> list[dict[str, Any]]:
    """Rows of the first sheet by its headings; blank cells are None.

    Raises
    ------
    InputError
        If it is no workbook, or has no headings.
    """
    from openpyxl import load_workbook

    try:
        book = load_workbook(path, read_only=True, data_only=True)
        try:
            rows = list(book.worksheets[0].iter_rows(values_only=True))
        finally:
            book.close()
    except Exception as error:  # openpyxl lets through whatever its parsers raise
        raise InputError("not a spreadsheet that can be read.", file=path, found=error) from None
    if not rows:
        raise InputError("the spreadsheet is empty.", file=path)
    headings = [str(name) for name in rows[0]]
    # Blank cells at the end of a row are not in the file.
    return [dict.fromkeys(headings) | dict(zip(headings, row, strict=False)) for row in rows[1:]]


def _plain(value: Any) -> Any:
    """A value as a cell can hold it."""
    if hasattr(value, "tolist"):  # numpy scalars
        value = value.tolist()
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        value = json.dumps(value, default=str)
    text = _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), str(value))
    return text if len(text) <= LONGEST else text[: LONGEST - 4] + " ..."
