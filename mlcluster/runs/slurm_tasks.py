"""One allocation of SLURM, one command: ``srun mlcluster VERB ... --slurm`` runs it as many tasks.

The first task schedules and asks, the others work for it, as Dask's ``SLURMRunner`` does. That class comes with
dask-jobqueue, which has had no release since 2024, and what it needs of SLURM is two variables of the environment; so
these few lines stand on `distributed` alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

from mlcluster.errors import ConfigError
from mlcluster.runs.dask_workers import dask
from mlcluster.runs.whole_files import write_whole

_NUMBER, _JOB, _STEP = "SLURM_PROCID", "SLURM_JOB_ID", "SLURM_STEP_ID"
BEGIN_SECONDS = 600.0
"""How long a task waits for the first one."""


def task_number() -> int:
    """Number of this task within its ``srun``.

    Raises
    ------
    ConfigError
        If this is none.
    """
    number = os.environ.get(_NUMBER, "")
    if not number.isdigit():
        raise ConfigError(
            "this is no task of SLURM.",
            found=f"no {_NUMBER}",
            expected="srun mlcluster VERB ... --slurm",
            hint="Without srun, a job array with --part needs nothing but files: docs/screening.md.",
        )
    return int(number)


@contextlib.contextmanager
def first_task(directory: Path) -> Iterator[str]:
    """A scheduler within this process for the other tasks; gives its address, ends the tasks with the block."""
    distributed = dask()
    host = distributed.utils.get_ip()
    place = _place(directory)
    with distributed.LocalCluster(n_workers=0, host=host, dashboard_address=None, silence_logs=False) as cluster:
        try:
            write_whole(place, json.dumps({"address": cluster.scheduler_address}))
            yield cluster.scheduler_address
        finally:
            place.unlink(missing_ok=True)


def work_for_first_task(directory: Path) -> None:
    """Work, one thread, until the first task is done.

    Raises
    ------
    ConfigError
        If the first task does not begin.
    """
    worker_class = dask().Worker
    place, until = _place(directory), time.monotonic() + BEGIN_SECONDS
    while not place.is_file():
        if time.monotonic() > until:
            raise ConfigError("the first task has not begun.", file=place, expected=f"within {BEGIN_SECONDS:.0f} s")
        time.sleep(0.2)
    address = json.loads(place.read_text(encoding="utf-8"))["address"]

    async def work() -> None:
        async with worker_class(address, nthreads=1, dashboard=False) as worker:
            await worker.finished()

    asyncio.run(work())


@contextlib.contextmanager
def tasks_of_one_srun(directory: Path) -> Iterator[str | None]:
    """Address of a scheduler for the block in the first task; in the others None, when their work is done.

    Raises
    ------
    ConfigError
        If this is no task of SLURM, or the first one does not begin.
    """
    if task_number() > 0:
        work_for_first_task(directory)
        yield None
        return
    with first_task(directory) as address:
        yield address


def _place(directory: Path) -> Path:
    """Where the first task says where it is; of this step only."""
    step = "-".join(os.environ.get(name, "0") for name in (_JOB, _STEP))
    return directory / f".scheduler-{step}.json"
