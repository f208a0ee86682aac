"""The ranking of a screen on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from mlcluster.units import interval_text, number_text


def ranking_tables(rows: Sequence[Mapping[str, Any]]) -> Iterator[Table | Text]:
    """The rows in their order, and what is proposed to be measured."""
    if not rows:
        yield Text("Nothing was ranked.")
        return
    names = [key.removesuffix("_value") for key in rows[0] if key.endswith("_value")]
    yield _table(rows, names, "rank", "most likely first")
    proposed = sorted((row for row in rows if row["proposed"]), key=lambda row: row["proposed"])
    if proposed:
        yield _table(proposed, names, "proposed", "to measure next")
        yield Text(f"Chance that at least one of these meets the wishes: {proposed[-1]['chance']:.2f}.")
    yield Text(
        "Probability: predictions taken as normal in model space with the interval stated, wishes as independent. "
        "* is on the Pareto front."
    )


def few_of_each(rows: Sequence[Mapping[str, Any]], of_family: int, most: int) -> list[Mapping[str, Any]]:
    """The first rows, a few of each family, and all that is proposed."""
    first = [row for row in rows if row["family_rank"] <= of_family][:most]
    return [row for row in rows if row in first or row["proposed"]]


def _table(rows: Sequence[Mapping[str, Any]], names: Sequence[str], number: str, title: str) -> Table:
    table = Table(number, "probability", "cluster", "formula", "charge", "family", title=title, title_justify="left")
    for name in names:
        unit = next((row[f"{name}_unit"] for row in rows if row[f"{name}_unit"]), "")
        table.add_column(f"{name} ({unit})" if unit else name)
        table.add_column("interval")
    table.add_column("applicability")
    for row in rows:
        chance = "-" if row["probability"] is None else f"{row['probability']:.3f}"
        cells = [str(row[number]), chance + (" *" if row["front"] else ""), row["cluster"], row["formula"]]
        cells += ["unknown" if row["charge"] is None else f"{row['charge']:+d}", row["family"] or "-"]
        for name in names:
            value, unit = row[f"{name}_value"], row[f"{name}_unit"]
            cells.append("-" if value is None else number_text(value, unit))
            cells.append("-" if value is None else interval_text(row[f"{name}_lower"], row[f"{name}_upper"], unit))
        inside = {row[f"{name}_applicability"] for name in names} - {None}
        cells.append("outside" if "outside" in inside else "inside" if inside else "-")
        table.add_row(*map(escape, cells))
    return table
