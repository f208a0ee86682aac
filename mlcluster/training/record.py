"""What a training run leaves in the record: configuration, data, environment, scores, predictions and plots."""

from __future__ import annotations

import hashlib
import json
import math
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from mlcluster.errors import ConfigError, DataError
from mlcluster.tracking import Run, RunStore
from mlcluster.tracking.logged_tables import PREDICTIONS, write_table
from mlcluster.training.calibration_plot import calibration_plot
from mlcluster.training.config import TrainConfig
from mlcluster.training.environment import git_state, resolved_environment
from mlcluster.training.folds import Fold
from mlcluster.training.plots import error_distance_plot, parity_plot, risk_coverage_plot
from mlcluster.training.scoring import ArmPredictions
from mlcluster.training.state import Progress

DATA_HASH = "mlcluster.data_hash"
"""Tag: structures, labels and splits together."""

ENTRIES_HASH = "mlcluster.entries_hash"
"""Tag: structures and labels alone, which tells apart what differs where `DATA_HASH` does."""

SPLIT_HASH = "mlcluster.split_hash"
ENVIRONMENT_HASH = "mlcluster.environment_hash"
SCORES = (
    *("mae", "rmse", "r2", "spearman", "mae_over_families", "spearman_within_families", "n"),
    *("coverage", "coverage_low", "coverage_high", "coverage_over_families", "width"),
    *("ranking_by_width", "ranking_by_distance"),
)


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
    splits = {fold.name: [asdict(job.split) for job in fold.jobs] for fold in folds}
    packages = resolved_environment()
    known = {"mlcluster.kind": kind, DATA_HASH: data_hash, SPLIT_HASH: _hash(splits)}
    known |= {ENVIRONMENT_HASH: _hash(packages), **(tags or {})}
    known |= {f"mlcluster.git.{key}": value for key, value in (git_state() or {}).items()}
    run = store.start(config.experiment, config.name, known)
    run.log_json(content, "config.json")
    run.log_json(packages, "environment.json")
    run.log_json(splits, "splits.json")
    run.log_parameters(_flat(content))
    return run


class HistoryLog:
    """Sends each epoch of each member to its run once, also across resumes.

    Parameters
    ----------
    targets
        For each member the run it is logged to, and what its metrics begin with there.
    """

    def __init__(self, targets: Sequence[tuple[Run, str]]) -> None:
        self._targets = targets
        self._sent = [
            0 if run.is_new else max((step for step, _ in run.metric_steps(f"{start}loss")), default=0)
            for run, start in targets
        ]

    def update(self, members: Sequence[Progress]) -> None:
        """Log the epochs that are new."""
        for number, ((run, start), reached) in enumerate(zip(self._targets, members, strict=True)):
            run.log_metrics(
                (f"{start}{key}", row[key], int(row["epoch"]))
                for row in reached.history[self._sent[number] :]
                for key in ("loss", "validation", "learning_rate")
            )
            self._sent[number] = max(self._sent[number], len(reached.history))


def log_held_out(
    run: Run, prefix: str, arms: Sequence[ArmPredictions], title: str, *, seed: int = 0, plots: bool = True
) -> dict[str, float]:
    """Log scores, predictions and plots of held-out rows; returns the scores by ``prefix/channel/arm/score``.

    Parameters
    ----------
    run
        The run.
    prefix
        Names the split in metrics and files.
    arms
        Predictions of every arm for the same rows.
    title
        Of the plots: what was held out.
    seed
        Of the split and the network, for the table of predictions.
    plots
        False for a part of a cross-validation that is drawn as a whole.
    """
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
    with tempfile.TemporaryDirectory() as folder:
        if plots:
            _log_plots(run, prefix, arms, title, Path(folder))
        table = Path(folder) / f"{_file_name(prefix)}.parquet"
        write_table(_held_out_rows(prefix, arms, seed), table)
        run.log_file(table, PREDICTIONS)
    return scores


def _log_plots(run: Run, prefix: str, arms: Sequence[ArmPredictions], title: str, folder: Path) -> None:
    channels: dict[str, list[ArmPredictions]] = defaultdict(list)
    for arm in arms:
        channels[arm.channel].append(arm)
    for channel, drawn in channels.items():
        plots = {"parity": parity_plot, "calibration": calibration_plot, "risk and coverage": risk_coverage_plot}
        if any(np.isfinite(arm.distance).all() for arm in drawn):
            plots["error and distance"] = error_distance_plot
        for kind, draw in plots.items():
            image = folder / f"{_file_name(f'{kind} {prefix} {channel}')}.png"
            draw(drawn, image, title)
            run.log_file(image, "plots")


def none_for_nan(scores: dict[str, float]) -> dict[str, float | None]:
    """Write scores that are not defined as None, which JSON knows."""
    return {key: None if math.isnan(value) else value for key, value in scores.items()}


def _held_out_rows(prefix: str, arms: Sequence[ArmPredictions], seed: int) -> list[dict[str, Any]]:
    """Rows in the unit of the target, the interval at its nominal level; the members in model space."""
    return [
        {
            "split": prefix,
            "arm": arm.arm,
            "channel": arm.channel,
            "entry": entry,
            "family": family,
            "seed": seed,
            "label": float(label),
            "predicted": float(predicted),
            "lower": float(lower),
            "upper": float(upper),
            "members": None if arm.members is None else arm.members[k].tolist(),
        }
        for arm in arms
        for k, (entry, family, label, predicted, lower, upper) in enumerate(
            zip(arm.entries, arm.families, *arm.in_unit(), strict=True)
        )
    ]


def _file_name(text: str) -> str:
    return "".join(sign if sign.isalnum() or sign in "-." else "_" for sign in text)


def _hash(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _flat(content: dict[str, Any], start: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in content.items():
        if isinstance(value, dict) and value:
            flat |= _flat(value, f"{start}{key}.")
        else:
            flat[f"{start}{key}"] = value
    return flat
