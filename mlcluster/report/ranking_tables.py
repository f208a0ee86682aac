"""A ranked screen on a terminal: the answer in a paragraph, the first candidates, and what to measure next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich import box
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from mlcluster.report.measured_tables import paragraph
from mlcluster.units import interval_text, number_text

_NAME_WIDTH = 34


def ranking_tables(
    rows: Sequence[Mapping[str, Any]],
    *,
    every: Sequence[Mapping[str, Any]] | None = None,
    want: Sequence[str] = (),
    verbose: bool = False,
) -> Iterator[Table | Text]:
    """The answer in words, the rows in their order, and what is proposed to be measured.

    Parameters
    ----------
    rows
        Those that are shown, as of `mlcluster.rank`.
    every
        All that were ranked, which the answer counts; the same when None.
    want
        Criteria in words.
    verbose
        Also formula, charge, family, intervals, the Pareto front and how probabilities are found.
    """
    if not rows:
        yield Text("Nothing was ranked.")
        return
    names = [key.removesuffix("_value") for key in rows[0] if key.endswith("_value")]
    yield from paragraph(" ".join(_answer(rows if every is None else every, names, want)))
    yield Text("")
    yield Text("Most surely first", style="bold")
    table = _wide_table if verbose else _table
    yield table(rows, names, "rank")
    proposed = sorted((row for row in rows if row["proposed"]), key=lambda row: row["proposed"])
    if proposed:
        yield Text("To measure next", style="bold")
        yield table(proposed, names, "proposed")
        yield from paragraph(f"Chance that at least one of these meets the criteria: {proposed[-1]['chance']:.2f}.")
    if verbose:
        yield from paragraph(
            "Chance: predictions taken as normal in model space with the interval stated, criteria as independent. "
            "The order goes by the chance at the narrowest interval of all where that is smaller, so that nobody gains "
            "by being uncertain; what lies outside the applicability domain comes last. * is on the Pareto front."
        )
    else:
        yield Text("--verbose adds formulas, families, intervals and how chances are found.", style="dim")


def _answer(rows: Sequence[Mapping[str, Any]], names: Sequence[str], want: Sequence[str]) -> Iterator[str]:
    asked = " and ".join(want) or "the criteria"
    likely = sum((row["probability"] or 0.0) > 0.5 for row in rows)
    how_many = {0: "none", 1: "one"}.get(likely, str(likely))
    yield f"Of {len(rows)} candidates {how_many} meet{'s' if likely < 2 else ''} {asked} more likely than not."
    first = rows[0]
    if first["probability"] is not None:
        values = " and ".join(_value(first, name) for name in names)
        yield f"The surest is {first['name']}: {values}, a chance of {first['probability']:.2f}."
    if any(first[f"{name}_informative"] is False for name in names):
        yield "Its model is no better than the mean of known clusters: the order means little."
    outside = sum(_domain(row, names) == "outside" for row in rows)
    if outside:
        yield f"{outside} lie outside what the models know, and stand last."
    if not any(row["proposed"] for row in rows):
        yield "Next: --propose N picks a few to measure that do not fail together."


def _value(row: Mapping[str, Any], name: str) -> str:
    unit = row[f"{name}_unit"]
    value = number_text(row[f"{name}_value"], unit)
    return f"{name.replace('_', ' ')} {value}" + ("" if unit == "fraction" else f" {unit}")


def few_of_each(rows: Sequence[Mapping[str, Any]], of_family: int, most: int) -> list[Mapping[str, Any]]:
    """The first rows, a few of each family, and all that is proposed."""
    first = [row for row in rows if row["family_rank"] <= of_family][:most]
    return [row for row in rows if row in first or row["proposed"]]


def _domain(row: Mapping[str, Any], names: Sequence[str]) -> str:
    found = {row[f"{name}_applicability"] for name in names} - {None}
    return "outside" if "outside" in found else "inside" if found else "-"


def _table(rows: Sequence[Mapping[str, Any]], names: Sequence[str], number: str) -> Table:
    """Place, chance, candidate, values and applicability within 80 columns for up to three criteria."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    table.add_column("")
    table.add_column("chance")
    table.add_column("candidate", max_width=_NAME_WIDTH, overflow="fold")
    for name in names:
        table.add_column(_heading(rows, name), max_width=14)
    table.add_column("domain")
    for row in rows:
        chance = "-" if row["probability"] is None else f"{row['probability']:.2f}"
        cells = [str(row[number]), chance, row["name"]]
        cells += [number_text(row[f"{name}_value"], row[f"{name}_unit"]) for name in names]
        table.add_row(*map(escape, (*cells, _domain(row, names))))
    return table


def _wide_table(rows: Sequence[Mapping[str, Any]], names: Sequence[str], number: str) -> Table:
    table = Table(number, "chance", "candidate", "formula", "charge", "family", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in names:
        table.add_column(_heading(rows, name))
        table.add_column("interval")
    table.add_column("domain")
    for row in rows:
        chance = "-" if row["probability"] is None else f"{row['probability']:.3f}"
        cells = [str(row[number]), chance + (" *" if row["front"] else ""), row["name"], row["formula"]]
        cells += ["unknown" if row["charge"] is None else f"{row['charge']:+d}", row["family"] or "-"]
        for name in names:
            value, unit = row[f"{name}_value"], row[f"{name}_unit"]
            cells.append(number_text(value, unit))
            cells.append("-" if value is None else interval_text(row[f"{name}_lower"], row[f"{name}_upper"], unit))
        table.add_row(*map(escape, (*cells, _domain(row, names))))
    return table


def _heading(rows: Sequence[Mapping[str, Any]], name: str) -> str:
    unit = next((row[f"{name}_unit"] for row in rows if row[f"{name}_unit"]), "")
    return escape(name.replace("_", " ") + ("" if unit in ("", "fraction") else f" ({unit})"))
