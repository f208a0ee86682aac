"""The verb ``evaluate``: every family held out in turn, beside baselines on the same rows, for any level."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mlcluster.errors import ConfigError
from mlcluster.labels.methods import ATOM_CHARGES, Channel
from mlcluster.levels import open_level
from mlcluster.levels.protocol import Fold, Judged, Level, Task, Work
from mlcluster.levels.run_config import TrainConfig, load_config
from mlcluster.model.held_out import HeldOut
from mlcluster.runs import Share, write_whole
from mlcluster.tracking import Run, RunStore
from mlcluster.tracking.tracked_run import NOTE
from mlcluster.training.evaluation_parts import KeptRows, do_part, gathering, parts_directory
from mlcluster.training.held_out_record import log_charges, log_held_out
from mlcluster.training.run_note import run_note
from mlcluster.training.run_record import HistoryLog, fold_tags, log_documents, none_for_nan, planned_task, start_run


def evaluate(
    config: str | Path | TrainConfig,
    settings: Sequence[str] = (),
    resume: str | None = None,
    *,
    project: str | Path | None = None,
    tracking_uri: str | None = None,
    tags: Mapping[str, str] | None = None,
    part: str | None = None,
    scheduler: str | None = None,
) -> dict[str, Any]:
    """Cross-validation with several seeds, in which whole families are held out.

    A family held out is held out of fitting, of stopping and of the interval: residuals behind the interval come from
    other families. Model and baselines predict the same rows. Each fold is a child run; what an interruption finds done
    stays done, and `resume` goes on with the rest.

    Parameters
    ----------
    config, settings
        As in `mlcluster.train`. ``evaluate.folds`` shares families out over so many folds in place of one each; with
        ``split.kind: official`` the test sets are those the authors of the source published.
    resume
        Run to go on with; it must have the same configuration and data.
    project, tracking_uri, tags
        As in `mlcluster.train`.
    part
        Train only the k-th of n parts of the folds, ``"3/40"``, beside other calls that do the others, at once or
        later, in one project directory. The same call without it takes what all of them have, does the rest and makes
        the run.
    scheduler
        As in `mlcluster.train`; the members of all folds are shared out.

    Returns
    -------
    dict
        ``run_id``, ``folds`` (the run of each by name) and ``table``: a row for each model or baseline (``arm``),
        target, method and split with its scores over the rows of all folds, averaged over seeds, their spread over
        seeds in ``mae_sd``, and ``seeds``, how many there were. Of a part, which makes no run: ``part``, ``done``
        (names of its folds) and ``left`` (names of those that no part has done yet).

    Raises
    ------
    ConfigError
        For a wrong configuration, a run that cannot go on, or a part that another process does.
    DataError
        For data that cannot be learned from.
    """
    config = load_config(config, settings)
    config = config.model_copy(update={"split": config.split.model_copy(update={"test": None})})
    level = open_level(config.level)
    share = None if part is None else Share.parse(part)
    if share is not None and (resume is not None or tags):
        raise ConfigError("a part makes no run to resume or to tag.", found=part, hint="Give it when you gather.")
    store = RunStore(project, tracking_uri)
    task, started_from = planned_task(level, config, "evaluate", store, resume, scheduler)
    parts = parts_directory(store, config, task.data_hash, started_from)
    if share is not None:
        if not task.folds:
            raise ConfigError(f"the {config.level} level has no folds to share out.", found=part, hint="Drop the part.")
        if scheduler is not None:
            raise ConfigError("a part is done on this machine.", found="a scheduler as well", expected="one of the two")
        return do_part(task, share, parts, store.directory / "graphs")
    with gathering(task, parts):
        run = start_run(store, config, "evaluate", task, started_from, resume, tags)
        return _whole(level, config, task, store, run, parts, scheduler)


def _whole(
    level: Level, config: TrainConfig, task: Task, store: RunStore, run: Run, parts: Path, scheduler: str | None
) -> dict[str, Any]:
    """All folds as child runs of one; what parts or an interruption left is gone on with."""
    runs = {fold.name: run.child(fold.name, {"mlcluster.kind": "fold", **fold_tags(fold)}) for fold in task.folds}
    own = store.directory / "training" / run.id
    directory = parts if parts.is_dir() and not own.is_dir() else own
    log = HistoryLog([(runs[f.name], f"member {k}/") for f in task.folds for k in range(len(f.splits))], run)
    work = Work(
        directory=directory,
        cache=store.directory / "graphs",
        progress=log.update,
        keep=KeptFolds(runs, KeptRows(task.folds, directory), directory / f"recorded-{run.id}"),
        scheduler=scheduler,
    )
    table: list[dict[str, Any]] = []
    held_out: list[Judged] = []
    with run:
        log_documents(run, task)
        for judged in task.hold_out(work):
            held_out.append(judged)
            for seed in config.evaluate.seeds:
                rows = judged.table.rows(judged.table.seed == seed)
                if len(rows):
                    log_held_out(run, judged.split, rows, f"{judged.title}, seed {seed}", seed=seed)
            log_charges(run, judged, by_seed=True)
            table += [*table_rows(level, judged, config.evaluate.seeds), *charge_rows(judged)]
        run.log_json(table, "table.json")
        run.set_tags({NOTE: run_note("evaluate", config, task, held_out)})
    shutil.rmtree(directory, ignore_errors=True)
    return {"run_id": run.id, "folds": {name: child.id for name, child in runs.items()}, "table": table}


class KeptFolds:
    """Folds of a cross-validation as child runs: each is scored and recorded once, also across interruptions.

    Parameters
    ----------
    runs
        Child run of each by name, made at once, as a store that goes away later takes no new ones.
    rows
        The predictions of the folds until the cross-validation is done.
    recorded
        Directory that says which child runs have them already.
    """

    def __init__(self, runs: Mapping[str, Run], rows: KeptRows, recorded: Path) -> None:
        self._runs, self._rows, self._recorded = runs, rows, recorded

    def __call__(self, fold: Fold, make: Callable[[], HeldOut]) -> HeldOut:
        """Predictions for what the fold holds out; computed and recorded only if they were not before."""
        table, run = self._rows(fold, make), self._runs[fold.name]
        done = self._recorded / run.id
        if not done.is_file():
            log_held_out(run, "held out", table, fold.name, plots=False)
            run.finish()
            write_whole(done, "")
        return table


def table_rows(level: Level, judged: Judged, seeds: Sequence[int]) -> list[dict[str, Any]]:
    """Scores of the model and every baseline of one split, averaged over seeds."""
    tables = (judged.table.rows(judged.table.seed == seed) for seed in seeds)
    rows = []
    for parts in zip(*(table.parts() for table in tables if len(table)), strict=True):
        channel = Channel.parse(parts[0].key)
        scores = [part.scores() | level.scores(part) for part in parts]
        mean = {name: float(np.mean([score[name] for score in scores])) for name in scores[0]}
        mean["mae_sd"] = float(np.std([score["mae"] for score in scores]))
        rows.append(
            {
                "arm": parts[0].name,
                "target": channel.target,
                "method": channel.method,
                "unit": channel.definition.unit,
                "split": judged.split,
                **none_for_nan(mean),
                "n": int(mean["n"]),
                "seeds": len(scores),
            }
        )
    return rows


def charge_rows(judged: Judged) -> list[dict[str, Any]]:
    """Scores of the charges of atoms of one split, averaged over seeds, as `table_rows` has those of channels."""
    rows, (target, _, method) = [], ATOM_CHARGES.partition(":")
    for arm in next(iter(judged.charges.values()), {}):
        scores = [arms[arm] for arms in judged.charges.values()]
        mean = {name: float(np.mean([score[name] for score in scores])) for name in scores[0]}
        mean["mae_sd"] = float(np.std([score["mae"] for score in scores]))
        about = {"arm": arm, "target": target, "method": method, "unit": "e", "split": judged.split}
        rows.append({**about, **none_for_nan(mean), "n": int(mean["n"]), "seeds": len(scores)})
    return rows
