"""`Prediction`: one property of one cluster by one method, with its interval and a verdict."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from mlcluster.labels.methods import Channel, methods_of
from mlcluster.labels.targets import TARGETS
from mlcluster.prediction.contributions import Contributions

Basis = Literal["structure", "formula"]


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """One property of one cluster by one method.

    Parameters
    ----------
    file, cluster, formula
        What was predicted.
    target, method, unit
        Which property; `value`, `lower` and `upper` are in `unit`.
    level
        Nominal level of the interval.
    applicability, reasons
        ``"inside"`` or ``"outside"`` of what the model has seen, and why outside.
    model
        Short hash of the model.
    basis
        ``"structure"`` where the network saw the atoms; ``"formula"`` where only composition and charge were used, so
        that isomers have equal values.
    contributions
        Shares of parts and global terms, where they were asked for; a prediction from the formula has none.
    """

    file: str
    cluster: str
    formula: str
    target: str
    method: str
    value: float
    unit: str
    lower: float
    upper: float
    level: float
    applicability: str
    reasons: tuple[str, ...]
    model: str
    basis: Basis = "structure"
    contributions: Contributions | None = None

    @property
    def channel(self) -> Channel:
        """Target and method."""
        return Channel(self.target, self.method)

    def to_dict(self) -> dict[str, Any]:
        """Keys as in the command line's JSON; ``contributions`` only where there are any."""
        row = asdict(self) | {"reasons": list(self.reasons)}
        if self.contributions is None:
            del row["contributions"]
        return row


def default_method_first(predictions: list[Prediction]) -> list[Prediction]:
    """Order the predictions of one cluster: targets as they are listed, of each the usual method first."""
    return sorted(predictions, key=lambda p: (list(TARGETS).index(p.target), methods_of(p.target).index(p.method)))


def in_unit(channel: Channel, mean: float, half: float) -> tuple[float, float, float]:
    """Value and interval in the target's unit of a mean and half-width in model space, kept inside what can be."""
    target = channel.definition
    lower, upper = target.interval_from_model(mean - half, mean + half)
    low, high = target.bounds
    value, lower, upper = np.clip([float(target.from_model(mean)), float(lower), float(upper)], low, high).tolist()
    return value, lower, upper
