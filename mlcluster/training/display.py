"""Progress of training on standard error: one bar a member."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from mlcluster.training.state import Progress as Reached


class TrainingDisplay:
    """Bars for members that are trained side by side.

    Parameters
    ----------
    names
        What to call each member.
    epochs
        Largest number of epochs.
    """

    def __init__(self, names: Sequence[str], epochs: int) -> None:
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[state]}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
        )
        self._tasks = [self._bars.add_task(name, total=epochs, state="waiting", start=False) for name in names]

    def __enter__(self) -> TrainingDisplay:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def update(self, members: Sequence[Reached]) -> None:
        """Show what each member has reached."""
        for task, reached in zip(self._tasks, members, strict=True):
            if not reached.epoch:
                continue
            self._bars.start_task(task)
            error = f"validation error {reached.history[-1]['validation']:.2f}, best {reached.best_error:.2f}"
            if reached.done:
                error = f"done, best epoch {reached.best_epoch}"
                self._bars.update(task, total=reached.epoch)
                self._bars.stop_task(task)
            self._bars.update(task, completed=reached.epoch, state=error)
