"""``experiment run``: the missing runs of an experiment, each in a process of its own, within its budget."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlcluster.errors import ConfigError
from mlcluster.experiment.planned_runs import (
    ARM,
    CONFIG,
    CORE_SECONDS,
    DATA,
    SEED,
    Progress,
    Unit,
    core_hours,
    progress_of,
)
from mlcluster.experiment.question import Experiment, read_experiment
from mlcluster.tracking import RunStore
from mlcluster.training.config import TrainConfig
from mlcluster.training.evaluate import evaluate
from mlcluster.training.pool import one_thread_environment, usable_cores
from mlcluster.training.train import train


def main(job_file: Path) -> None:
    """Carry out a job; ends itself, as on Ctrl-C, when the process that wanted it is gone."""
    import torch

    torch.set_num_threads(1)
    job = json.loads(job_file.read_text(encoding="utf-8"))
    # A runner that itself was started in the background hands on that Ctrl-C is to be ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=_watch, args=(job["parent"],), daemon=True).start()
    try:
        carry_out(job)
    finally:
        # User and system time of this process and of those it waited for.
        job_file.with_suffix(".seconds").write_text(str(sum(os.times()[:4])), encoding="utf-8")


def carry_out(job: Mapping[str, Any]) -> None:
    """Train or evaluate as a job says."""
    config, resume = TrainConfig.model_validate(job["config"]), job["resume"]
    options = {"project": job["project"], "tracking_uri": job["tracking_uri"], "tags": job["tags"]}
    if job["verb"] == "train":
        train(config, resume=resume, **options)
    else:
        evaluate(config, resume=resume, **options)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    main(Path(sys.argv[1]))


_PATIENCE_SECONDS = 60.0
"""Time a run has to close its record after Ctrl-C."""


@dataclass(frozen=True, kw_only=True)
class Worker:
    """A run under way.

    Parameters
    ----------
    unit
        What it runs.
    process
        Its process.
    log
        What the process prints.
    job
        File that says what it is to do.
    started
        Monotonic time, s.
    """

    unit: Unit
    process: subprocess.Popen
    log: Path
    job: Path
    started: float

    def core_seconds(self) -> float:
        """Processor time it has taken; while it runs, and after a kill, the time it has lasted."""
        told = self.job.with_suffix(".seconds")
        return float(told.read_text(encoding="utf-8")) if told.is_file() else time.monotonic() - self.started

    def last_words(self, lines: int = 12) -> str:
        """End of its log."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def start_worker(unit: Unit, resume: str | None, tags: dict[str, str], store: RunStore, folder: Path) -> Worker:
    """Start the run of a unit; a terminal's Ctrl-C does not reach it, so that `stop_workers` can end it in order.

    Parameters
    ----------
    unit
        What to run.
    resume
        Run to go on with.
    tags
        Of a new run.
    store
        Where runs are kept.
    folder
        For job file and log.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stem = "".join(letter if letter.isalnum() or letter in "-=." else "_" for letter in unit.name)
    job, log = folder / f"{stem}.json", folder / f"{stem}.log"
    job.with_suffix(".seconds").unlink(missing_ok=True)
    content = {
        "verb": unit.verb,
        "config": unit.config.model_dump(mode="json"),
        "resume": resume,
        "project": str(store.directory.parent),
        "tracking_uri": store.uri,
        "tags": tags,
        "parent": os.getpid(),
    }
    job.write_text(json.dumps(content), encoding="utf-8")
    environment = one_thread_environment() | {"MLCLUSTER_PROJECT": str(store.directory.parent)}
    with open(log, "wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "mlcluster.experiment.run_experiment", str(job)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
    return Worker(unit=unit, process=process, log=log, job=job, started=time.monotonic())


def stop_workers(workers: list[Worker]) -> None:
    """End runs as Ctrl-C does, so that each closes its record; kill those that do not."""
    for worker in workers:
        if worker.process.poll() is None:
            worker.process.send_signal(signal.SIGINT)
    until = time.monotonic() + _PATIENCE_SECONDS
    for worker in workers:
        try:
            worker.process.wait(timeout=max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            worker.process.kill()
            worker.process.wait()


def work_folder(experiment: str, store: RunStore) -> Path:
    """Directory for job files, logs and the lock of an experiment."""
    return store.directory / "experiments" / experiment


@contextlib.contextmanager
def lock(folder: Path) -> Iterator[bool]:
    """Hold the lock of a folder, which ends with this process at the latest; False where another process holds it."""
    import fcntl

    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True


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
