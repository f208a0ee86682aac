"""What every run of training leaves in the record: configuration, data, splits, environment and history."""

from __future__ import annotations

import hashlib
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mlcluster.errors import ConfigError, DataError
from mlcluster.levels.protocol import Fold, Level, Task
from mlcluster.levels.run_config import TrainConfig
from mlcluster.tracking import Run, RunStore
from mlcluster.tracking.environment import git_state, resolved_environment

DATA_HASH = "mlcluster.data_hash"
"""Tag: structures, labels and splits together."""

SPLIT_HASH = "mlcluster.split_hash"
ENVIRONMENT_HASH = "mlcluster.environment_hash"
SEED, LEFT_OUT = "mlcluster.seed", "mlcluster.left_out"
"""Tags of a child run: the fold it belongs to."""


def start_task(
    level: Level,
    config: TrainConfig,
    verb: str,
    resume: str | None,
    project: str | Path | None,
    tracking_uri: str | None,
    tags: Mapping[str, str] | None,
) -> tuple[Task, RunStore, Run]:
    """Look at what a level learns from, and only then start its run, or go on with one.

    Raises
    ------
    ConfigError
        If the run cannot go on, or the level has nothing to go on with.
    DataError
        For data that cannot be learned from.
    """
    task = level.task(config, verb)
    if resume is not None and not task.folds:
        raise ConfigError(f"a run of the {config.level} level is not resumed.", found=resume, hint="Start a new one.")
    store = RunStore(project, tracking_uri)
    run = open_run(store, config, verb, task.data_hash, task.folds, resume, {**task.tags, **(tags or {})})
    if task.folds:
        print(f"run {run.id}; if it is interrupted, --resume {run.id} goes on with it", file=sys.stderr)
    return task, store, run


def log_documents(run: Run, task: Task) -> None:
    """Keep the texts of a task with its run."""
    for name, text in task.documents.items():
        run.log_text(text, name)


def fold_tags(fold: Fold) -> dict[str, str]:
    """Tags by which a child run says which fold it belongs to."""
    return {SEED: str(fold.seed), LEFT_OUT: fold.left_out or ""}


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
    splits = {fold.name: [asdict(split) for split in fold.splits] for fold in folds}
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

    def update(self, members: Sequence[Any]) -> None:
        """Log the epochs that are new; each member has its `history` of rows."""
        for number, ((run, start), reached) in enumerate(zip(self._targets, members, strict=True)):
            run.log_metrics(
                (f"{start}{key}", row[key], int(row["epoch"]))
                for row in reached.history[self._sent[number] :]
                for key in ("loss", "validation", "learning_rate")
            )
            self._sent[number] = max(self._sent[number], len(reached.history))


def none_for_nan(scores: dict[str, float]) -> dict[str, float | None]:
    """Write scores that are not defined as None, which JSON knows."""
    return {key: None if math.isnan(value) else value for key, value in scores.items()}


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
