"""The verb ``train``: one tracked run, from a configuration to a model of any level with intervals."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlcluster.levels import open_level
from mlcluster.levels.protocol import Fold, Work
from mlcluster.levels.run_config import TrainConfig, load_config
from mlcluster.model.card_parts import write_card
from mlcluster.tracking import RunStore
from mlcluster.tracking.environment import environment
from mlcluster.tracking.logged_tables import VALIDATION
from mlcluster.tracking.registered_models import check_name
from mlcluster.tracking.registered_models import register as register_model
from mlcluster.tracking.tracked_run import NOTE
from mlcluster.training.held_out_record import log_charges, log_held_out
from mlcluster.training.model_record import log_model
from mlcluster.training.pruning import PRUNED_AT, Course, PrunedError, pruned_by
from mlcluster.training.run_note import run_note
from mlcluster.training.run_record import HistoryLog, fold_tags, log_documents, none_for_nan, planned_task, start_run


@dataclass(frozen=True, kw_only=True)
class TrainResult:
    """What a training run gives.

    Parameters
    ----------
    run_id
        Run in the tracking store.
    model
        Directory of the model.
    metrics
        Scores, ``split/channel/arm/score``; None where a score is not defined. Those of the split ``validation`` are of
        what the members stopped on: they may choose between models, which the others then judge.
    """

    run_id: str
    model: Path
    metrics: dict[str, float | None]


def train(
    config: str | Path | TrainConfig,
    settings: Sequence[str] = (),
    resume: str | None = None,
    *,
    project: str | Path | None = None,
    tracking_uri: str | None = None,
    tags: Mapping[str, str] | None = None,
    extend: str | None = None,
    register: str | None = None,
    stop_at: Callable[[Course], int | None] | None = None,
    scheduler: str | None = None,
) -> TrainResult:
    """Train a model of the level that the configuration names, judge it on families it has not seen, and record all.

    Parameters
    ----------
    config
        YAML file, or a config made before.
    settings
        ``key=value`` changes of single values.
    resume
        Run to go on with; it must have the same configuration and data.
    project
        Directory that holds ``.mlcluster/``; see `mlcluster.tracking.project_dir`.
    tracking_uri
        MLflow store to use in place of the project's own.
    tags
        Further tags of a new run.
    extend
        Finished run of the same data and splits, whose members these go on from; ``fit.extend`` in short.
    register
        Registered model that the model of the run becomes a version of.
    stop_at
        Looks at the validation errors of the epochs so far and gives the epoch at which the run is to end early, or
        None. Such a run ends as killed, with the epoch as a tag, and can be gone on with.
    scheduler
        Address of a Dask scheduler, or its file, whose workers train the members; they share the project directory
        with this process. Processes on this machine by default.

    Raises
    ------
    PrunedError
        If `stop_at` ended the run.
    ConfigError
        For a wrong configuration or a run that cannot go on.
    DataError
        For data that cannot be learned from.
    """
    if extend is not None:
        name = extend if ":/" in extend else f"runs:/{extend}"
        settings = (*settings, f"fit.extend={json.dumps(name)}", "fit.start_from=null")
    config = load_config(config, settings)
    if register is not None:
        check_name(register)  # hours before it is needed
    level = open_level(config.level)
    store = RunStore(project, tracking_uri)
    task, started_from = planned_task(level, config, "train", store, resume, scheduler)
    run = start_run(store, config, "train", task, started_from, resume, tags)
    members = {
        name: run.child(name, {"mlcluster.kind": "member", **fold_tags(fold)})
        for fold in task.folds
        for name in fold.members
    }

    def close(fold: Fold) -> None:
        for name in fold.members:
            members[name].finish()

    directory = store.directory / "training" / run.id
    first = len(task.folds[0].members) if task.folds else 0
    log = HistoryLog([(member, "") for member in members.values()], run, first)
    watching = log.update if stop_at is None else pruned_by(stop_at, log.update, first)
    cache = store.directory / "graphs"
    work = Work(directory=directory, cache=cache, progress=watching, trained=close, scheduler=scheduler)
    with run:
        log_documents(run, task)
        try:
            learned = task.fit(work)
        except PrunedError as pruned:
            run.set_tags({PRUNED_AT: str(pruned.epoch)})
            run.finish("KILLED")
            raise
        metrics: dict[str, float] = {}
        for judged in learned.held_out:
            if len(judged.table):
                drawn = judged.split != VALIDATION
                metrics |= log_held_out(run, judged.split, judged.table, judged.title, plots=drawn)
            metrics |= log_charges(run, judged)
        judged_rows = [judged for judged in learned.held_out if len(judged.table)]
        run.set_tags({NOTE: run_note("train", config, task, judged_rows)})
        record = {
            "run_id": run.id,
            "data_hash": task.data_hash,
            "config": config.model_dump(mode="json"),
            "environment": environment(),
            "metrics": none_for_nan(metrics),
        }
        model = learned.model.recorded(record)
        place = model.save(store.directory / "models" / run.id)
        write_card(lambda: level.card(model), place, place.name)
        log_model(run, place, learned.example)
        for channel in model.channels:
            fitted = model.calibration(channel)
            names = ("floor", "multiplier", "outside_factor", "n_families")
            run.log_metrics((f"calibration/{channel}/{name}", float(getattr(fitted, name)), 0) for name in names)
        run.set_tags({"mlcluster.model_hash": model.hash})
        if register is not None:
            register_model(store, run.id, register)
    shutil.rmtree(directory, ignore_errors=True)
    return TrainResult(run_id=run.id, model=place, metrics=none_for_nan(metrics))
