"""What a training run leaves in the record: configuration, data, environment, scores, predictions and plots."""

from __future__ import annotations

import csv
import math
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mlcluster.errors import ConfigError, DataError
from mlcluster.labels import Channel
from mlcluster.tracking import Run, RunStore
from mlcluster.training.config import TrainConfig
from mlcluster.training.environment import environment, git_state
from mlcluster.training.folds import Fold
from mlcluster.training.plots import parity_plot
from mlcluster.training.scoring import ArmPredictions
from mlcluster.training.state import Progress

DATA_HASH = "mlcluster.data_hash"
SCORES = ("mae", "rmse", "r2", "spearman", "coverage", "mae_over_families", "spearman_within_families", "n")


def open_run(
    store: RunStore,
    config: TrainConfig,
    kind: str,
    data_hash: str,
    folds: Sequence[Fold],
    resume: str | None,
    tags: Mapping[str, str] | None = None,
) -> Run:
    """Start a run, with further `tags`, or go on with one of the same configuration and data.

    Raises
    ------
    ConfigError
        If the run to go on with has ended, or had another configuration.
    DataError
        If the data are no longer those it started with.
    """
    content = config.model_dump(mode="json")
    if resume is not None:
        run = store.find(resume)
        if run.status == "FINISHED":
            raise ConfigError("this run has ended.", found=resume, hint="Start a new one without --resume.")
        before = run.read_json("config.json")
        changed = sorted(key for key in {*before, *content} if before.get(key) != content.get(key))
        if changed:
            raise ConfigError(
                "a run goes on with the configuration it was started with.",
                site=changed[0],
                found=content.get(changed[0]),
                expected=before.get(changed[0]),
            )
        if run.tags().get(DATA_HASH) != data_hash:
            raise DataError("the data have changed since this run started.", found=data_hash[:12], hint="Start anew.")
        return store.resume(resume)
    known = {"mlcluster.kind": kind, DATA_HASH: data_hash, **(tags or {})}
    known |= {f"mlcluster.git.{key}": value for key, value in (git_state() or {}).items()}
    run = store.start(config.experiment, config.name, known)
    run.log_json(content, "config.json")
    run.log_json(environment(), "environment.json")
    run.log_json({fold.name: [asdict(job.split) for job in fold.jobs] for fold in folds}, "splits.json")
    run.log_parameters(_flat(content))
    return run


class HistoryLog:
    """Sends each epoch of each member to the run once, also across resumes.

    Parameters
    ----------
    run
        The run.
    names
        Of the members, as they are to stand in the metrics.
    """

    def __init__(self, run: Run, names: Sequence[str]) -> None:
        self._run, self._names = run, names
        self._sent = [0] * len(names)
        if not run.is_new:
            self._sent = [max((step for step, _ in run.metric_steps(f"{name}/loss")), default=0) for name in names]

    def update(self, members: Sequence[Progress]) -> None:
        """Log the epochs that are new."""
        rows = []
        for number, (name, reached) in enumerate(zip(self._names, members, strict=True)):
            for row in reached.history[self._sent[number] :]:
                step = int(row["epoch"])
                rows += [(f"{name}/{key}", row[key], step) for key in ("loss", "validation", "learning_rate")]
            self._sent[number] = max(self._sent[number], len(reached.history))
        if rows:
            self._run.log_metrics(rows)


def log_held_out(run: Run, prefix: str, arms: Sequence[ArmPredictions], title: str) -> dict[str, float]:
    """Log scores, predictions and parity plots of held-out rows; returns the scores by ``prefix/channel/arm/score``."""
    scores: dict[str, float] = {}
    for arm in arms:
        start = f"{prefix}/{arm.channel}/{arm.arm}"
        scores |= {f"{start}/{name}": value for name, value in arm.scores().items() if name in SCORES}
    run.log_metrics((key, value, 0) for key, value in scores.items() if not math.isnan(value))
    by_family = [
        (f"{prefix}/{arm.channel}/{arm.arm}/family {family}/mae", arm.of_family(family).scores()["mae"], 0)
        for arm in arms
        for family in sorted(set(arm.families))
    ]
    run.log_metrics(by_family)
    channels: dict[str, list[ArmPredictions]] = defaultdict(list)
    for arm in arms:
        channels[arm.channel].append(arm)
    with tempfile.TemporaryDirectory() as folder:
        for channel, drawn in channels.items():
            name = f"parity_{prefix}_{channel}".replace(":", "_").replace(" ", "_")
            parity_plot(drawn, Path(folder) / f"{name}.png", title)
            run.log_file(Path(folder) / f"{name}.png", "plots")
        table = Path(folder) / f"predictions_{prefix.replace(' ', '_')}.csv"
        _write_predictions(arms, table)
        run.log_file(table)
    return scores


def none_for_nan(scores: dict[str, float]) -> dict[str, float | None]:
    """Write scores that are not defined as None, which JSON knows."""
    return {key: None if math.isnan(value) else value for key, value in scores.items()}


def _write_predictions(arms: Sequence[ArmPredictions], path: Path) -> None:
    with open(path, "w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        columns = ("arm", "entry", "family", "target", "method", "unit", "label", "predicted", "lower", "upper")
        writer.writerow(columns)
        for arm in arms:
            channel = Channel.parse(arm.channel)
            fixed = (channel.target, channel.method, channel.definition.unit)
            for entry, family, *values in zip(arm.entries, arm.families, *arm.in_unit(), strict=True):
                writer.writerow((arm.arm, entry, family, *fixed, *(f"{value:.6g}" for value in values)))


def _flat(content: dict[str, Any], start: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in content.items():
        if isinstance(value, dict) and value:
            flat |= _flat(value, f"{start}{key}.")
        else:
            flat[f"{start}{key}"] = value
    return flat
