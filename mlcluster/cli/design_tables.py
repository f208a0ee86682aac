"""What the design verbs return, on a terminal of 80 columns: the answer in words, then the first candidates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich import box
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from mlcluster.display import shell_word
from mlcluster.report.measured_tables import paragraph

_SHOWN = 25
_REFUSALS = 5


def design_tables(result: Mapping[str, Any]) -> Iterator[Table | Text]:
    """How many candidates there are, where they are and what to do with them; the first of them; the first refusals."""
    rows = result["candidates"]
    yield from paragraph(" ".join(_answer(result)))
    if rows:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
        for heading, width in (("", 4), ("edits", 26), ("formula", 24), ("charge", 7), ("e-", 3), ("ways", 4)):
            table.add_column(heading, max_width=width, overflow="fold")
        for number, row in enumerate(rows[:_SHOWN], start=1):
            charge = "?" if row["charge"] is None else f"{row['charge']:+d}" if row["charge"] else "0"
            electrons = "-" if row["valence_electrons"] is None else str(row["valence_electrons"])
            edits = escape("; ".join(row["edits"]))
            mark = "*" if row["open_shell"] else ""
            table.add_row(str(number), edits, row["formula"], charge, electrons + mark, str(row["copies"]))
        yield table
        star = " *: open shell." if any(row["open_shell"] for row in rows[:_SHOWN]) else ""
        ways = "ways: equivalent choices of sites that a candidate stands for."
        yield from paragraph(f"e-: valence electrons.{star} {ways}")
    if len(rows) > _SHOWN:
        yield Text(f"... and {len(rows) - _SHOWN} more, listed in design.json")
    for refused in result["refused"][:_REFUSALS]:
        yield from paragraph(f"refused: {'; '.join(refused['edits'])}: {refused['reason']}")
    if len(result["refused"]) > _REFUSALS:
        yield Text(f"... and {len(result['refused']) - _REFUSALS} more refused, listed in design.json")


def recipe_tables(result: Mapping[str, Any]) -> Iterator[Table | Text]:
    """Counts of all sets, then of each."""
    yield from paragraph(f"{result['candidates']} candidates in {len(result['sets'])} sets.")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for heading, width in (("set", 16), ("parent", 16), ("steps", 20), ("full", 6), ("distinct", 8), ("written", 7)):
        table.add_column(heading, max_width=width, overflow="fold")
    for found in result["sets"]:
        cells = (found["name"], found["parent"], " ".join(found["steps"]), _count(found["count_enumerated"]))
        table.add_row(*map(escape, cells), _count(found["count_distinct"]), str(len(found["candidates"])))
    yield table


def _answer(result: Mapping[str, Any]) -> Iterator[str]:
    rows, refused = result["candidates"], result["count_refused"]
    counted = f"{_count(result['count_enumerated'])} by full enumeration, {_count(result['count_distinct'])} distinct"
    yield f"{result['parent']}: {counted}, {refused} refused, {len(rows)} written."
    open_shell = sum(bool(row["open_shell"]) for row in rows)
    if open_shell:
        yield f"{open_shell} of them open-shell, as their number of electrons is odd."
    if any(row["charge"] is None for row in rows):
        yield "The charge of the parent is not known: state it with --charge."
    if rows:
        folder = Path(rows[0]["file"]).parent
        yield f"Each is a file in {folder}. Next: mlcluster screen {shell_word(folder)} --out RESULTS."


def _count(number: int | None) -> str:
    return "not counted" if number is None else str(number)
