"""Tables on a terminal: predictions, comparisons, scores and ranked clusters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from mlcluster.prediction.measured_rows import MEASURED
from mlcluster.prediction.prediction import quantity_of
from mlcluster.report.measured_tables import measured_tables
from mlcluster.units import interval_text, number_text

Renderable = Table | Text

_SCORES = ("mae", "rmse", "r2", "spearman", "mae_over_families", "coverage", "width", "n")
"""Scores a terminal shows; the record has all."""


def prediction_tables(results: Sequence[Mapping[str, Any]]) -> Iterator[Renderable]:
    """What is measured first; then one row a prediction, its interval, and whether the model knows such clusters."""
    yield from measured_tables([row for row in results if row.get("kind") == MEASURED])
    rows = [row for row in results if "error" not in row and row.get("kind") != MEASURED]
    if not rows:
        return
    levels = sorted({row["level"] for row in rows})
    interval = f"{levels[0]:.0%} interval" if len(levels) == 1 else "interval"
    table = _table("", "file", "cluster", "quantity", "value", "unit", interval, "applicability")
    for row in rows:
        known = row["applicability"] == "inside"
        table.add_row(
            *(escape(str(row[key])) for key in ("file", "cluster")),
            escape(_quantity(row)),
            number_text(row["value"], row["unit"]),
            row["unit"],
            interval_text(row["lower"], row["upper"], row["unit"]),
            Text(row["applicability"], style="green" if known else "yellow"),
        )
    yield table
    yield from _share_table([row for row in rows if row.get("contributions")])
    told: dict[tuple[str, str], dict[str, None]] = {}
    for row in rows:
        for reason in row.get("reasons", ()):
            told.setdefault((row["cluster"], reason), {})[row["target"]] = None
    for (cluster, reason), targets in told.items():
        yield Text(f"  {cluster}, {', '.join(targets)}: {reason}", style="yellow")
    for cluster, reason in dict.fromkeys((row["cluster"], row.get("not_calculated")) for row in rows):
        if reason:
            yield Text(f"  {cluster} was not calculated: {reason}", style="yellow")
    if any(row.get("basis") == "formula" for row in rows):
        yield Text("  Rows with the basis formula: isomers have one formula, so they are not told apart.")
    for model in sorted({str(row["model"]) for row in rows}):
        yield Text(f"  model {model}", style="dim")


def comparison_tables(result: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> Iterator[Renderable]:
    """What differs in words, then structure, properties, measurements and contributions in numbers."""
    for pair in [result] if isinstance(result, Mapping) else result:
        if "error" in pair:
            continue
        kind = f" ({pair['isomer_kind']})" if pair.get("isomer_kind") else ""
        yield Text(f"{pair['a']}  ->  {pair['b']}: {pair['relation']}{kind}", style="bold")
        for sentence in pair.get("sentences", ()):
            yield Text(f"  {sentence}")
        structure = _table("structure", "quantity", "a", "b", "difference", "unit")
        for row in pair.get("structure", ()):
            values = (escape(number_text(row[key], row["unit"])) for key in ("a", "b", "difference"))
            structure.add_row(escape(row["quantity"]), *values, row["unit"] or "")
        if structure.row_count:
            yield structure
        yield from _measured_table(pair.get("measured", ()))
        yield from _property_table(pair.get("properties", ()))
        yield from _contribution_table(pair.get("contributions", ()))


def _property_table(rows: Sequence[Mapping[str, Any]]) -> Iterator[Table]:
    if not rows:
        return
    names = ("quantity", "a", "b", "difference", "interval", "unit", "P(b > a)", "interval by", "verdict")
    table = _table("predicted properties", *names)
    for row in rows:
        table.add_row(
            escape(_quantity(row)),
            *(number_text(row[key], row["unit"]) for key in ("a", "b", "difference")),
            f"{interval_text(row['lower'], row['upper'], row['unit'])} ({row['level']:.0%})",
            row["unit"],
            f"{row['p_increase']:.2f}",
            row.get("interval", ""),
            Text("resolved", style="green") if row["resolved"] else Text("not resolved", style="yellow"),
        )
    yield table


def _quantity(row: Mapping[str, Any]) -> str:
    return quantity_of(row["target"], row["method"], row.get("basis", "network"))


def _measured_table(rows: Sequence[Mapping[str, Any]]) -> Iterator[Table]:
    if not rows:
        return
    names = ("side", "compound", "match", "target", "method", "value", "unit", "source")
    table = _table("Measured (literature; part of no prediction)", *names)
    for row in rows:
        value = {"lower": "at least ", "upper": "at most "}.get(row["bound"] or "", "")
        cells = [row["side"].upper(), row["record"], row["match"], row["target"], row["method"]]
        cells += [value + number_text(row["value"], row["unit"]), row["unit"], row["source"]]
        table.add_row(*map(escape, cells))
    yield table


def _share_table(rows: Sequence[Mapping[str, Any]]) -> Iterator[Table]:
    if not rows:
        return
    table = _table("contributions in model space, which sum to the prediction", "cluster", "property", "term", "share")
    for row in rows:
        shares = row["contributions"]
        name = f"{_quantity(row)}, {shares['unit']}".rstrip(", ")
        for term, share in [*shares["parts"].items(), *shares["global_terms"].items()]:
            table.add_row(escape(row["cluster"]), name, term.replace("_", " "), f"{share:+.4f}")
    yield table


def _contribution_table(rows: Sequence[Mapping[str, Any]]) -> Iterator[Table]:
    if not rows:
        return
    table = _table("contributions in model space, which sum to the prediction", "property", "term", "a", "b", "b - a")
    for row in rows:
        values = (f"{row[key]:+.4f}" for key in ("a", "b", "difference"))
        table.add_row(f"{row['target']} ({row['method']}), {row['unit']}", row["term"].replace("_", " "), *values)
    yield table


def training_tables(result: Mapping[str, Any]) -> Iterator[Renderable]:
    """Scores of a run beside its baselines, a table a split, and where its model is."""
    metrics = result["metrics"]
    for split in dict.fromkeys(key.split("/")[0] for key in metrics if key.count("/") == 3):
        yield score_table(metrics, split)
    others = {key: value for key, value in metrics.items() if key.count("/") != 3}
    if others:
        table = _table("", "metric", "value")
        for name, value in others.items():
            table.add_row(escape(name), number_text(value, ""))
        yield table
    yield Text(f"run {result['run_id']}\nmodel {result['model']}")


def score_table(metrics: Mapping[str, float | None], split: str) -> Table:
    """Held-out scores of one split, an arm a row, from metrics named ``split/channel/arm/score``."""
    arms: dict[tuple[str, str], dict[str, float | None]] = {}
    for key, value in metrics.items():
        start, *rest = key.split("/")
        if start == split and len(rest) == 3:
            arms.setdefault((rest[0], rest[1]), {})[rest[2]] = value
    table = _table(f"scores on {split}", "property", "arm", *_SCORES)
    for (channel, arm), values in arms.items():
        table.add_row(escape(channel), escape(arm), *(_score(values, name) for name in _SCORES))
    return table


def evaluation_tables(result: Mapping[str, Any]) -> Iterator[Renderable]:
    """Scores of every arm of a cross-validation."""
    columns = ("arm", "target", "method", "split", *_SCORES, "seeds")
    table = _table("", *columns)
    for row in result["table"]:
        table.add_row(*(_score(row, column) for column in columns))
    yield table
    yield Text(f"run {result['run_id']}")


def _score(values: Mapping[str, Any], name: str) -> str:
    """Cell of one score, a coverage with its 95 % interval."""
    value, ends = values.get(name), [values.get(f"{name}_{end}") for end in ("low", "high")]
    if name == "coverage" and None not in (value, *ends):
        return f"{value:.2f} ({ends[0]:.2f} to {ends[1]:.2f})"
    return number_text(value, "") if isinstance(value, float) else _known(value, "-")


def _table(title: str, *columns: str) -> Table:
    table = Table(title=escape(title) or None, title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _known(value: object, otherwise: str = "unknown") -> str:
    return otherwise if value is None else escape(str(value))
