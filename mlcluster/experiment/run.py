"""``experiment run``: the runs of an experiment that are missing, several at a time, within its budget."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from mlcluster.errors import ConfigError
from mlcluster.experiment.progress import Progress, core_hours, progress_of
from mlcluster.experiment.question import Experiment, read_experiment
from mlcluster.experiment.units import ARM, CONFIG, CORE_SECONDS, DATA, SEED
from mlcluster.experiment.workers import Worker, lock, start_worker, stop_workers, work_folder
from mlcluster.runs import usable_cores
from mlcluster.tracking import RunStore

_POLL_SECONDS = 0.3


def run_experiment(
    directory: str | Path,
    *,
    workers: int | None = None,
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
    project, tracking_uri
        As in `mlcluster.train`.

    Returns
    -------
    ``{"experiment", "reused", "finished", "failed": [{"run", "error"}], "cut", "core_hours", "budget"}``: names of
    runs; ``cut`` are those the budget left no room for.

    Raises
    ------
    ConfigError
        For a wrong ``experiment.yaml``, or if another process is running the experiment.
    """
    experiment = read_experiment(directory)
    store = RunStore(project, tracking_uri)
    folder = work_folder(experiment.name, store)
    with lock(folder) as is_free:
        if not is_free:
            raise ConfigError("another process is running this experiment.", file=experiment.directory)
        progress = progress_of(experiment, store)
        session = _Session(experiment, store, folder, core_hours(progress))
        session.carry_out([each for each in progress if each.state != "finished"], workers or usable_cores())
    return {
        "experiment": experiment.name,
        "reused": [each.unit.name for each in progress if each.state == "finished"],
        "finished": session.finished,
        "failed": session.failed,
        "cut": session.cut,
        "core_hours": round(session.spent, 4),
        "budget": experiment.question.core_hours,
    }


class _Session:
    """One call of ``experiment run``: what waits, what is under way, what came of it and what it cost."""

    def __init__(self, experiment: Experiment, store: RunStore, folder: Path, spent: float) -> None:
        self._experiment, self._store, self._folder = experiment, store, folder
        self.spent = spent
        self.finished: list[str] = []
        self.failed: list[dict[str, str]] = []
        self.cut: list[str] = []
        self._under_way: list[Worker] = []

    def carry_out(self, waiting: list[Progress], workers: int) -> None:
        """Run all that waits, `workers` at a time."""
        total = len(waiting)
        try:
            while waiting or self._under_way:
                while waiting and len(self._under_way) < workers:
                    if self._spent_with_those_under_way() >= self._experiment.question.core_hours:
                        self.cut = [each.unit.name for each in waiting]
                        _say(
                            f"the budget of {self._experiment.question.core_hours} core-hours is spent: {self.cut} left"
                        )
                        waiting = []
                        break
                    self._start(waiting.pop(0), total)
                time.sleep(_POLL_SECONDS)
                for worker in [worker for worker in self._under_way if worker.process.poll() is not None]:
                    self._end(worker)
        except BaseException:
            _say("ending the runs under way; the same command goes on with them")
            stop_workers(self._under_way)
            for worker in list(self._under_way):
                self._end(worker)
            raise

    def _spent_with_those_under_way(self) -> float:
        return self.spent + sum(worker.core_seconds() for worker in self._under_way) / 3600

    def _start(self, progress: Progress, total: int) -> None:
        unit, resume = progress.unit, self._resumable(progress)
        worker = start_worker(unit, resume, unit.tags(), self._store, self._folder)
        self._under_way.append(worker)
        number = len(self.finished) + len(self.failed) + len(self._under_way)
        how = f"goes on with run {resume}" if resume else "starts"
        _say(f"{number} of {total}: {unit.name} {how}; log {worker.log}")

    def _resumable(self, progress: Progress) -> str | None:
        """Unfinished run that still is what would be started today."""
        if progress.run is None:
            return None
        before = self._store.find(progress.run.id).read_json("config.json")
        return progress.run.id if before == progress.unit.config.model_dump(mode="json") else None

    def _end(self, worker: Worker) -> None:
        self._under_way.remove(worker)
        seconds = worker.core_seconds()
        self.spent += seconds / 3600
        tags = {key: value for key, value in worker.unit.tags().items() if key in (ARM, SEED, CONFIG, DATA)}
        records = self._store.records(experiment=self._experiment.name, tags=tags)
        if records:
            before = float(records[0].tags.get(CORE_SECONDS, 0.0))
            self._store.find(records[0].id).set_tags({CORE_SECONDS: f"{before + seconds:.1f}"})
        if worker.process.returncode == 0:
            self.finished.append(worker.unit.name)
            _say(f"{worker.unit.name} finished, {seconds:.0f} core-seconds")
        else:
            code = worker.process.returncode
            self.failed.append({"run": worker.unit.name, "error": f"exit code {code}\n{worker.last_words()}"})
            _say(f"{worker.unit.name} did not finish (exit code {code}); its log is {worker.log}")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
