"""Tables on a terminal of what the run verbs return."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from mlcluster.experiment.runs_by_entry import grouped
from mlcluster.experiment.runs_listed import column_names
from mlcluster.units import number_text

_SHOWN = 40
_METRICS_SHOWN = 3
_MAIN = ("mae", "rmse", "r2", "spearman", "coverage", "width", "n")
_COLUMNS = 6
"""Runs whose columns fit on a terminal; the CSV has all."""


def list_tables(rows: Sequence[Mapping[str, Any]], most: int | None = None) -> Iterator[Table | Text]:
    """One line a run."""
    shown = rows[: most or _SHOWN]
    counts: dict[str, int] = {}
    for row in shown:
        for key in row["metrics"]:
            counts[key] = counts.get(key, 0) + 1
    keys = sorted(counts, key=lambda key: -counts[key])[:_METRICS_SHOWN]
    table = _table("Runs", "run", "name", "experiment", "kind", "status", "started", "min", "children", "data", *keys)
    for row in shown:
        fixed = (row["run"][:12], row["name"], row["experiment"], row["kind"], row["status"], row["started"][:16])
        last = (row["minutes"], row["children"] or None, row["data"])
        table.add_row(*map(_cell, (*fixed, *last)), *(_number(row["metrics"].get(key)) for key in keys))
    yield table
    if len(shown) < len(rows):
        yield Text(f"{len(shown)} of {len(rows)} runs; --limit or --json shows more.")


def run_tables(result: Mapping[str, Any]) -> Iterator[Table | Text]:
    """Everything about one run."""
    head = ("run", "name", "experiment", "kind", "status", "started", "minutes", "parent")
    yield Text(", ".join(f"{key} {result[key]}" for key in head if result[key] is not None), style="bold")
    for name in ("tags", "parameters"):
        table = _table(name.capitalize(), name.removesuffix("s"), "value")
        for key, value in result[name].items():
            table.add_row(_cell(key), _cell(value))
        yield table
    metrics = _table("Metrics", "metric", "value")
    shown = {key: value for key, value in result["metrics"].items() if "/family " not in key}
    for key, value in shown.items():
        metrics.add_row(_cell(key), _number(value))
    yield metrics
    if len(shown) < len(result["metrics"]):
        yield Text(f"and {len(result['metrics']) - len(shown)} of single families; --json shows them.")
    yield Text("files: " + ", ".join(result["files"]))
    if result["children"]:
        yield from list_tables([child | {"children": 0, "metrics": {}} for child in result["children"]])


def comparison_tables(result: Mapping[str, Any]) -> Iterator[Table | Text]:
    """Warnings first, then differences, metrics, families and disagreements."""
    for warning in result["warnings"]:
        yield Text(warning, style="bold red" if warning.startswith("DIFFERENT") else "yellow")
    names = column_names(result["runs"])[:_COLUMNS]
    for section, rows in result["differences"].items():
        if not rows:
            yield Text(f"{section}: no difference")
            continue
        table = _table(f"Differences in {section}", "", *names)
        for row in rows:
            table.add_row(_cell(row["key"]), *map(_cell, row["values"][:_COLUMNS]))
        yield table
    metrics, shown = _table("Metrics", "", *names), [row for row in result["metrics"] if _is_main(row)]
    for row in shown:
        cells = [_number(value) for value in row["values"][:_COLUMNS]]
        metrics.add_row(
            _cell(row["metric"]), *(f"[bold]{c}[/]" if k == row["best"] else c for k, c in enumerate(cells))
        )
    yield metrics
    if len(shown) < len(result["metrics"]):
        yield Text(f"{len(shown)} of {len(result['metrics'])} metrics; --out, --report or --json shows all.")
    for group in grouped(result["wins"]):
        yield from _channel_tables(result, group, names)
    if len(result["runs"]) > _COLUMNS:
        yield Text(f"{_COLUMNS} of {len(result['runs'])} runs; --out or --json shows all.")


def _is_main(row: Mapping[str, Any]) -> bool:
    """Whether a metric that several runs have says how good they are."""
    known = [value for value in row["values"] if value is not None]
    return len(known) > 1 and row["metric"].rpartition("/")[2] in _MAIN


def _channel_tables(
    result: Mapping[str, Any], wins: Sequence[Mapping[str, Any]], names: Sequence[str]
) -> Iterator[Table]:
    split, channel, unit = (wins[0][key] for key in ("split", "channel", "unit"))
    table = _table(
        f"{channel}, {split}: errors by family", "run", f"MAE ({unit})", f"better than {names[0][0]}", "worse", "equal"
    )
    for name, row in zip(names, wins, strict=False):
        table.add_row(
            _cell(name), number_text(row["mae"], unit), *(str(row[key]) for key in ("wins", "losses", "ties"))
        )
    yield table
    table = _table("Families, mean absolute error", "family", "n", *names)
    for row in result["families"]:
        if (row["split"], row["channel"]) == (split, channel):
            cells = [number_text(value, unit) for value in row["mae"][:_COLUMNS]]
            bold = (f"[bold]{cell}[/]" if k == row["best"] else cell for k, cell in enumerate(cells))
            table.add_row(_cell(row["family"]), str(row["n"]), *bold)
    yield table
    table = _table(f"Clusters they disagree on most ({unit})", "cluster", "family", "label", *names, "spread")
    for row in result["disagreements"]:
        if (row["split"], row["channel"]) == (split, channel):
            values = (row["label"], *row["predicted"][:_COLUMNS], row["spread"])
            table.add_row(_cell(row["entry"]), _cell(row["family"]), *(number_text(value, unit) for value in values))
    yield table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=escape(title), title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(escape(column), overflow="fold")
    return table


def _cell(value: object) -> str:
    return "-" if value is None else escape(str(value))


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
