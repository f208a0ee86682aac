"""How far work is, on standard error: bars on a terminal, now and then a line in a log."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from rich.console import Console

_LINE_SECONDS = 30.0
QUIET = "MLCLUSTER_QUIET"
"""Environment variable that says: no progress, not on a terminal either."""


@dataclass
class _Bar:
    name: str
    total: int | None
    task: Any
    started: float
    note: str = ""
    done: int = 0
    pace: float = 0.0


class ProgressBars:
    """Bars side by side, as a context manager.

    Parameters
    ----------
    console
        Where to show them: drawn on a terminal, written line by line otherwise; standard error when None.
    stay
        Whether the bars stay in sight when the work is done.
    clock
        Show the time that is left, or that has passed.
    """

    def __init__(
        self, console: Console | None = None, *, stay: bool = False, clock: Literal["left", "passed"] = "left"
    ) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        self._console = console or Console(stderr=True, quiet=bool(os.environ.get(QUIET)))
        self._stay, self._clock = stay, clock
        self._drawn = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}", markup=False),
            TimeRemainingColumn() if clock == "left" else TimeElapsedColumn(),
            console=self._console,
            transient=not stay,
            disable=not self._console.is_terminal,
        )
        self._bars: list[_Bar] = []
        self._line = time.monotonic()

    def __enter__(self) -> ProgressBars:
        self._drawn.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._drawn.stop()
        if self._stay and not self._console.is_terminal:
            for bar in self._bars:
                self._print(bar)

    def add(self, name: str, total: int | None = None, note: str = "") -> int:
        """A further bar, whose clock starts with its first update above zero; its number."""
        task = self._drawn.add_task(name, total=total, note=note, start=False)
        self._bars.append(_Bar(name, total, task, time.monotonic(), note))
        return len(self._bars) - 1

    def update(
        self,
        number: int,
        done: int,
        *,
        total: int | None = None,
        found: int | None = None,
        note: str = "",
        ended: bool = False,
    ) -> None:
        """Show what is done.

        Parameters
        ----------
        number
            Of the bar.
        done, total
            So many of so many; a total of None stays what it was.
        found
            How many of `done` were there before, which says nothing of the pace; the pace is shown where this is given.
        note
            What else there is to say.
        ended
            Whether no more will come, though the total was not reached.
        """
        bar = self._bars[number]
        bar.total = done if ended else bar.total if total is None else total
        bar.pace = (done - (found or 0)) / max(time.monotonic() - bar.started, 1e-9)
        rate = [] if found is None else [f"{bar.pace:.1f} per second"]
        bar.done, bar.note = done, ", ".join([*rate, *([note] if note else [])])
        if done:
            self._drawn.start_task(bar.task)
        self._drawn.update(bar.task, completed=done, total=bar.total, note=bar.note)
        if ended:
            self._drawn.stop_task(bar.task)
        if not self._console.is_terminal and time.monotonic() - self._line > _LINE_SECONDS:
            self._line = time.monotonic()
            self._print(bar)

    def _print(self, bar: _Bar) -> None:
        words = [f"{bar.name}: {bar.done}" + ("" if bar.total is None else f" of {bar.total}")]
        words += [bar.note] if bar.note else []
        if self._clock == "left" and bar.total is not None and bar.pace > 0 and bar.done < bar.total:
            words.append(f"{(bar.total - bar.done) / bar.pace / 60:.1f} min left")
        self._console.print(", ".join(words), markup=False, soft_wrap=True)
