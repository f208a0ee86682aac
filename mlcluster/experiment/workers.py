"""Runs of an experiment side by side, each in a process of its own with one thread."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mlcluster.experiment.units import Unit
from mlcluster.runs import one_thread_environment
from mlcluster.tracking import RunStore

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
            [sys.executable, "-m", "mlcluster.experiment.worker", str(job)],
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
