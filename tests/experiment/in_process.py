"""Training and runs of an experiment in the process of the test: starting others takes seconds."""

from __future__ import annotations

import time
from pathlib import Path

from mlcluster.experiment.run_experiment import UnitJob, carry_out
from mlcluster.levels.network.entries import prepare_items
from mlcluster.levels.network.member import train_member
from mlcluster.levels.network.training_state import read_progress
from mlcluster.runs import Outcome


def train_here(jobs, config, *, cache, on_progress):
    """Train the members of a run one after the other."""
    items = prepare_items(config)
    for job in jobs:
        train_member(job, config, items, cache=cache)
        on_progress([read_progress(other.directory) for other in jobs])


class ProcessesHere:
    """Carries units out in this process, one after the other, and looks like `mlcluster.runs.Processes`."""

    def __init__(self, function: object, **_: object) -> None:
        self._ended: list[Outcome] = []

    def __enter__(self) -> ProcessesHere:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def under_way(self) -> dict[int, float]:
        """Nothing takes time here."""
        return {outcome.index: 0.0 for outcome in self._ended}

    def start(self, index: int, job: UnitJob, log: Path) -> None:
        """Carry it out at once."""
        started = time.monotonic()
        carry_out(job)
        self._ended.append(Outcome(index=index, core_seconds=time.monotonic() - started, log=log))

    def wait(self) -> Outcome | None:
        """What was carried out; None where nothing was."""
        return self._ended.pop() if self._ended else None

    def stop(self) -> list[Outcome]:
        """Nothing is left."""
        return []


SPACE = {
    "fit.learning_rate": {"low": 1e-3, "high": 1e-1, "log": True},
    "fit.epochs": {"low": 1, "high": 3, "integer": True},
    "model.lmax": [0, 1],
}
SEARCH = {"arms": [], "runs": "train", "search": {"trials": 3, "space": SPACE}, "seeds": [0]}
SEARCH["settings"] = {"split.test": ["M13"], "ensemble.members": 2}
