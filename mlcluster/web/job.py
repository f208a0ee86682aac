"""One request that is worked on outside the server's process: its stages, its folder and how it stands."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from mlcluster.errors import MlclusterError
from mlcluster.web.stages import STAGES, Lane


class State(StrEnum):
    """How a job stands."""

    waiting = "waiting"
    running = "running"
    done = "done"
    failed = "failed"
    cancelled = "cancelled"


ENDED = (State.done, State.failed, State.cancelled)


class RefusedError(MlclusterError):
    """A request is not taken: the server has enough to do, or knows no such job."""


@dataclass(eq=False, kw_only=True)
class Job:
    """A request under way.

    Parameters
    ----------
    id
        Not to be guessed: who knows it may fetch the result.
    client
        Whose it is, for a fair queue.
    stages
        Names in `mlcluster.web.stages.STAGES`, one after the other; each has a result of its own.
    folder
        What belongs to it: uploads until it ends, results until they are old.
    files
        Names of the uploads, as they were called.
    options
        What the stages are told.
    kept
        Whether the job outlives the server; one whose client waits on the line does not.
    """

    id: str
    client: str
    stages: Sequence[str]
    folder: Path
    files: Sequence[str] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    kept: bool = True
    stage: int = 0
    tries: int = 0
    state: State = State.waiting
    error: str = ""
    began: float | None = None
    ended: float | None = None
    future: Future[Job] = field(default_factory=Future, repr=False)

    @property
    def lane(self) -> Lane:
        """What kind of process its present stage is for."""
        return STAGES[self.stages[self.stage]].lane

    def result_file(self, stage: int) -> Path:
        """Where the result of a stage is, or will be."""
        return self.folder / f"result-{stage}.json"

    def description(self) -> dict[str, Any]:
        """How it stands, for its client."""
        now = time.time() if self.ended is None else self.ended
        done = len(self.stages) if self.state is State.done else self.stage
        return {
            "job": self.id,
            "state": self.state.value,
            "stages": [
                {"name": name, "done": number < done, "result": f"/api/jobs/{self.id}/result?stage={number}"}
                for number, name in enumerate(self.stages)
            ],
            "seconds": None if self.began is None else round(now - self.began, 2),
            "files": list(self.files),
            "error": self.error or None,
        }

    def records(self) -> list[dict[str, Any]]:
        """What the journal keeps of it: that it is there, how far it is, and how it has ended."""
        rows: list[dict[str, Any]] = [
            {
                "job": self.id,
                "client": self.client,
                "stages": list(self.stages),
                "files": list(self.files),
                "options": dict(self.options),
            }
        ]
        if self.stage:
            rows.append({"job": self.id, "stage": self.stage})
        if self.tries:
            rows.append({"job": self.id, "tries": self.tries})
        if self.ended is not None:
            rows.append({"job": self.id, "ended": self.state.value, "error": self.error, "at": self.ended})
        return rows
