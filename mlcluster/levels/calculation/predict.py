"""`CalculationModel`: few parameters a channel on calculated descriptors, kept as JSON, and trees as arrays."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np

from mlcluster.anatomy import Anatomy
from mlcluster.electronic.descriptors import MAX_SECONDS
from mlcluster.errors import ModelError, StructureError
from mlcluster.labels.methods import Channel
from mlcluster.levels.calculation.channel_fit import ChannelModel, from_dict
from mlcluster.levels.calculation.features import Described, Description, described
from mlcluster.levels.calculation.stored_arrays import with_arrays, without_arrays
from mlcluster.levels.protocol import LevelOutput
from mlcluster.model.calibration import Calibration
from mlcluster.model.domain import reasons_outside
from mlcluster.model.related_pairs import KINDS
from mlcluster.model.scores import better_than_mean
from mlcluster.model.stored_document import check_unchanged, read_document
from mlcluster.resources import bundled_model_dir
from mlcluster.runs import content_hash, write_whole
from mlcluster.structure.cluster import Cluster

SCHEMA_VERSION = 1
DOCUMENT = "calculation.json"

_KEYS = ("schema_version", "sha256", "channels", "training")


@dataclass(frozen=True, kw_only=True)
class CalculationChannel:
    """What is learned of one channel.

    Parameters
    ----------
    model
        From descriptors to the mean, model space.
    calibration
        Intervals of values, from families held out.
    differences
        Intervals of differences by the kind of relation, where enough families have such pairs.
    domain
        Capped clusters it was fitted to, as `mlcluster.model.domain.describe_domain` says it.
    fitted
        For the card: source, rows, families, errors on families held out.
    cut_error
        Error, model space, that ligands larger than those it was fitted to add once they are cut down; it enters the
        intervals of values, and not those of differences, as both clusters share it.
    """

    model: ChannelModel
    calibration: Calibration
    differences: Mapping[str, Calibration]
    domain: Mapping[str, Any]
    fitted: Mapping[str, Any] = field(default_factory=dict)
    cut_error: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        found = {
            "model": self.model.to_dict(),
            "calibration": self.calibration.to_json(),
            "differences": {relation: one.to_json() for relation, one in self.differences.items()},
            "domain": dict(self.domain),
            "fitted": dict(self.fitted),
        }
        return found | {"cut_error": self.cut_error} if self.cut_error else found

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> CalculationChannel:
        """The channel that `to_json` wrote.

        Raises
        ------
        ModelError
            If it is none.
        """
        try:
            return cls(
                model=from_dict(stored["model"]),
                calibration=Calibration.from_json(stored["calibration"]),
                differences={name: Calibration.from_json(one) for name, one in stored["differences"].items()},
                domain=dict(stored["domain"]),
                fitted=dict(stored["fitted"]),
                cut_error=float(stored.get("cut_error", 0.0)),
            )
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise ModelError("cannot read a channel of the calculation level.", found=error) from None


@dataclass(frozen=True, kw_only=True)
class CalculationModel:
    """Properties from a GFN1-xTB calculation of the capped cluster.

    Parameters
    ----------
    by_channel
        What is learned, by ``target:method``.
    training
        Run, data, environment and scores.
    description
        What is calculated of a cluster: what it was fitted to.
    max_seconds
        Largest estimate of a calculation that `features` makes.
    """

    by_channel: Mapping[str, CalculationChannel]
    training: Mapping[str, Any] = field(default_factory=dict)
    description: Description = field(default_factory=Description)
    max_seconds: float = MAX_SECONDS

    @property
    def channels(self) -> list[str]:
        """What it predicts."""
        return list(self.by_channel)

    @property
    def domain(self) -> dict[str, Any]:
        """What each channel has seen."""
        return {key: dict(one.domain) for key, one in self.by_channel.items()}

    @cached_property
    def hash(self) -> str:
        """SHA-256 of everything a prediction rests on, the same before saving and after loading."""
        channels = {key: one.to_json() for key, one in self.by_channel.items()}
        usual = self.description == Description()
        return content_hash(channels) if usual else content_hash(channels, asdict(self.description))

    def calibration(self, channel: str) -> Calibration:
        """From the spread of a prediction, here the error of ligands cut down, to its interval."""
        return self.by_channel[channel].calibration

    def differences(self, relation: str) -> dict[str, Calibration]:
        """Intervals of differences of two clusters so related, by channel."""
        return {key: one.differences[relation] for key, one in self.by_channel.items() if relation in one.differences}

    def borrowed(self, relation: str) -> dict[str, Calibration]:
        """Where too few pairs so related are known: the widest interval of another kind of pairs, by channel."""
        if relation not in KINDS:
            return {}
        lacking = {key: one.differences for key, one in self.by_channel.items() if relation not in one.differences}
        return {
            key: max(kinds.values(), key=lambda one: float(one.half_width(0.0)))
            for key, kinds in lacking.items()
            if kinds
        }

    def informative(self, channel: str) -> bool | None:
        """Whether it knows more of a channel than the mean, by errors on families held out; None where none are kept.

        The mean has one error, over rows, beside which both errors of the channel have to be smaller.
        """
        fitted = self.by_channel[channel].fitted
        scores: dict[str, float | None] = {}
        for name in ("mae", "mae_over_families"):
            scores[f"families/{channel}/calculation/{name}"] = fitted.get(name)
            scores[f"families/{channel}/mean/{name}"] = fitted.get("mae_of_mean")
        return better_than_mean(scores, channel, "calculation")

    def features(self, cluster: Cluster | Anatomy) -> Described:
        """Calculate a cluster, or take the calculation from those kept.

        Raises
        ------
        CalculationError
            With the reason why there is none.
        StructureError
            If the calculation lacks a descriptor that a channel needs, as clusters of one or two atoms do.
        """
        found = described(Anatomy.of(cluster), description=self.description, max_seconds=self.max_seconds)
        needed = {name for one in self.by_channel.values() for name in one.model.names}
        missing = sorted(needed - set(found.values))
        if missing:
            raise StructureError("the calculation has too few levels to predict from.", found=f"no {missing[0]}")
        return found

    def predict(self, items: Sequence[Described]) -> LevelOutput:
        """Predict calculated clusters, each by itself."""
        channels = self.by_channel.values()
        rows = [[one.model.predict([item.values])[0] for one in channels] for item in items]
        mean = np.array(rows, dtype=np.float64).reshape(len(items), len(self.by_channel))
        reasons = [[reasons_outside(item.anatomy, one.domain) for one in channels] for item in items]
        spread = np.array(
            [[one.cut_error if item.cut else 0.0 for one in channels] for item in items], dtype=np.float64
        )
        return LevelOutput(mean=mean, spread=spread.reshape(mean.shape), reasons=reasons)

    def recorded(self, record: Mapping[str, Any]) -> CalculationModel:
        """The model with the record of its run."""
        return replace(self, training=dict(record))

    def save(self, directory: str | Path) -> Path:
        """Write the model to `directory`, which is made, and return it."""
        directory = Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        channels = {
            key: {"unit": Channel.parse(key).definition.unit, **one.to_json()} for key, one in self.by_channel.items()
        }
        document = {
            "schema_version": SCHEMA_VERSION,
            "sha256": self.hash,
            "description": asdict(self.description),
            "channels": without_arrays(channels, directory),
            "training": dict(self.training),
        }
        write_whole(directory / DOCUMENT, json.dumps(document, indent=1, default=str) + "\n")
        return directory


def load_calculation_model(directory: str | Path) -> CalculationModel:
    """Read a model that `CalculationModel.save` wrote.

    Raises
    ------
    ModelError
        If the file is missing, damaged, or of another schema version; the message says which.
    """
    path = Path(directory) / DOCUMENT
    document = read_document(path, "calculation", keys=_KEYS, schema_version=SCHEMA_VERSION)
    channels = {}
    for key, stored in with_arrays(document["channels"], path.parent).items():
        unit = Channel.parse(key).definition.unit
        if stored.get("unit") != unit:
            raise ModelError(
                "a channel has another unit.", file=path, site=key, found=stored.get("unit"), expected=unit
            )
        try:
            channels[key] = CalculationChannel.from_json(stored)
        except ModelError as error:
            raise error.placed(file=path) from None
    try:
        description = Description(**document.get("description", {}))
    except TypeError as error:
        raise ModelError("cannot read what the model has calculated.", file=path, found=error) from None
    model = CalculationModel(by_channel=channels, training=document["training"], description=description)
    check_unchanged(path, "calculation", found=model.hash, stated=document["sha256"])
    return model


@cache
def bundled_calculation_model() -> CalculationModel:
    """Model that ships with the package."""
    return load_calculation_model(bundled_model_dir("calculation"))
