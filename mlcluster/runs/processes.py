"""Work in child processes that may crash or be killed, one item at a time each, without losing any other item."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
_LOOK_SECONDS = 0.3


def usable_cores() -> int:
    """Cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def one_thread_environment() -> dict[str, str]:
    """Environment of a process that finds the same packages as this one and uses a single thread.

    Two pools of threads on the same cores are several times slower, and sums in another order change last digits.
    """
    paths = {"PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)}
    return os.environ | dict.fromkeys(_THREADS, "1") | paths


def last_lines(log: Path, lines: int = 15) -> str:
    """End of a log; nothing where there is none."""
    if not log.is_file():
        return ""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


@dataclass(frozen=True)
class ProcessDied:
    """What stands for the result of an item whose process ended without giving one."""

    exit_code: int | None


@dataclass(frozen=True, kw_only=True)
class Outcome(Generic[Result]):
    """How the work on one item ended.

    Parameters
    ----------
    index
        Number of the item.
    value
        What the function gave.
    error
        What it raised; `KeyboardInterrupt` if it was ended in order.
    exit_code
        0 with a value, 1 with an error, else that of the process, which died.
    core_seconds
        Processor time of the work and of the processes it waited for; of a process that died, the time it lasted.
    log
        Where it printed to.
    """

    index: int
    value: Result | None = None
    error: BaseException | None = None
    exit_code: int | None = 0
    core_seconds: float
    log: Path | None = None

    @property
    def died(self) -> bool:
        """Whether the process ended without an answer."""
        return self.error is None and self.exit_code != 0


@dataclass
class _Child:
    process: subprocess.Popen
    connection: Connection
    index: int
    started: float
    log: Path | None


class Processes(Generic[Item, Result]):
    """Child processes that call one function, each limited to one thread; a context manager that leaves none behind.

    All of them end soon after this process does, however it ends.

    Parameters
    ----------
    function
        Importable function of one item; what it takes, gives and raises is pickled.
    reuse
        Whether a process that is done gets the next item; else each item has a process of its own.
    patience
        Seconds that work has to end in order, by a `KeyboardInterrupt` raised inside it, when it is stopped or this
        process is gone; with 0 it is killed at once.
    """

    def __init__(self, function: Callable[[Item], Result], *, reuse: bool = True, patience: float = 0.0) -> None:
        self._function, self._reuse, self._patience = function, reuse, patience
        self._busy: list[_Child] = []
        self._idle: list[_Child] = []
        self._leaving: list[_Child] = []

    def __enter__(self) -> Processes[Item, Result]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def under_way(self) -> dict[int, float]:
        """Items that are worked on, and for how long, s."""
        now = time.monotonic()
        return {child.index: now - child.started for child in self._busy}

    def start(self, index: int, item: Item, log: Path | None = None) -> None:
        """Begin with an item; what its work prints is appended to `log`, or goes to standard error."""
        if log is not None:
            log.parent.mkdir(parents=True, exist_ok=True)
        child = self._idle.pop() if self._idle else self._new(log)
        child.index, child.started, child.log = index, time.monotonic(), log
        self._busy.append(child)
        with contextlib.suppress(ConnectionError):  # it has died: `wait` will tell
            child.connection.send((self._function, item, None if log is None else str(log)))

    def wait(self, seconds: float | None = None) -> Outcome[Result] | None:
        """The next outcome; None if there is none within so many seconds, or nothing is under way."""
        if not self._busy:
            return None
        ready = wait([child.connection for child in self._busy], seconds)
        # The one that has worked longest first: none waits while others are always ready.
        children = [child for child in self._busy if child.connection in ready]
        return self._take(min(children, key=lambda child: child.started)) if children else None

    def stop(self) -> list[Outcome[Result]]:
        """End every process, and say what became of the items that were under way."""
        until = time.monotonic() + self._patience
        for child in self._busy if self._patience else []:
            with contextlib.suppress(ProcessLookupError):
                child.process.send_signal(signal.SIGINT)
        outcomes = []
        for child in list(self._busy):
            if not (self._patience and wait([child.connection], max(0.0, until - time.monotonic()))):
                child.process.kill()
            outcomes.append(self._take(child))
        for child in [*self._idle, *self._leaving]:
            child.connection.close()
            if not self._patience:
                child.process.kill()
            _await_end(child.process, max(0.0, until - time.monotonic()))
        self._idle, self._leaving = [], []
        return outcomes

    def _new(self, log: Path | None) -> _Child:
        here, there = Pipe()
        command = [sys.executable, "-m", "mlcluster.runs.child", there.fileno(), os.getpid(), self._patience]
        with contextlib.ExitStack() as stack:
            # Until it has its first item, too: a child that cannot begin says why in the log.
            output = 2 if log is None else stack.enter_context(open(log, "ab"))
            process = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=one_thread_environment(),
                pass_fds=(there.fileno(),),
                start_new_session=bool(self._patience),
            )
        there.close()
        return _Child(process, here, 0, 0.0, log)

    def _take(self, child: _Child) -> Outcome[Result]:
        """What a child has to say, or that it says nothing any more."""
        self._busy.remove(child)
        try:
            succeeded, value, seconds = child.connection.recv()
        except (EOFError, OSError):  # OSError: it was killed in the middle of a message
            child.connection.close()
            lasted = time.monotonic() - child.started
            code = child.process.wait()
            return Outcome(index=child.index, exit_code=code or 1, core_seconds=lasted, log=child.log)
        if self._reuse:
            self._idle.append(child)
        else:
            child.connection.close()
            self._leaving.append(child)
        if succeeded:
            return Outcome(index=child.index, value=value, core_seconds=seconds, log=child.log)
        return Outcome(index=child.index, error=value, exit_code=1, core_seconds=seconds, log=child.log)


def spread(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    processes: int,
    *,
    log: Callable[[int], Path] | None = None,
    on_wait: Callable[[], Any] | None = None,
    pool: Processes[Item, Result] | None = None,
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
    log
        Gives the file that the work on an item appends to; standard error when None.
    on_wait
        Called a few times a second while nothing comes, and after every result before it is yielded.
    pool
        Processes of the same function that are there already and stay, for work that comes in rounds.
    """
    waiting = iter(enumerate(items))
    with Processes(function) if pool is None else contextlib.nullcontext(pool) as workers:

        def supply() -> None:
            while len(workers.under_way()) < processes and (following := next(waiting, None)) is not None:
                workers.start(*following, None if log is None else log(following[0]))

        supply()
        while workers.under_way():
            outcome = workers.wait(_LOOK_SECONDS if on_wait else None)
            if on_wait is not None:
                on_wait()
            if outcome is None:
                continue
            if outcome.error is not None:
                raise outcome.error
            supply()
            yield outcome.index, ProcessDied(outcome.exit_code) if outcome.died else outcome.value  # type: ignore[misc]


def _await_end(process: subprocess.Popen, seconds: float) -> None:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
