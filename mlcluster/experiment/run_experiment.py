"""``experiment run``: the missing runs of an experiment, each in a process of its own, within its budget."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlcluster.errors import ConfigError
from mlcluster.experiment.planned_runs import (
    CORE_SECONDS,
    OVER,
    Progress,
    Unit,
    core_hours,
    progress_of,
    work_folder,
)
from mlcluster.experiment.pruning import Median, check_pruner, median_of
from mlcluster.experiment.question import FILE, Experiment, read_experiment
from mlcluster.experiment.selection import best_of, check_decides, close_sweep, grown, open_sweep, validation_scores
from mlcluster.levels.run_config import TrainConfig
from mlcluster.runs import Outcome, Processes, Share, held, last_lines, usable_cores
from mlcluster.tracking import Run, RunStore
from mlcluster.tracking.tracked_run import PARENT
from mlcluster.training.evaluate import evaluate
from mlcluster.training.pruning import PRUNED_AT, PrunedError
from mlcluster.training.train import train

_PATIENCE_SECONDS = 60.0
"""Time a run has to close its record after Ctrl-C."""


@dataclass(frozen=True, kw_only=True)
class UnitJob:
    """What the process of one run is to do.

    Parameters
    ----------
    verb
        "train" or "evaluate".
    config
        Whole configuration.
    resume
        Run to go on with.
    project, tracking_uri
        Where runs are kept.
    tags
        Of a new run.
    stop_at
        Ends training early; None for runs that all go to their end.
    """

    verb: str
    config: TrainConfig
    resume: str | None
    project: str
    tracking_uri: str
    tags: Mapping[str, str]
    stop_at: Median | None = None


def carry_out(job: UnitJob) -> None:
    """Train or evaluate as a job says; a run that is ended early says so in its record."""
    options: dict[str, Any] = {"project": job.project, "tracking_uri": job.tracking_uri, "tags": job.tags}
    if job.verb == "train":
        with contextlib.suppress(PrunedError):
            train(job.config, resume=job.resume, stop_at=job.stop_at, **options)
    else:
        evaluate(job.config, resume=job.resume, **options)


def run_unit(job: UnitJob) -> None:
    """The same in a process that has nothing else to do."""
    import torch

    torch.set_num_threads(1)
    os.environ["MLCLUSTER_PROJECT"] = job.project
    carry_out(job)


def run_experiment(
    directory: str | Path,
    *,
    workers: int | None = None,
    part: str | None = None,
    project: str | Path | None = None,
    tracking_uri: str | None = None,
) -> dict[str, Any]:
    """Start every run of an experiment that the record does not have, and go on with those that were interrupted.

    A finished run is one of the same configuration, whatever its name, and of the same data. No run is started once
    the core-hours of the experiment are spent; those under way end in peace.

    Parameters
    ----------
    directory
        Holds ``experiment.yaml``.
    workers
        Runs at a time; one a core when None.
    part
        Do only the k-th of n parts of the runs, ``"3/8"``, with its share of the core-hours that are left, beside other
        calls that do the others. All write to one store, which has to bear that (a server, or one file system).
    project, tracking_uri
        As in `mlcluster.train`.

    Returns
    -------
    dict[str, Any]
        ``{"experiment", "reused", "finished", "pruned": [{"run", "epoch"}], "failed": [{"run", "error"}], "cut",
        "core_hours", "budget"}``: names of runs of this part; ``pruned`` are trials that the search ended early,
        ``cut`` those the budget left no room for. Where validation scores decide, ``best`` is the model they choose,
        with what it tried, its score and its runs.

    Raises
    ------
    ConfigError
        For a wrong ``experiment.yaml``, one whose runs will not have what decides, a part of a search, or if another
        process is running the experiment, or this part of it.
    """
    experiment = read_experiment(directory)
    share = Share(0, 1) if part is None else Share.parse(part)
    store = RunStore(project, tracking_uri)
    folder = work_folder(experiment.name, store)
    with held(folder / ("lock" if part is None else f"lock-{share.name}")) as is_mine:
        if not is_mine:
            raise ConfigError("another process is running this experiment.", file=experiment.directory)
        together = workers or usable_cores()
        search = experiment.question.search
        if part is not None and search is not None:
            raise ConfigError(
                "a search has no parts: its trials learn from one another.",
                file=experiment.directory / FILE,
                found=part,
            )
        check_pruner(search, experiment.directory / FILE)
        experiment = grown(experiment, store, together)
        check_decides(experiment, experiment.directory / FILE)
        known = progress_of(experiment, store)
        now = progress = share.taken(known)
        is_sweep = search is not None or bool(experiment.question.grid)
        is_done = all(each.is_over for each in progress)
        is_done = is_done and (search is None or len(experiment.arms) == search.trials)
        sweep = open_sweep(experiment, store) if is_sweep and not is_done else None
        session = _Session(experiment, store, folder, known, sweep)
        session.budget = session.spent + max(session.budget - session.spent, 0.0) / share.of
        try:
            while not session.cut:
                waiting, before = session.untried(now), len(experiment.arms)
                session.carry_out(waiting, together)
                experiment = experiment if session.cut else grown(experiment, store, together)
                if not waiting and len(experiment.arms) == before:
                    break
                now = share.taken(progress_of(experiment, store))
        finally:
            if not is_done:
                known = progress_of(experiment, store)
            if sweep is not None:
                close_sweep(sweep, experiment, known)
    best = best_of(experiment, validation_scores(experiment, known)) if experiment.question.selects else None
    return {
        "experiment": experiment.name,
        "reused": [each.unit.name for each in progress if each.is_over],
        "finished": session.finished,
        "pruned": session.pruned,
        "failed": session.failed,
        "cut": session.cut,
        "core_hours": round(session.spent, 4),
        "budget": experiment.question.core_hours,
        **({} if best is None else {"best": best}),
    }


class _Session:
    """One call of ``experiment run``: what waits, what is under way, what came of it and what it cost."""

    def __init__(
        self, experiment: Experiment, store: RunStore, folder: Path, known: Sequence[Progress], sweep: Run | None
    ) -> None:
        self._experiment, self._store, self._folder = experiment, store, folder
        self._within = {} if sweep is None else {PARENT: sweep.id}
        self.spent = core_hours(known)
        self.budget = experiment.question.core_hours
        self.finished: list[str] = []
        self.pruned: list[dict[str, Any]] = []
        self.failed: list[dict[str, str]] = []
        self.cut: list[str] = []
        self._units: list[Unit] = []
        self._done = [(each.unit.seed, each.run.id) for each in known if each.run and each.state == "finished"]

    def untried(self, progress: Sequence[Progress]) -> list[Progress]:
        """What is not over, and was not started by this call either."""
        names = {unit.name for unit in self._units}
        return [each for each in progress if each.state not in OVER and each.unit.name not in names]

    def carry_out(self, waiting: list[Progress], workers: int) -> None:
        """Run all that waits, `workers` at a time; on Ctrl-C each run under way closes its record first."""
        total, budget = len(waiting), self.budget
        with Processes(run_unit, reuse=False, patience=_PATIENCE_SECONDS) as processes:
            try:
                while waiting or processes.under_way():
                    while waiting and len(processes.under_way()) < workers:
                        if self.spent + sum(processes.under_way().values()) / 3600 >= budget:
                            self.cut = [each.unit.name for each in waiting]
                            _say(f"the budget of {budget} core-hours is spent: {self.cut} left")
                            waiting = []
                            break
                        self._start(waiting.pop(0), processes, total)
                    outcome = processes.wait()
                    if outcome is not None:
                        self._end(outcome)
            except BaseException:
                _say("ending the runs under way; the same command goes on with them")
                for outcome in processes.stop():
                    self._end(outcome)
                raise

    def _start(self, progress: Progress, processes: Processes[UnitJob, None], total: int) -> None:
        unit, resume = progress.unit, self._resumable(progress)
        stem = "".join(letter if letter.isalnum() or letter in "-=." else "_" for letter in unit.name)
        log = self._folder / f"{stem}.log"
        log.unlink(missing_ok=True)
        job = UnitJob(
            verb=unit.verb,
            config=unit.config,
            resume=resume,
            project=str(self._store.directory.parent),
            tracking_uri=self._store.uri,
            tags={**unit.tags(self._store), **self._within},
            stop_at=self._stop_at(unit),
        )
        self._units.append(unit)
        processes.start(len(self._units) - 1, job, log)
        how = f"goes on with run {resume}" if resume else "starts"
        _say(f"{len(self._units)} of {total}: {unit.name} {how}; log {log}")

    def _stop_at(self, unit: Unit) -> Median | None:
        search = self._experiment.question.search
        if search is None:
            return None
        finished = [run for seed, run in self._done if seed == unit.seed]
        return median_of(search, self._store, finished, unit.config.fit.epochs)

    def _resumable(self, progress: Progress) -> str | None:
        """Unfinished run that still is what would be started today."""
        if progress.run is None:
            return None
        before = self._store.find(progress.run.id).read_json("config.json")
        return progress.run.id if before == progress.unit.config.model_dump(mode="json") else None

    def _end(self, outcome: Outcome[None]) -> None:
        unit, seconds = self._units[outcome.index], outcome.core_seconds
        self.spent += seconds / 3600
        records = self._store.records(experiment=self._experiment.name, tags=unit.tags(self._store))
        if records:
            before = float(records[0].tags.get(CORE_SECONDS, 0.0))
            self._store.find(records[0].id).set_tags({CORE_SECONDS: f"{before + seconds:.1f}"})
        if outcome.exit_code == 0 and records and records[0].status != "FINISHED" and PRUNED_AT in records[0].tags:
            self.pruned.append({"run": unit.name, "epoch": int(records[0].tags[PRUNED_AT])})
            _say(f"{unit.name} was pruned at epoch {records[0].tags[PRUNED_AT]}, {seconds:.0f} core-seconds")
            return
        if outcome.exit_code == 0:
            self.finished.append(unit.name)
            self._done += [(unit.seed, records[0].id)] if records else []
            _say(f"{unit.name} finished, {seconds:.0f} core-seconds")
            return
        words = last_lines(outcome.log, 12) if outcome.log else ""
        self.failed.append({"run": unit.name, "error": f"exit code {outcome.exit_code}\n{words}"})
        _say(f"{unit.name} did not finish (exit code {outcome.exit_code}); its log is {outcome.log}")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
