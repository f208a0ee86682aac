"""What every run of training leaves in the record: configuration, data, splits, environment and history."""

from __future__ import annotations

import hashlib
import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mlcluster.errors import ConfigError, DataError
from mlcluster.levels.network.checkpoint import DOCUMENT
from mlcluster.levels.protocol import Fold, Level, Task
from mlcluster.levels.run_config import TrainConfig
from mlcluster.resources import bundled_model_dir
from mlcluster.tracking import Run, RunStore
from mlcluster.tracking.environment import git_state, resolved_environment
from mlcluster.tracking.registered_models import located
from mlcluster.tracking.system_watch import SystemWatch
from mlcluster.training.pruning import epochs_of_all

STARTED_FROM = "mlcluster.started_from"
"""Tag: hash of the model whose weights training began with."""

DATA_HASH = "mlcluster.data_hash"
"""Tag: structures, labels and splits together."""

SPLIT_HASH = "mlcluster.split_hash"
ENVIRONMENT_HASH = "mlcluster.environment_hash"
SEED, LEFT_OUT = "mlcluster.seed", "mlcluster.left_out"
"""Tags of a child run: the fold it belongs to."""


def planned_task(
    level: Level,
    config: TrainConfig,
    verb: str,
    store: RunStore,
    resume: str | None = None,
    scheduler: str | None = None,
) -> tuple[Task, str | None]:
    """Look at what a level learns from; gives what is to be done, and the hash of the model it begins with.

    Raises
    ------
    ConfigError
        If the level has nothing to go on with, the run has ended or had another configuration, or workers are named
        for a level that trains in this process.
    DataError
        For data that cannot be learned from.
    """
    if resume is not None:  # before data are read
        if not level.goes_on:
            what = f"a run of the {config.level} level is not resumed."
            raise ConfigError(what, found=resume, hint="Start a new one.")
        check_resumed(store, config, resume)
    brought, started_from = begun(config, store)
    task = level.task(brought, verb)
    if scheduler is not None and not task.folds:
        raise ConfigError(f"the {config.level} level has no members to train elsewhere.", hint="Drop the scheduler.")
    return task, started_from


def start_run(
    store: RunStore,
    config: TrainConfig,
    verb: str,
    task: Task,
    started_from: str | None,
    resume: str | None,
    tags: Mapping[str, str] | None,
) -> Run:
    """Start the run of a task, or go on with one.

    Raises
    ------
    ConfigError
        If the run cannot go on.
    DataError
        If the data are no longer those the run started with.
    """
    known = {**task.tags, **({STARTED_FROM: started_from} if started_from else {})}
    run = open_run(store, config, verb, task.data_hash, task.folds, resume, {**known, **(tags or {})})
    if run.tags().get(STARTED_FROM) != started_from:
        raise ConfigError(
            "a run goes on with the model it began with.",
            found=str(started_from)[:12],
            expected=str(run.tags().get(STARTED_FROM))[:12],
            hint="The name it has now points to another model.",
        )
    log_data(run, config, task)
    if task.folds:
        print(f"run {run.id}; if it is interrupted, --resume {run.id} goes on with it", file=sys.stderr)
    return run


def begun(config: TrainConfig, store: RunStore) -> tuple[TrainConfig, str | None]:
    """Configuration with the models that training begins with as directories, and the hash of that model.

    Names are looked up in the store of the run, not in that of the working directory.

    Raises
    ------
    InputError
        If the store has no such run or model.
    """
    fit, changes = config.fit, {}
    for key, name in (("start_from", fit.start_from), ("extend", fit.extend)):
        if name is not None:
            changes[key] = str(brought(name, store))
    if not changes:
        return config, None
    directory = Path(*changes.values())
    document = directory / DOCUMENT
    found = json.loads(document.read_text(encoding="utf-8"))["hash"] if document.is_file() else None
    return config.model_copy(update={"fit": fit.model_copy(update=changes)}), found


def brought(name: str, store: RunStore) -> Path:
    """Directory of a model to begin with: one of the store, one that lies there, or ``bundled``."""
    if name == "bundled":
        return bundled_model_dir()
    return located(name, store.directory.parent, store.uri)


def log_data(run: Run, config: TrainConfig, task: Task) -> None:
    """Say what a run reads, as MLflow shows it."""
    source = config.data.source if config.level == "network" else config.level
    named = [source] if isinstance(source, str) else source
    learned = {entry for fold in task.folds for entry in fold.learned}
    tested = {entry for fold in task.folds for entry in fold.test}
    about = json.dumps({"source": named, "options": config.data.options}, sort_keys=True, default=str)
    name = " ".join(named)
    # Two names: MLflow keeps one data set of a name and digest once.
    for title, context, entries in ((name, "training", learned), (f"{name}, held out", "testing", tested)):
        if entries or (context == "training" and not task.folds):
            counts = {"entries": len(entries)} if entries else {}
            run.log_input(title, task.data_hash, source=about, context=context, counts=counts)


