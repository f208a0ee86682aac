"""The runs an experiment needs, one for each model and seed, and what the record already has of them."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mlcluster.data.data_card import data_hash
from mlcluster.errors import MlclusterError
from mlcluster.experiment.question import Experiment, PlannedArm, read_experiment
from mlcluster.levels.formula.entries import configured_rows, rows_hash
from mlcluster.levels.network.entries import prepare_items
from mlcluster.levels.protocol import ENTRIES_HASH
from mlcluster.levels.run_config import TrainConfig
from mlcluster.runs import content_hash, held
from mlcluster.tracking import RunRecord, RunStore
from mlcluster.training.pruning import PRUNED_AT
from mlcluster.training.run_record import begun

ARM, SEED, CONFIG, CORE_SECONDS = (f"mlcluster.experiment.{name}" for name in ("arm", "seed", "config", "core_seconds"))
DATA = ENTRIES_HASH
"""Tags of the runs of an experiment; `CONFIG` and `DATA` are hashes."""

_NOT_ASKED = {"name", "experiment"}
"""Keys of a config that change no result."""


@dataclass(frozen=True, kw_only=True)
class Unit:
    """One run: a model with a seed.

    Parameters
    ----------
    arm
        The model.
    seed
        Of weights, batches and whatever of the split is left to chance.
    verb
        "train" or "evaluate".
    config
        Whole configuration of the run.
    """

    arm: PlannedArm
    seed: int
    verb: str
    config: TrainConfig

    @property
    def name(self) -> str:
        """Name of the run."""
        return self.config.name

    def tags(self, store: RunStore) -> dict[str, str]:
        """What the run is found by; a model to start from is looked up in the store."""
        hashes = {CONFIG: config_hash(self.config, store), DATA: data_hash_of(self.config)}
        return {ARM: self.arm.name, SEED: str(self.seed), **hashes}


def plan_units(experiment: Experiment) -> list[Unit]:
    """Every model with every seed; all models of one seed come before the next seed.

    So a budget that runs out costs seeds rather than models.
    """
    return [
        Unit(arm=arm, seed=seed, verb=experiment.question.runs, config=_with_seed(experiment, arm, seed))
        for seed in experiment.question.seeds
        for arm in experiment.arms
    ]


def _with_seed(experiment: Experiment, arm: PlannedArm, seed: int) -> TrainConfig:
    config = arm.config
    changes: dict[str, Any] = {
        "name": f"{arm.name}, seed {seed}",
        "experiment": experiment.name,
        "seed": seed,
        # A run has one core: there are other runs for the other cores.
        "ensemble": config.ensemble.model_copy(update={"workers": 1}),
    }
    if experiment.question.runs == "evaluate":
        changes["evaluate"] = config.evaluate.model_copy(update={"seeds": [seed]})
        changes["split"] = config.split.model_copy(update={"test": None})
    return config.model_copy(update=changes)


def config_hash(config: TrainConfig, store: RunStore) -> str:
    """SHA-256 (hex) of everything in a configuration that can change a result.

    A model to start from, which the store may have, enters by its content, not by where it lies.
    """
    content = config.model_dump(mode="json", exclude=_NOT_ASKED)
    content["ensemble"].pop("workers")
    found = begun(config, store)[1]
    if found is not None:
        content["fit"] |= {key: found for key in ("start_from", "extend") if content["fit"][key] is not None}
    return content_hash(content)


def data_hash_of(config: TrainConfig) -> str:
    """SHA-256 (hex) of the entries a configuration learns from and is judged by, as they are now."""
    if config.level == "formula":
        return rows_hash(configured_rows(config.formula))
    return _items_hash(config.data.model_dump_json(), config.model.channels)


@functools.lru_cache(maxsize=32)
def _items_hash(data: str, channels: tuple[str, ...]) -> str:
    config = TrainConfig.model_validate({"data": json.loads(data), "model": {"channels": channels}})
    return data_hash(prepare_items(config))


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
        """The words "finished", "pruned", "failed", "interrupted" or "missing"."""
        if self.run is None:
            return "missing"
        if self.run.status != "FINISHED" and self.pruned_at is not None:
            return "pruned"
        return {"FINISHED": "finished", "FAILED": "failed"}.get(self.run.status, "interrupted")

    @property
    def pruned_at(self) -> int | None:
        """Epoch whose validation error ended the run early; None where none did."""
        epoch = None if self.run is None else self.run.tags.get(PRUNED_AT)
        return None if epoch is None else int(epoch)

    @property
    def is_over(self) -> bool:
        """Whether nothing of it is left to do."""
        return self.state in OVER


OVER = ("finished", "pruned")
"""States of a run that is not started again."""


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
    # Children of a sweep or not; folds and members of a run have no such tag.
    records = [record for record in store.records(experiment=experiment.name) if ARM in record.tags]
    hashes = {record.id: _config_hash(record, store) for record in records}
    found = []
    for unit in plan_units(experiment):
        wanted = config_hash(unit.config, store)
        own = [record for record in records if hashes[record.id] == wanted]
        if not of_any_data and own:
            data = unit.tags(store)[DATA]
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
    dict[str, Any]
        ``{"experiment", "question", "runs": [{"arm", "seed", "state", "run_id", "folds", "core_hours"}], "core_hours",
        "budget"}``; ``folds`` counts the child runs that are done.

    Raises
    ------
    ConfigError
        For a wrong ``experiment.yaml``.
    """
    experiment, store = read_experiment(directory), RunStore(project, tracking_uri)
    progress = progress_of(experiment, store)
    with held(work_folder(experiment.name, store) / "lock") as is_mine:
        busy = not is_mine
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


def work_folder(experiment: str, store: RunStore) -> Path:
    """Directory for the logs and the lock of an experiment."""
    return store.directory / "experiments" / experiment


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
        return config_hash(TrainConfig.model_validate(store.find(record.id).read_json("config.json")), store)
    except (ValidationError, MlclusterError, OSError):
        return record.tags.get(CONFIG)
