"""Scores of trainings and cross-validations on a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from mlcluster.labels.methods import ATOM_CHARGES
from mlcluster.report.measured_tables import narrow_table, paragraph
from mlcluster.report.score_sentences import Scores, by_channel, channel_in_words, score_sentences, unit_of
from mlcluster.tracking.logged_tables import VALIDATION
from mlcluster.units import number_text

Renderable = Table | Text

_COLUMNS = (
    *(("model", "", 20), ("mean error", "mae", 8), ("over families", "mae_over_families", 8), ("R2", "r2", 7)),
    *(("rank corr.", "spearman", 5), ("covered", "coverage", 19)),
)
"""Heading, score, and largest width of what a terminal shows; the record has more."""


def training_tables(result: Mapping[str, Any]) -> Iterator[Renderable]:
    """What came of a training in words, then scores beside the baselines, a table for each split and property."""
    metrics, run = result["metrics"], result["run_id"]
    told = score_sentences(metrics)
    yield from paragraph(
        " ".join((f"The model is trained and recorded as run {run}.", *told) if told else (_unjudged(run),))
    )
    yield from paragraph(f"Next: mlcluster predict FILE --model runs:/{run}")
    yield Text("")
    yield from score_tables(metrics)
    yield from other_metrics(metrics)
    yield Text(f"run {run}\nmodel {result['model']}")


def _unjudged(run: str) -> str:
    return f"The model is trained and recorded as run {run}. It holds no entries out, so its error is not known."


def score_tables(scores: Scores, split: str | None = None) -> Iterator[Renderable]:
    """Scores of every arm, a table for each split and property under its heading; those of one split if it is named."""
    for (where, channel), arms in by_channel(scores).items():
        if split is not None and where != split:
            continue
        unit = unit_of(channel).replace("fraction", "")
        counts = sorted({int(values["n"]) for values in arms.values() if values.get("n") is not None})
        what = "atoms" if channel == ATOM_CHARGES else "entries"
        entries = f", {' to '.join(map(str, dict.fromkeys((counts[0], counts[-1]))))} {what}" if counts else ""
        yield from heading(f"{channel_in_words(channel)}{', errors in ' if unit else ''}{unit}: {where}{entries}")
        if where.startswith(VALIDATION):
            yield Text("Members stopped on these, so they are not held out.")
        table = narrow_table(*((heading, width) for heading, _, width in _COLUMNS))
        for arm, values in arms.items():
            table.add_row(escape(arm), *(_score(values, name) for _, name, _ in _COLUMNS if name))
        yield table


def other_metrics(metrics: Scores) -> Iterator[Renderable]:
    """Metrics that are no scores of an arm, one a line."""
    for name, value in metrics.items():
        if name.count("/") != 3:
            yield from paragraph(f"{name}: {number_text(value, '')}", "  ")


def evaluation_tables(result: Mapping[str, Any]) -> Iterator[Renderable]:
    """What a cross-validation found in words, then the scores of every arm; of a part what is done and what is left."""
    if "part" in result:
        left = f"{len(result['left'])} left" if result["left"] else "none left: the same command without --part gathers"
        yield Text(f"part {result['part']}: {len(result['done'])} folds done, {left}")
        return
    run, rows = result["run_id"], result["table"]
    scores = {
        f"{row['split']}/{row['target']}:{row['method']}/{row['arm']}/{name}": value
        for row in rows
        for name, value in row.items()
    }
    seeds = max((row.get("seeds") or 1 for row in rows), default=1)
    over = f", averaged over {seeds} seeds" if seeds > 1 else ""
    yield from paragraph(
        " ".join((f"What is held out was predicted by models that had not seen it{over}.", *score_sentences(scores)))
    )
    yield from paragraph(f"Next: mlcluster runs show {run[:12]} for all scores, mlcluster train for a model to use.")
    yield Text("")
    yield from score_tables(scores)
    yield Text(f"run {run}")


def heading(text: str) -> Iterator[Text]:
    """A heading in bold, broken between words where it is long."""
    for line in paragraph(text):
        line.stylize("bold")
        yield line


def _score(values: Mapping[str, Any], name: str) -> str:
    """Cell of one score, a coverage with its 95 % interval."""
    value, ends = values.get(name), [values.get(f"{name}_{end}") for end in ("low", "high")]
    if value is None:
        return "-"
    if name == "coverage":
        return f"{value:.2f}" + (f" ({ends[0]:.2f} to {ends[1]:.2f})" if None not in ends else "")
    if name in ("r2", "spearman"):
        # Labels that hardly vary make an R2 without bound.
        return f"{value:.2f}" if value > -999 else "< -999"
    return number_text(float(value), "")