def log_documents(run: Run, task: Task) -> None:
    """Keep the texts of a task with its run."""
    for name, text in task.documents.items():
        run.log_text(text, name)


def fold_tags(fold: Fold) -> dict[str, str]:
    """Tags by which a child run says which fold it belongs to."""
    return {SEED: str(fold.seed), LEFT_OUT: fold.left_out or ""}


def check_resumed(store: RunStore, config: TrainConfig, resume: str) -> Run:
    """The run to go on with.

    Raises
    ------
    ConfigError
        If it has ended, or had another configuration.
    """
    run = store.find(resume)
    if run.status == "FINISHED":
        raise ConfigError("this run has ended.", found=resume, hint="Start a new one without --resume.")
    content, before = config.model_dump(mode="json"), run.read_json("config.json")
    # A key that came with a later version has its default in a run begun before.
    before = TrainConfig.model_validate(before).model_dump(mode="json")
    changed = sorted(key for key in {*before, *content} if before.get(key) != content.get(key))
    if changed:
        raise ConfigError(
            "a run goes on with the configuration it was started with.",
            site=changed[0],
            found=content.get(changed[0]),
            expected=before.get(changed[0]),
        )
    return run


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
        As `check_resumed`.
    DataError
        If the data are no longer those it started with.
    """
    content = config.model_dump(mode="json")
    if resume is not None:
        run = check_resumed(store, config, resume)
        if run.tags().get(DATA_HASH) != data_hash:
            raise DataError("the data have changed since this run started.", found=data_hash[:12], hint="Start anew.")
        return store.resume(resume)
    splits = {fold.name: [asdict(split) for split in fold.splits] for fold in folds}
    packages = resolved_environment()
    known = {"mlcluster.kind": kind, DATA_HASH: data_hash, SPLIT_HASH: _hash(splits)}
    known |= {ENVIRONMENT_HASH: _hash(packages), **(tags or {})}
    state = git_state() or {}
    known |= {f"mlcluster.git.{key}": value for key, value in state.items()}
    # What MLflow's own pages show as the source of a run.
    known |= {"mlflow.source.name": f"mlcluster {kind}", "mlflow.source.type": "LOCAL"}
    known |= {"mlflow.source.git.commit": state["commit"]} if "commit" in state else {}
    run = store.start(config.experiment, config.name, known)
    run.log_json(content, "config.json")
    run.log_json(packages, "environment.json")
    run.log_json(splits, "splits.json")
    run.log_parameters(_flat(content))
    return run


class HistoryLog:
    """Sends each epoch of each member to its run once, also across resumes, and their mean to the run of them all.

    Parameters
    ----------
    targets
        For each member the run it is logged to, and what its metrics begin with there.
    whole
        Run that gets the means over its first members, as ``course/...``; None for none.
    members
        How many members those are.
    """

    def __init__(
        self, targets: Sequence[tuple[Run, str]], whole: Run | None = None, members: int | None = None
    ) -> None:
        self._targets, self._whole, self._members = targets, whole, members
        self._sent = [_logged(run, f"{start}loss") for run, start in targets]
        self._joined = 0 if whole is None else _logged(whole, "course/loss")
        self._watch = None if whole is None else SystemWatch()

    def update(self, members: Sequence[Any]) -> None:
        """Log the epochs that are new; each member has its `history` of rows, and says whether it is `done`."""
        for number, ((run, start), reached) in enumerate(zip(self._targets, members, strict=True)):
            run.log_metrics(
                (f"{start}{key}", value, int(row["epoch"]))
                for row in reached.history[self._sent[number] :]
                for key, value in row.items()
                if key not in _NO_METRICS
            )
            self._sent[number] = max(self._sent[number], len(reached.history))
        if self._whole is not None:
            self._whole.log_metrics(self._means(members[: self._members]))
        if self._whole is not None and self._watch is not None:
            self._whole.log_metrics(self._watch.look())

    def _means(self, members: Sequence[Any]) -> Iterator[tuple[str, float, int]]:
        """Rows of the epochs that every member has passed, or has stopped before."""
        if not members:
            return
        histories = [reached.history for reached in members]
        reached = epochs_of_all(histories, [each.done for each in members])
        for epoch in range(self._joined, reached):
            rows = [history[epoch] for history in histories if len(history) > epoch]
            for key in rows[0]:
                if key not in _NO_METRICS:
                    values = [row[key] for row in rows if key in row]
                    yield f"course/{key}", sum(values) / len(values), epoch + 1
        self._joined = max(self._joined, reached)


_NO_METRICS = ("epoch", "seconds")


def _logged(run: Run, key: str) -> int:
    return 0 if run.is_new else max((step for step, _ in run.metric_steps(key)), default=0)


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
