"""Runs compared, on a terminal of 80 columns: which errs less and on how many families, then what differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from mlcluster.experiment.runs_by_entry import grouped
from mlcluster.experiment.runs_listed import column_names
from mlcluster.report.measured_tables import narrow_table, paragraph
from mlcluster.report.score_sentences import MEAN, channel_in_words, error_text
from mlcluster.report.tables import heading
from mlcluster.units import number_text

_MAIN = ("mae", "rmse", "r2", "spearman", "coverage", "width", "n")
_COLUMNS = 4
"""Runs whose columns fit on a terminal; the CSV has all."""
_NUMBER = 9
"""Characters of the longest number with three digits."""


def comparison_tables(result: Mapping[str, Any]) -> Iterator[Table | Text]:
    """Warnings first, then the answer in words, differences, metrics, families and disagreements."""
    for warning in result["warnings"]:
        style = "bold red" if warning.startswith("DIFFERENT") else "yellow"
        for line in paragraph(warning):
            line.stylize(style)
            yield line
    names = column_names(result["runs"])
    groups = list(grouped(result["wins"]))
    yield from paragraph(f"{len(names)} runs, each compared with the first.")
    for name in names[:_COLUMNS]:
        yield from paragraph(name, "  ")
    for group in groups:
        yield from paragraph(_answer(result, group))
    first = result["runs"][0]["run"][:12]
    yield from paragraph(f"Next: mlcluster runs show {first}, or --report FILE.html for a page with plots.")
    yield Text("")
    letters = [name.partition(":")[0] for name in names]
    for section, rows in result["differences"].items():
        yield from heading(f"Differences in {section}" if rows else f"{section}: no difference")
        for row in rows:
            told = (
                f"{letter} {'-' if each is None else each}" for letter, each in zip(letters, row["values"], strict=True)
            )
            yield from paragraph(f"{row['key']}: {', '.join(told)}", "  ")
    yield from _metric_tables(result, letters[:_COLUMNS])
    for group in groups:
        yield from _channel_tables(result, group[0], letters[:_COLUMNS])
    if len(names) > _COLUMNS:
        yield Text(f"{_COLUMNS} of {len(names)} runs; --out or --json shows all.")


def _answer(result: Mapping[str, Any], wins: Sequence[Mapping[str, Any]]) -> str:
    """Error of every run on one property, and the families each is better on than the first."""
    split, channel = wins[0]["split"], wins[0]["channel"]
    letters = [name.partition(":")[0] for name in column_names(result["runs"])]
    told = [f"{letters[0]} errs by {error_text(wins[0]['mae'], channel)} on average"]
    for letter, row in list(zip(letters, wins, strict=False))[1:_COLUMNS]:
        families = (
            f"better than {letters[0]} on {row['wins']}, worse on {row['losses']}, equal on {row['ties']} families"
        )
        told.append(f"{letter} by {error_text(row['mae'], channel)} ({families})")
    values = (row["values"] for row in result["metrics"] if row["metric"] == f"{split}/{channel}/{MEAN}/mae")
    of_mean = next((value for value in next(values, []) if value is not None), None)
    if of_mean is not None:
        told.append(f"the mean of known labels by {error_text(of_mean, channel)}")
    return f"{channel_in_words(channel)}, {split}: {', '.join(told)}."


def _metric_tables(result: Mapping[str, Any], letters: Sequence[str]) -> Iterator[Table | Text]:
    """Metrics that say how good runs are, a table for each split and property."""
    tables: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for row in filter(_is_main, result["metrics"]):
        *where, arm, score = row["metric"].split("/")
        tables.setdefault("/".join(where), []).append((f"{arm} {score}", row))
    for where, rows in tables.items():
        split, _, channel = where.partition("/")
        yield from heading(f"Metrics: {channel_in_words(channel)}, {split}" if channel else "Metrics")
        table = narrow_table(("", 28), *((letter, _NUMBER) for letter in letters))
        for name, row in rows:
            cells = (number_text(value, "") for value in row["values"][:_COLUMNS])
            table.add_row(escape(name), *_best_in_bold(cells, row["best"]))
        yield table
    shown = sum(map(len, tables.values()))
    if shown < len(result["metrics"]):
        yield Text(f"{shown} of {len(result['metrics'])} metrics; --out, --report or --json shows all.")


def _is_main(row: Mapping[str, Any]) -> bool:
    """Whether a metric that several runs have says how good they are."""
    known = [value for value in row["values"] if value is not None]
    return len(known) > 1 and row["metric"].count("/") >= 2 and row["metric"].rpartition("/")[2] in _MAIN


def _channel_tables(
    result: Mapping[str, Any], about: Mapping[str, Any], letters: Sequence[str]
) -> Iterator[Table | Text]:
    split, channel, unit = (about[key] for key in ("split", "channel", "unit"))
    named = f"{channel_in_words(channel)}, {split}"
    yield from heading(f"Families, mean error in {unit}: {named}")
    table = narrow_table(("family", 22), ("n", 5), *((letter, _NUMBER) for letter in letters))
    table.columns[0].overflow = "ellipsis"
    for row in result["families"]:
        if (row["split"], row["channel"]) == (split, channel):
            cells = (number_text(value, unit) for value in row["mae"][:_COLUMNS])
            table.add_row(escape(row["family"]), str(row["n"]), *_best_in_bold(cells, row["best"]))
    yield table
    yield from heading(f"Clusters they disagree on most: {named}")
    for row in result["disagreements"]:
        if (row["split"], row["channel"]) == (split, channel):
            said = (f"{a} {number_text(value, unit)}" for a, value in zip(letters, row["predicted"], strict=False))
            numbers = f"label {number_text(row['label'], unit)}; {', '.join(said)}"
            spread = f"spread {number_text(row['spread'], unit)}{'' if unit == 'fraction' else f' {unit}'}"
            yield from paragraph(f"{row['entry']} ({row['family']}): {numbers}; {spread}", "  ")


def _best_in_bold(cells: Iterator[str], best: int | None) -> Iterator[str]:
    for number, cell in enumerate(cells):
        yield f"[bold]{cell}[/]" if number == best else cell
