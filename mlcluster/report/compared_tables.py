"""What `compare` found, on a terminal of 80 columns: the answer in words, then the tables it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from mlcluster.labels.literature.known_values import value_text
from mlcluster.prediction.prediction_sentences import AVERAGE, quantity_in_words
from mlcluster.report.measured_tables import narrow_table, paragraph
from mlcluster.units import interval_text, number_text

Row = Mapping[str, Any]
Renderable = Table | Text

_DETAILS = ("symmetry measure", "deviation from", "mean ", "atoms: ", "m/z", "twelve nearest", "multiplicity")
_DETAILS_WITHIN = (" contacts", " bonds, ", " core extent", " bound through ")
"""Quantities that only --verbose shows."""
_FROM = {"calculation": "calculation", "network": "structure", "formula": "formula", "derived": "predicted values"}


def comparison_tables(result: Row | Sequence[Row], *, verbose: bool = False) -> Iterator[Renderable]:
    """The answer for each pair, what differs in structure, what is measured, and which differences are resolved.

    Parameters
    ----------
    result
        What `mlcluster.compare` gives, or several of it.
    verbose
        Whether all sentences and all rows follow, with contributions.
    """
    pairs = [pair for pair in ([result] if isinstance(result, Mapping) else result) if "error" not in pair]
    for number, pair in enumerate(pairs):
        if number:
            yield Text("")
        *said, last = pair["sentences"]
        yield from paragraph(" ".join(said))
        yield from paragraph(last)
        yield Text("")
        if verbose and pair.get("details"):
            yield Text("In detail", style="bold")
            for sentence in pair["details"]:
                yield from paragraph(sentence, "  ")
        yield from _structure(pair.get("structure", ()), verbose)
        yield from _measured(pair.get("measured", ()))
        yield from _properties(pair.get("properties", ()), verbose)
        if verbose:
            yield from _contributions(pair.get("contributions", ()))
    if pairs and not verbose:
        yield Text("--verbose shows all that was compared, and where the differences come from.", style="dim")


def _structure(rows: Sequence[Row], verbose: bool) -> Iterator[Renderable]:
    rows = [row for row in rows if verbose or (row["a"] != row["b"] and not _is_detail(row["quantity"]))]
    # A formula is too long a word for a column.
    shown = [row for row in rows if row["quantity"] != "formula"]
    for row in rows:
        if row["quantity"] == "formula":
            yield from paragraph(f"A {row['a']}")
            yield from paragraph(f"B {row['b']}")
    if not shown:
        return
    yield Text("Structure" if verbose else "What differs in structure", style="bold")
    table = narrow_table(("quantity", 25), ("A", 14), ("B", 14), ("B - A", 8), ("unit", 9))
    for row in shown:
        numbers = (escape(number_text(row[key], row["unit"])) for key in ("a", "b", "difference"))
        table.add_row(escape(row["quantity"]), *numbers, row["unit"] or "")
    yield table


def _is_detail(quantity: str) -> bool:
    return quantity.startswith(_DETAILS) or any(part in quantity for part in _DETAILS_WITHIN)


def _measured(rows: Sequence[Row]) -> Iterator[Renderable]:
    if not rows:
        return
    yield Text("Measured; part of no prediction", style="bold")
    for side in "ab":
        for record in dict.fromkeys(row["record"] for row in rows if row["side"] == side):
            own = [row for row in rows if (row["side"], row["record"]) == (side, record)]
            yield from paragraph(f"{side.upper()}: {record} ({own[0]['match']})", "  ")
            table = narrow_table(("property", 18), ("value", 20), ("source", 34))
            for row in own:
                quantity = quantity_in_words(row["target"], row["method"])
                table.add_row(*map(escape, (quantity, value_text(row), row["source"])))
            yield table


def _properties(rows: Sequence[Row], verbose: bool) -> Iterator[Renderable]:
    """Resolved differences a row each; the others in one line, or with `verbose` a row each as well."""
    if not rows:
        return
    shown = [row for row in rows if verbose or row["resolved"]]
    if shown:
        level = f"B - A ({shown[0]['level']:.0%} interval)"
        yield Text("Predicted differences", style="bold")
        table = narrow_table(("property", 26), ("A", 8), ("B", 8), (level, 18), ("B > A", 5), ("verdict", 8))
        for row in shown:
            table.add_row(*map(escape, _difference(row)), _verdict(row))
        yield table


def _difference(row: Row) -> tuple[str, ...]:
    """Cells of a difference; values that no model knows are none."""
    unit = "" if row["unit"] == "fraction" else f" {row['unit']}"
    told = _FROM.get(row.get("basis", "network"), "")
    quantity = quantity_in_words(row["target"], row["method"]).replace(" (", ",\n").rstrip(")")
    name = f"{quantity},\n{told}{',' + unit if unit else ''}"
    if row.get("informative") is False and not row["resolved"]:
        return name, "-", "-", AVERAGE, "-"
    a, b, step = (number_text(row[key], row["unit"], signed=key == "difference") for key in ("a", "b", "difference"))
    interval = interval_text(row["lower"], row["upper"], row["unit"])
    return name, a, b, f"{step}\n({interval})", f"{row['p_increase']:.2f}"


def _verdict(row: Row) -> Text:
    return Text("resolved", style="green") if row["resolved"] else Text("not\nresolved", style="yellow")


def _contributions(rows: Sequence[Row]) -> Iterator[Renderable]:
    if not rows:
        return
    yield Text("Contributions in model space, which sum to the prediction", style="bold")
    table = narrow_table(("property", 23), ("term", 18), ("A", 8), ("B", 8), ("B - A", 8))
    shown = ""
    for row in rows:
        name = f"{row['target'].replace('_', ' ')},\n{row['method']}, {row['unit']}"
        values = (f"{row[key]:+.4f}" for key in ("a", "b", "difference"))
        table.add_row(escape(name) if name != shown else "", escape(row["term"].replace("_", " ")), *values)
        shown = name
    yield table
