"""Work spread over processes that may crash, one item at a time each, without losing any other item."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")

_LOOK_SECONDS = 1.0


@dataclass(frozen=True)
class ProcessDied:
    """What stands for the result of an item whose process ended without giving one."""

    exit_code: int | None


@dataclass
class _Worker:
    process: BaseProcess
    connection: Connection
    index: int


class _Pool(Generic[Item, Result]):
    def __init__(self, function: Callable[[Item], Result]) -> None:
        self.function = function
        self.workers: list[_Worker] = []

    def start(self, index: int, item: Item) -> None:
        # Spawned, not forked: a forked copy of a loaded numerical library may hang.
        context = get_context("spawn")
        here, there = context.Pipe()
        process = context.Process(target=_serve, args=(self.function, there), daemon=True)
        with _one_thread():
            process.start()
        there.close()
        here.send(item)
        self.workers.append(_Worker(process, here, index))

    def stop(self) -> None:
        for worker in self.workers:
            worker.connection.close()
            worker.process.terminate()
            worker.process.join()


def spread(
    function: Callable[[Item], Result], items: Iterable[Item], processes: int
) -> Iterator[tuple[int, Result | ProcessDied]]:
    """Call `function` for every item and yield ``(index, result)`` in the order they finish.

    Parameters
    ----------
    function
        Importable function of one item; what it raises ends the whole work, so it should return its failures.
    items
        What to work on; the next one is taken when a process is free.
    processes
        Number of processes, each limited to one thread. One that dies gives `ProcessDied` for its item and is
        replaced; all of them end with this process, even if it is killed.
    """
    waiting = iter(enumerate(items))
    pool: _Pool[Item, Result] = _Pool(function)
    try:
        for _, (index, item) in zip(
            range(processes), waiting, strict=False
        ):  # range first: it must not swallow an item
            pool.start(index, item)
        while pool.workers:
            ready = wait([worker.connection for worker in pool.workers])
            for worker in [w for w in pool.workers if w.connection in ready]:
                finished = worker.index
                result = _receive(worker)
                following = next(waiting, None)
                if isinstance(result, ProcessDied):
                    pool.workers.remove(worker)
                    if following is not None:
                        pool.start(*following)
                elif following is None:
                    worker.connection.close()
                    worker.process.join()
                    pool.workers.remove(worker)
                else:
                    worker.index = following[0]
                    worker.connection.send(following[1])
                yield finished, result
    finally:
        pool.stop()


def _receive(worker: _Worker) -> Any:
    try:
        succeeded, value = worker.connection.recv()
    except (EOFError, ConnectionError):
        worker.process.join()
        return ProcessDied(worker.process.exitcode)
    if not succeeded:
        raise value
    return value


def _serve(function: Callable[[Any], Any], connection: Connection) -> None:
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    # OSError: the parent was killed in the middle of a message.
    with contextlib.suppress(EOFError, OSError, KeyboardInterrupt):
        while True:
            item = connection.recv()
            try:
                answer = (True, function(item))
            except Exception as error:  # handed to the parent, which raises it
                answer = (False, error)
            connection.send(answer)


def _end_with(parent: int) -> None:
    """End this process soon after its parent: one that was killed cannot end the long calculation under way."""
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    os._exit(1)


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Environment in which a new process starts its numerical libraries with one thread."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
