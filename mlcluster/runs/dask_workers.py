"""Work on the workers of a Dask scheduler, on any machines, in place of processes on this one."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from mlcluster.errors import ConfigError
from mlcluster.runs.processes import ProcessDied

if TYPE_CHECKING:
    from distributed import Client

Item = TypeVar("Item")
Result = TypeVar("Result")

_EXTRA = 'Install it with: pip install "mlcluster[screen]"'
ANSWER_SECONDS = 20.0
"""How long a scheduler has to answer."""

_AHEAD = 2  # jobs a worker has at hand, so that it never waits for the next
_LOOK_SECONDS = 0.3


class DaskWorkers:
    """Workers of a scheduler that one client speaks with.

    Parameters
    ----------
    client
        Connected to the scheduler.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    def spread(
        self,
        function: Callable[[Item], Result],
        items: Iterable[Item],
        *,
        on_wait: Callable[[], Any] | None = None,
    ) -> Iterator[tuple[int, Result | ProcessDied]]:
        """Call `function` for every item and yield ``(index, result)`` in the order they finish.

        Every worker is kept supplied. An item whose worker dies is begun again by another, as the scheduler sees to;
        one that has ended several workers gives `ProcessDied`. What the function raises ends the whole work.

        Parameters
        ----------
        function
            Importable function of one item.
        items
            What to work on; the next one is taken when a worker will soon be free.
        on_wait
            Called a few times a second while nothing comes, and after every result before it is yielded.
        """
        from distributed import as_completed
        from distributed.scheduler import KilledWorker

        waiting = iter(enumerate(items))
        index_of: dict[Any, int] = {}
        running = as_completed([])

        def supply() -> None:
            threads = sum(self._client.nthreads().values())
            while len(index_of) < max(_AHEAD * threads, 1):
                following = next(waiting, None)
                if following is None:
                    return
                # A new key each time: what the scheduler remembers of an earlier call is none of this one's.
                future = self._client.submit(function, following[1], pure=False)
                index_of[future] = following[0]
                running.add(future)

        try:
            supply()
            while index_of:
                while on_wait is not None and not running.has_ready():
                    time.sleep(_LOOK_SECONDS)
                    on_wait()
                future = next(running)
                index = index_of.pop(future)
                try:
                    result: Result | ProcessDied = future.result()
                except KilledWorker:
                    result = ProcessDied(None)
                future.release()
                supply()
                if on_wait is not None:
                    on_wait()
                yield index, result
        finally:
            self._client.cancel(list(index_of))


@contextlib.contextmanager
def dask_workers(scheduler: str | None) -> Iterator[DaskWorkers]:
    """Workers of the scheduler at an address, or of the one that a scheduler file (``.json``) names.

    Raises
    ------
    ConfigError
        If Dask is not installed, or there is no scheduler.
    """
    client_class = dask().Client
    is_file = str(scheduler).endswith(".json")
    place = {"scheduler_file": scheduler} if is_file else {"address": scheduler}
    with contextlib.ExitStack() as stack:
        try:
            if is_file and not Path(str(scheduler)).is_file():
                raise FileNotFoundError("no such file")  # for which Dask would wait for ever
            client = stack.enter_context(client_class(**place, timeout=ANSWER_SECONDS))
        except (OSError, ValueError) as error:
            raise ConfigError(
                "no Dask scheduler answers there.",
                found=f"{scheduler}: {error}",
                expected="an address such as tcp://host:8786, or a scheduler file",
                hint="Start one with: dask scheduler",
            ) from None
        yield DaskWorkers(client)


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
