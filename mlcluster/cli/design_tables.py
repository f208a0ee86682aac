"""Tables on a terminal of what the design verbs return."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.markup import escape
from rich.table import Table
from rich.text import Text

_SHOWN = 25


def design_tables(result: Mapping[str, Any]) -> Iterator[Table | Text]:
    """The first candidates, the first refusals, and the counts."""
    rows = result["candidates"]
    if rows:
        table = Table("candidate", "edits", "formula", "charge", "electrons", "stands for", "note")
        for row in rows[:_SHOWN]:
            charge = "?" if row["charge"] is None else f"{row['charge']:+d}"
            electrons = "-" if row["valence_electrons"] is None else str(row["valence_electrons"])
            note = "open shell" if row["open_shell"] else ""
            edits = escape("; ".join(row["edits"]))
            table.add_row(escape(row["file"]), edits, row["formula"], charge, electrons, str(row["copies"]), note)
        yield table
    if len(rows) > _SHOWN:
        yield Text(f"... and {len(rows) - _SHOWN} more, listed in design.json")
    for refused in result["refused"][:5]:
        yield Text(f"refused: {'; '.join(refused['edits'])}: {refused['reason']}")
    yield Text(_summary(result))


def recipe_tables(result: Mapping[str, Any]) -> Iterator[Table | Text]:
    """Counts of each set."""
    table = Table("set", "parent", "steps", "full", "distinct", "refused", "written")
    for found in result["sets"]:
        counts = (_count(found["count_enumerated"]), _count(found["count_distinct"]), str(found["count_refused"]))
        steps = " ".join(found["steps"])
        table.add_row(escape(found["name"]), escape(found["parent"]), steps, *counts, str(len(found["candidates"])))
    yield table
    yield Text(f"{result['candidates']} candidates in {len(result['sets'])} sets")


def _summary(result: Mapping[str, Any]) -> str:
    open_shell = sum(bool(row["open_shell"]) for row in result["candidates"])
    text = f"{escape(result['parent'])}: {_count(result['count_enumerated'])} by full enumeration, "
    text += f"{_count(result['count_distinct'])} distinct, {result['count_refused']} refused, "
    text += f"{len(result['candidates'])} written"
    text += f", {open_shell} of them open-shell" if open_shell else ""
    unknown = any(row["charge"] is None for row in result["candidates"])
    return text + ("; the charge of the parent is not known: state it with --charge" if unknown else "")


def _count(number: int | None) -> str:
    return "not counted" if number is None else str(number)
