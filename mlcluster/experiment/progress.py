"""What the record already has of an experiment: finished runs to reuse, interrupted ones to go on with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mlcluster.errors import MlclusterError
from mlcluster.experiment.question import Experiment, read_experiment
from mlcluster.experiment.units import ARM, CONFIG, CORE_SECONDS, DATA, Unit, config_hash, plan_units
from mlcluster.experiment.workers import lock, work_folder
from mlcluster.levels.run_config import TrainConfig
from mlcluster.tracking import RunRecord, RunStore


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A unit and the run that the record has of it.

    Parameters
    ----------
    unit
        What is to be run.
    run
        Its finished run, else the newest one that did not finish; None where there is neither.
    core_seconds
        Spent on all runs of the unit, also those that came to nothing.
    """

    unit: Unit
    run: RunRecord | None
    core_seconds: float

    @property
    def state(self) -> str:
        """The words "finished", "failed", "interrupted" or "missing"."""
        if self.run is None:
            return "missing"
        return {"FINISHED": "finished", "FAILED": "failed"}.get(self.run.status, "interrupted")


def progress_of(experiment: Experiment, store: RunStore, *, of_any_data: bool = False) -> list[Progress]:
    """What there is of each unit of an experiment.

    Parameters
    ----------
    experiment
        The experiment.
    store
        Where its runs are.
    of_any_data
        Take the newest run whatever data it had, without reading the data of today.
    """
    records = [
        record for record in store.records(experiment=experiment.name) if record.parent is None and ARM in record.tags
    ]
    hashes = {record.id: _config_hash(record, store) for record in records}
    found = []
    for unit in plan_units(experiment):
        wanted = config_hash(unit.config)
        own = [record for record in records if hashes[record.id] == wanted]
        if not of_any_data and own:
            data = unit.tags()[DATA]
            own = [record for record in own if record.tags.get(DATA) == data]
        spent = sum(float(record.tags.get(CORE_SECONDS, 0.0)) for record in own)
        # Newest first, as the store gives them.
        ended = [record for record in own if record.status == "FINISHED"]
        found.append(Progress(unit=unit, run=next(iter(ended or own), None), core_seconds=spent))
    return found


def core_hours(progress: Sequence[Progress]) -> float:
    """Spent so far."""
    return sum(each.core_seconds for each in progress) / 3600


def experiment_status(
    directory: str | Path, *, project: str | Path | None = None, tracking_uri: str | None = None
) -> dict[str, Any]:
    """State of every run of an experiment.

    Returns
    -------
    ``{"experiment", "question", "runs": [{"arm", "seed", "state", "run_id", "folds", "core_hours"}], "core_hours",
    "budget"}``; ``folds`` counts the child runs that are done.

    Raises
    ------
    ConfigError
        For a wrong ``experiment.yaml``.
    """
    experiment, store = read_experiment(directory), RunStore(project, tracking_uri)
    progress = progress_of(experiment, store)
    with lock(work_folder(experiment.name, store)) as is_free:
        busy = not is_free
    return {
        "experiment": experiment.name,
        "question": experiment.question.question,
        "runs": [
            {
                "arm": each.unit.arm.name,
                "seed": each.unit.seed,
                "state": "running" if busy and each.run and each.run.status == "RUNNING" else each.state,
                "run_id": each.run.id if each.run else None,
                "folds": _folds(each, store),
                "core_hours": round(each.core_seconds / 3600, 4),
            }
            for each in progress
        ],
        "core_hours": round(core_hours(progress), 4),
        "budget": experiment.question.core_hours,
    }


def _folds(progress: Progress, store: RunStore) -> str | None:
    if progress.run is None or progress.unit.verb != "evaluate":
        return None
    children = store.find(progress.run.id).children().values()
    return f"{sum(child.status == 'FINISHED' for child in children)} of {len(children)}"


def _config_hash(record: RunRecord, store: RunStore) -> str | None:
    """Hash of the configuration of a run as this version of the package reads it.

    A key that is new since then, and has its default, makes no other run of it.
    """
    try:
        return config_hash(TrainConfig.model_validate(store.find(record.id).read_json("config.json")))
    except (ValidationError, MlclusterError, OSError):
        return record.tags.get(CONFIG)
