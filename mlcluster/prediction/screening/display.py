"""How far a screen is, on standard error: a bar with rate and time left, or now and then a line in a log."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

if TYPE_CHECKING:
    from mlcluster.prediction.screen import Progress

_LINE_SECONDS = 30.0


class ScreenDisplay:
    """Call it with the progress after each part.

    Parameters
    ----------
    console
        Where to show it: drawn on a terminal, written line by line otherwise.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bars.add_task("screening", total=None, rate="")
        self._started = self._line = time.monotonic()

    def __enter__(self) -> ScreenDisplay:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def __call__(self, progress: Progress) -> None:
        """Show what is done."""
        now = time.monotonic()
        # What was there already says nothing about the pace.
        pace = (progress.inputs - progress.reused) / max(now - self._started, 1e-9)
        rate = f"{pace:.1f} a second" + (f", {progress.failed} failed" if progress.failed else "")
        self._bars.update(self._task, completed=progress.inputs, total=progress.total, rate=rate)
        if not self._console.is_terminal and now - self._line > _LINE_SECONDS:
            self._line = now
            self._console.print(self._words(progress, pace, rate), markup=False, soft_wrap=True)

    @staticmethod
    def _words(progress: Progress, pace: float, rate: str) -> str:
        if progress.total is None:
            return f"screening: {progress.inputs}, {rate}"
        left = (progress.total - progress.inputs) / pace if pace else 0.0
        return f"screening: {progress.inputs} of {progress.total}, {rate}, {left / 60:.1f} min left"
