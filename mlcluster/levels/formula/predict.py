"""`FormulaModel`: the channels that a formula tells something about, kept as one JSON file without code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np

from mlcluster.anatomy import Anatomy
from mlcluster.errors import ModelError
from mlcluster.labels.methods import Channel
from mlcluster.levels.formula.channel_model import ChannelModel
from mlcluster.levels.formula.features import describe
from mlcluster.levels.formula.formula_record import FormulaRecord, record_of_cluster
from mlcluster.levels.protocol import LevelOutput
from mlcluster.model.calibration import Calibration
from mlcluster.model.scores import better_than_mean
from mlcluster.model.stored_document import check_unchanged, read_document
from mlcluster.resources import bundled_model_dir
from mlcluster.structure.cluster import Cluster

SCHEMA_VERSION = 1
DOCUMENT = "formula.json"
FORMULA = "formula"
"""Name of the level among the models of held-out scores."""

_KEPT_RECORDS = 10_000
_KEYS = ("schema_version", "sha256", "channels", "training")


@dataclass(frozen=True, kw_only=True)
class FormulaModel:
    """Properties from the formula alone; isomers have one formula and so one prediction.

    Parameters
    ----------
    channels
        Models by ``target:method``.
    training
        Run, data, environment and scores.
    """

    channels: Mapping[str, ChannelModel]
    training: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def hash(self) -> str:
        """SHA-256 of everything a prediction rests on, the same before saving and after loading."""
        content = [self.channels[key].to_json() for key in sorted(self.channels)]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    @property
    def short_hash(self) -> str:
        """First 12 digits of `hash`, as written in outputs."""
        return self.hash[:12]

    @property
    def domain(self) -> dict[str, Any]:
        """What each channel has seen in training."""
        return {key: dict(one.domain) for key, one in self.channels.items()}

    def calibration(self, channel: str) -> Calibration:
        """From the spread of a prediction to its interval."""
        return self.channels[channel].calibration

    def differences(self, relation: str) -> dict[str, Calibration]:
        """None: of two clusters with one formula it predicts no difference, and of others no pairs were held out."""
        return {}

    def informative(self, channel: str) -> bool | None:
        """Whether it knows more of a channel than the mean, by its own held-out scores; None where it has none."""
        return better_than_mean(self.training.get("metrics") or {}, channel, FORMULA)

    def features(self, cluster: Cluster | Anatomy) -> FormulaRecord | None:
        """The formula as the structure tells it; None for a cluster without metal."""
        return record_of_cluster(Anatomy.of(cluster))

    def predict(self, items: Sequence[FormulaRecord]) -> LevelOutput:
        """Predict records, each by itself: its values are the same to the last digit in any company."""
        each = [self._told(item) for item in items]
        values = np.array([found for found, _ in each], dtype=np.float64).reshape(len(items), len(self.channels), 2)
        return LevelOutput(mean=values[..., 0], spread=values[..., 1], reasons=[reasons for _, reasons in each])

    def _told(self, item: FormulaRecord) -> tuple[list[tuple[float, float]], list[tuple[str, ...]]]:
        """Mean, spread and reasons of every channel; a screen asks for few formulas many times."""
        key = repr(item)
        if key not in self._known:
            if len(self._known) >= _KEPT_RECORDS:
                self._known.clear()
            row = describe([item])
            values = [one.of_descriptors(row) for one in self.channels.values()]
            found = [(float(mean[0]), float(spread[0])) for mean, spread in values]
            self._known[key] = found, [tuple(one.reasons_outside(item)) for one in self.channels.values()]
        return self._known[key]

    @cached_property
    def _known(self) -> dict[str, tuple[list[tuple[float, float]], list[tuple[str, ...]]]]:
        return {}

    def recorded(self, record: Mapping[str, Any]) -> FormulaModel:
        """The model with the record of its run."""
        config = record["config"]
        return replace(self, training={**record, "config": config["formula"], "seed": config["seed"]})

    def save(self, directory: str | Path) -> Path:
        """Write the model to `directory`, which is made, and return it."""
        directory = Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        document = {
            "schema_version": SCHEMA_VERSION,
            "sha256": self.hash,
            "channels": [
                {"unit": Channel.parse(key).definition.unit, **one.to_json()} for key, one in self.channels.items()
            ],
            "training": dict(self.training),
        }
        unfinished = directory / f"{DOCUMENT}.part"
        unfinished.write_text(json.dumps(document, indent=None, default=str) + "\n", encoding="utf-8")
        unfinished.replace(directory / DOCUMENT)
        return directory


def load_formula_model(directory: str | Path) -> FormulaModel:
    """Read a model that `FormulaModel.save` wrote.

    Raises
    ------
    ModelError
        If the file is missing, damaged, or of another schema version; the message says which.
    """
    path = Path(directory) / DOCUMENT
    document = read_document(path, "formula", keys=_KEYS, schema_version=SCHEMA_VERSION)
    channels = {}
    for entry in document["channels"]:
        key = str(entry.get("channel"))
        unit = Channel.parse(key).definition.unit
        if entry.get("unit") != unit:
            raise ModelError("a channel has another unit.", file=path, site=key, found=entry.get("unit"), expected=unit)
        try:
            channels[key] = ChannelModel.from_json(entry)
        except ModelError as error:
            raise error.placed(file=path) from None
    model = FormulaModel(channels=channels, training=document["training"])
    check_unchanged(path, "formula", found=model.hash, stated=document["sha256"])
    return model


@cache
def bundled_formula_model() -> FormulaModel:
    """Model that ships with the package."""
    return load_formula_model(bundled_model_dir("formula"))
