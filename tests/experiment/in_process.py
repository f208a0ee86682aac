"""Training and runs of an experiment in the process of the test: starting others takes seconds."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace

from mlcluster.experiment.units import Unit
from mlcluster.experiment.worker import carry_out
from mlcluster.experiment.workers import Worker
from mlcluster.levels.network.entries import prepare_items
from mlcluster.levels.network.member import train_member
from mlcluster.levels.network.training_state import read_progress
from mlcluster.tracking import RunStore


def train_here(jobs, config, *, directory, cache, on_progress):
    """Train the members of a run one after the other."""
    items = prepare_items(config)
    for job in jobs:
        train_member(job, config, items, cache=cache)
        on_progress([read_progress(other.directory) for other in jobs])


def start_here(unit: Unit, resume: str | None, tags: dict[str, str], store: RunStore, folder: Path) -> Worker:
    """Carry a unit out in this process and look like a process that ended."""
    started = time.monotonic()
    carry_out(
        {
            "verb": unit.verb,
            "config": unit.config.model_dump(mode="json"),
            "resume": resume,
            "project": str(store.directory.parent),
            "tracking_uri": store.uri,
            "tags": tags,
        }
    )
    process = SimpleNamespace(poll=lambda: 0, returncode=0)
    return Worker(unit=unit, process=process, log=folder / "log", job=folder / "job.json", started=started)  # type: ignore[arg-type]
