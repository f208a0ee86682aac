"""Tables on a terminal: scores and ranked clusters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from mlcluster.units import number_text

Renderable = Table | Text

_SCORES = ("mae", "rmse", "r2", "spearman", "mae_over_families", "coverage", "width", "n")
"""Scores a terminal shows; the record has all."""


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
    """Scores of every arm of a cross-validation; of a part what is done and what is left."""
    if "part" in result:
        left = f"{len(result['left'])} left" if result["left"] else "none left: the same command without --part gathers"
        yield Text(f"part {result['part']}: {len(result['done'])} folds done, {left}")
        return
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
