"""Who does the work of a screen: this process, processes on this machine, or workers of a Dask scheduler."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

from mlcluster.errors import ConfigError
from mlcluster.prediction.screening.work import Job, Outcome, run_job
from mlcluster.runs import ProcessDied, Processes, spread

if TYPE_CHECKING:
    from distributed import Client

Work = Callable[[Job], list[Outcome]]
Results = Iterator[tuple[int, list[Outcome] | ProcessDied]]
Readers: TypeAlias = Callable[[Work, Iterable[Job]], Results]

_EXTRA = 'Install it with: pip install "mlcluster[screen]"'
ANSWER_SECONDS = 20.0
"""How long a scheduler has to answer."""

_AHEAD = 2  # jobs a worker has at hand, so that it never waits for the next


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
    client_class = dask().Client
    place = {"scheduler_file": scheduler} if str(scheduler).endswith(".json") else {"address": scheduler}
    with contextlib.ExitStack() as stack:
        try:
            client = stack.enter_context(client_class(**place, timeout=ANSWER_SECONDS))
        except (OSError, ValueError) as error:
            raise ConfigError(
                "no Dask scheduler answers there.",
                found=f"{scheduler}: {error}",
                expected="an address such as tcp://host:8786, or a scheduler file",
                hint="Start one with: dask scheduler",
            ) from None
        yield lambda work, jobs: _on_workers(client, work, jobs)


def _on_workers(client: Client, work: Work, jobs: Iterable[Job]) -> Results:
    """Keep every worker supplied; a job whose worker dies is done again by another, as the scheduler sees to."""
    from distributed import as_completed
    from distributed.scheduler import KilledWorker

    waiting = iter(enumerate(jobs))
    index_of: dict[Any, int] = {}
    running = as_completed([])

    def supply() -> None:
        threads = sum(client.nthreads().values())
        while len(index_of) < max(_AHEAD * threads, 1):
            index, job = next(waiting, (None, None))
            if index is None or job is None:
                return
            # A new key each time: what the scheduler remembers of an earlier call is none of this one's.
            future = client.submit(work, job, pure=False)
            index_of[future] = index
            running.add(future)

    try:
        supply()
        for future in running:
            index = index_of.pop(future)
            try:
                result: list[Outcome] | ProcessDied = future.result()
            except KilledWorker:
                result = ProcessDied(None)
            future.release()
            supply()
            yield index, result
    finally:
        client.cancel(list(index_of))


def dask() -> Any:
    """The package `distributed`.

    Raises
    ------
    ConfigError
        If it is not installed.
    """
    try:
        import distributed
    except ImportError:
        raise ConfigError("Dask is not installed.", expected="dask.distributed", hint=_EXTRA) from None
    return distributed
