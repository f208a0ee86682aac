"""Members trained in processes of their own, several at a time, with what they reach visible from outside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from mlcluster.errors import MlclusterError
from mlcluster.levels.run_config import TrainConfig
from mlcluster.training.member import MemberJob
from mlcluster.training.state import Progress, read_progress

OnProgress = Callable[[list[Progress]], None]

_POLL_SECONDS = 0.3


def train_members(
    jobs: Sequence[MemberJob], config: TrainConfig, *, directory: Path, cache: Path, on_progress: OnProgress
) -> list[Progress]:
    """Train every member that is not done, and wait.

    Parameters
    ----------
    jobs
        The members.
    config
        Of the run.
    directory
        For job files and logs of the processes.
    cache
        Directory of the graph cache.
    on_progress
        Called with what each member has reached, whenever one has reached more.

    Raises
    ------
    MlclusterError
        If a process fails; the message has the end of its log. The states of all members stay.
    """
    directory.mkdir(parents=True, exist_ok=True)
    open_jobs = [job for job in jobs if not read_progress(job.directory).done]
    workers = min(config.ensemble.workers or usable_cores(), len(open_jobs))
    processes = [_start(open_jobs[k::workers], config, directory, cache, k) for k in range(workers)]
    seen: list[int] = []
    try:
        while True:
            running = [process.poll() for process, _ in processes]
            progress = [read_progress(job.directory) for job in jobs]
            if [p.epoch for p in progress] != seen:
                seen = [p.epoch for p in progress]
                on_progress(progress)
            for code, (_, log) in zip(running, processes, strict=True):
                if code not in (None, 0):
                    raise MlclusterError("a training process failed.", file=log, found=f"exit code {code}\n{_end(log)}")
            if all(code == 0 for code in running):
                return progress
            time.sleep(_POLL_SECONDS)
    finally:
        for process, _ in processes:
            if process.poll() is None:
                process.kill()  # states are whole at every moment, so nothing is lost but the epoch under way
            process.wait()


def usable_cores() -> int:
    """Cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def one_thread_environment() -> dict[str, str]:
    """Environment of a process that finds the same packages as this one and uses a single thread.

    Two pools of threads on the same cores are several times slower.
    """
    threads = {name: "1" for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    return os.environ | threads | {"PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)}


def _start(
    jobs: Sequence[MemberJob], config: TrainConfig, directory: Path, cache: Path, number: int
) -> tuple[subprocess.Popen, Path]:
    job_file, log = directory / f"job_{number}.json", directory / f"process_{number}.log"
    content = {
        "config": config.model_dump(mode="json"),
        "members": [job.to_dict() for job in jobs],
        "cache": str(cache),
        "parent": os.getpid(),
    }
    job_file.write_text(json.dumps(content), encoding="utf-8")
    with open(log, "wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "mlcluster.training.member", str(job_file)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=one_thread_environment(),
        )
    return process, log


def _end(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
