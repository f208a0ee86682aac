"""The description of a run, as MLflow's pages and its registered models show it."""

from __future__ import annotations

from collections.abc import Sequence

from mlcluster.labels.methods import Channel
from mlcluster.levels.protocol import Judged, Task
from mlcluster.levels.run_config import TrainConfig
from mlcluster.model.held_out import HeldOut
from mlcluster.units import number_text

MOST_ROWS = 40
"""Rows of the table; a tag is short, and the metrics of the run have them all."""

_DONE = {"train": "One model was trained", "evaluate": "Parts of the data were held out in turn"}


def run_note(verb: str, config: TrainConfig, task: Task, judged: Sequence[Judged]) -> str:
    """What a run did, and mean absolute errors of its model beside those of the baselines, as Markdown.

    Parameters
    ----------
    verb
        "train" or "evaluate".
    config, task
        Of the run.
    judged
        Rows that were predicted, by split.
    """
    source = config.data.source if isinstance(config.data.source, str) else ", ".join(config.data.source)
    learned = {entry for fold in task.folds for entry in fold.learned}
    data = f"{len(learned)} entries of {source}" if learned else source
    lines = [f"{_DONE[verb]} by `mlcluster {verb}`: level {config.level}, {data}.", ""]
    lines += ["| split | property | model | mean error | entries |", "|---|---|---|---|---|"]
    rows = [_row(each.split, part) for each in judged for part in each.table.parts()]
    more = [f"\n{len(rows) - MOST_ROWS} more: see the metrics."] if len(rows) > MOST_ROWS else []
    return "\n".join([*lines, *rows[:MOST_ROWS], *more])


def _row(split: str, part: HeldOut) -> str:
    unit, scores = Channel.parse(part.key).definition.unit, part.scores()
    return f"| {split} | {part.key} | {part.name} | {number_text(scores['mae'], unit)} {unit} | {scores['n']:.0f} |"
