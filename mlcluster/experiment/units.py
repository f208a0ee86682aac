"""The runs an experiment needs, one for each arm and seed, and which of them the record has already."""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from mlcluster.data.hashing import data_hash
from mlcluster.experiment.question import Experiment, PlannedArm
from mlcluster.levels.formula.entries import configured_rows, rows_hash
from mlcluster.levels.network.checkpoint import DOCUMENT
from mlcluster.levels.network.entries import prepare_items
from mlcluster.levels.protocol import ENTRIES_HASH
from mlcluster.levels.run_config import TrainConfig
from mlcluster.tracking.models import located

ARM, SEED, CONFIG, CORE_SECONDS = (f"mlcluster.experiment.{name}" for name in ("arm", "seed", "config", "core_seconds"))
DATA = ENTRIES_HASH
"""Tags of the runs of an experiment; `CONFIG` and `DATA` are hashes."""

_NOT_ASKED = {"name", "experiment"}
"""Keys of a config that change no result."""


@dataclass(frozen=True, kw_only=True)
class Unit:
    """One run: an arm with a seed.

    Parameters
    ----------
    arm
        The arm.
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

    def tags(self) -> dict[str, str]:
        """What the run is found by."""
        hashes = {CONFIG: config_hash(self.config), DATA: data_hash_of(self.config)}
        return {ARM: self.arm.name, SEED: str(self.seed), **hashes}


def plan_units(experiment: Experiment) -> list[Unit]:
    """Every arm with every seed; all arms of one seed come before the next seed.

    So a budget that runs out costs seeds rather than arms.
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


def config_hash(config: TrainConfig) -> str:
    """SHA-256 (hex) of everything in a configuration that can change a result.

    A model to start from enters by its content, not by where it lies.
    """
    content = config.model_dump(mode="json", exclude=_NOT_ASKED)
    content["ensemble"].pop("workers")
    start = config.fit.start_from
    # A name in the store is brought here to be looked at: once is enough.
    document = None if start is None else located(start) / DOCUMENT
    if document is not None and document.is_file():
        content["fit"]["start_from"] = json.loads(document.read_text(encoding="utf-8"))["hash"]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def data_hash_of(config: TrainConfig) -> str:
    """SHA-256 (hex) of the entries a configuration learns from and is judged by, as they are now."""
    if config.level == "formula":
        return rows_hash(configured_rows(config.formula))
    return _items_hash(config.data.model_dump_json(), config.model.channels)


@functools.lru_cache(maxsize=32)
def _items_hash(data: str, channels: tuple[str, ...]) -> str:
    config = TrainConfig.model_validate({"data": json.loads(data), "model": {"channels": channels}})
    return data_hash(prepare_items(config))
