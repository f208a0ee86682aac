"""Who does the work of a screen: this process, processes on this machine, or workers of a Dask scheduler."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from mlcluster.prediction.screening.work import Job, Outcome, run_job
from mlcluster.runs import ProcessDied, Processes, spread
from mlcluster.runs.dask_workers import dask_workers

Work = Callable[[Job], list[Outcome]]
Results = Iterator[tuple[int, list[Outcome] | ProcessDied]]
Readers: TypeAlias = Callable[[Work, Iterable[Job]], Results]


def local_readers(processes: int) -> Readers:
    """Processes on this machine; with one, the work is done in this process."""
    if processes > 1:
        return lambda work, jobs: spread(work, jobs, processes)
    return lambda work, jobs: ((index, work(job)) for index, job in enumerate(jobs))


@contextlib.contextmanager
def lasting_readers(processes: int) -> Iterator[Readers]:
    """As `local_readers` for `run_job`; the processes stay for the next jobs, as starting one takes seconds."""
    if processes == 1:
        yield local_readers(1)
        return
    with Processes(run_job) as pool:
        yield lambda work, jobs: spread(work, jobs, processes, pool=pool)


def guarded_readers() -> Readers:
    """One process beside this one, which it may outlive: for items that are suspected of ending theirs."""
    return lambda work, jobs: spread(work, jobs, 1)


@contextlib.contextmanager
def dask_readers(scheduler: str | None) -> Iterator[Readers]:
    """Workers of the scheduler at an address, or of the one that a scheduler file (``.json``) names.

    Raises
    ------
    ConfigError
        If Dask is not installed, or there is no scheduler.
    """
    with dask_workers(scheduler) as workers:
        yield workers.spread
