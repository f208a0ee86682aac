"""Training ended early because others went better: the run is closed in order, says so, and can be gone on with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

PRUNED_AT = "mlcluster.pruned.epoch"
"""Tag of a run that was ended early: the epoch whose validation error decided. A run that went on has it still."""

Course = Sequence[float]
"""Validation error after each epoch, mean over the members."""


class PrunedError(Exception):
    """A run was ended early; no failure, and nobody's fault.

    Parameters
    ----------
    epoch
        Whose validation error decided.
    """

    def __init__(self, epoch: int) -> None:
        super().__init__(f"pruned at epoch {epoch}")
        self.epoch = epoch


def epochs_of_all(histories: Sequence[Sequence[dict[str, float]]], done: Sequence[bool]) -> int:
    """Epochs that every member has passed, or has stopped before."""
    under_way = [len(rows) for rows, ended in zip(histories, done, strict=True) if not ended]
    return min(under_way, default=max(map(len, histories), default=0))


def course_of(members: Sequence[Any]) -> list[float]:
    """Validation error of each epoch that all members have passed; of those that had it, the mean."""
    histories = [reached.history for reached in members]
    passed = epochs_of_all(histories, [reached.done for reached in members])
    of_epochs = ([rows[epoch]["validation"] for rows in histories if len(rows) > epoch] for epoch in range(passed))
    return [sum(errors) / len(errors) for errors in of_epochs]


def pruned_by(
    stop_at: Callable[[Course], int | None], told: Callable[[Sequence[Any]], object], members: int
) -> Callable[[Sequence[Any]], None]:
    """Observer of training that tells another what was reached, and ends the run when `stop_at` names an epoch.

    Only the errors decide, not how far a member has got by the time it is looked at.

    Parameters
    ----------
    stop_at
        Looks at the course and gives the epoch at which it should have ended, or None.
    told
        Another observer.
    members
        How many, from the first, the course is of.
    """

    def look(reached: Sequence[Any]) -> None:
        told(reached)
        epoch = stop_at(course_of(reached[:members]))
        if epoch is not None:
            raise PrunedError(epoch)

    return look
