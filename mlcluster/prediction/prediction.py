"""`Prediction`: one property of one cluster by one method, with its interval and a verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mlcluster.anatomy import Anatomy
from mlcluster.display import Shown
from mlcluster.labels.methods import Channel, methods_of
from mlcluster.labels.targets import TARGETS
from mlcluster.levels.protocol import LevelModel, LevelOutput
from mlcluster.prediction.contributions import Contributions, PredictedCharges


@dataclass(frozen=True, kw_only=True)
class Prediction(Shown):
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
        Level of prediction, a name in `mlcluster.levels.LEVELS`: ``"network"`` where the network saw the atoms,
        ``"formula"`` where only composition and charge were used, so that isomers have equal values,
        ``"calculation"`` where the capped cluster was calculated.
    kind
        ``"predicted"``: a prediction is never called measured.
    informative
        Whether the model knows more of this channel than the mean of known clusters, by its own held-out scores; None
        where it has none. Where it does not, the interval says what known clusters have, and the value nothing.
    note
        What was done to the cluster before the model saw it, such as ligands cut down; otherwise empty.
    not_calculated
        Why there is no calculation of this target, where one was asked for; otherwise empty.
    ligands_cut
        Whether ligands were cut down for the calculation, and its interval allows for what that changes: the file of
        the capped cluster has a narrower one.
    contributions
        Shares of parts and global terms, where they were asked for; a prediction from the formula has none.
    charges
        Charges of the atoms, where contributions were asked for and the model gives charges: in one row of each
        cluster.
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
    basis: str = "network"
    kind: str = "predicted"
    informative: bool | None = None
    note: str = ""
    not_calculated: str = ""
    ligands_cut: bool = False
    contributions: Contributions | None = None
    charges: PredictedCharges | None = None

    @property
    def channel(self) -> Channel:
        """Target and method."""
        return Channel(self.target, self.method)

    @property
    def quantity(self) -> str:
        """What kind of quantity the value is, in words: a prediction is never called measured."""
        return quantity_of(self.target, self.method, self.basis)

    def to_dict(self) -> dict[str, Any]:
        """Keys as in the command line's JSON; those that say something of few rows only where they do.

        So it is with the keys of `charges`: ``atom_charges_e``, ``part_charges_e`` and ``atom_charges_method``.
        """
        row = asdict(self) | {"reasons": list(self.reasons), "quantity": self.quantity}
        del row["charges"]
        if self.charges is not None:
            row |= {"atom_charges_e": list(self.charges.atoms), "part_charges_e": dict(self.charges.parts)}
            row["atom_charges_method"] = self.charges.method
        for key in ("contributions", "note", "not_calculated", "ligands_cut"):
            if not row[key]:
                del row[key]
        return row


class PredictedRows(list[dict[str, Any]], Shown):
    """Rows of `mlcluster.predict`: a list, which notebooks show as words and tables."""


_TOLD_BY = {
    "formula": "predicted from the formula",
    "network": "predicted from the structure",
    "calculation": "predicted from a calculation",
    "derived": "from predicted values",
    "refined": "estimated from calculations of its neighbours",
}


def quantity_of(target: str, method: str, basis: str) -> str:
    """What a prediction predicts and from what, in words.

    A method is named where it tells quantities apart; that a model learned from measured values makes no prediction
    a measurement.

    >>> quantity_of("emission", "measured", "formula"), quantity_of("gap", "optical", "network")
    ('emission, predicted from the formula', 'gap (optical), predicted from the structure')
    """
    name = target.replace("_", " ")
    told = "" if method in ("measured", "measured-not-stated") else f" ({method})"
    return f"{name}{told}, {_TOLD_BY.get(basis, f'predicted from the {basis}')}"


def default_method_first(predictions: list[Prediction]) -> list[Prediction]:
    """Order the predictions of one cluster: targets as they are listed, of each the calculation before other levels.

    Calculated rows come with the narrowest interval first, which is that of the line that knows such clusters; of the
    others the usual method comes first. Of one method the formula stands before a network that is outside what it
    knows, and a network without any interval stands behind the formula whatever the method.
    """
    by_formula = {p.target for p in predictions if p.basis == "formula"}

    def place(p: Prediction) -> tuple[int, bool, bool, float, bool]:
        calculated = p.basis == "calculation"
        within = p.upper - p.lower if calculated else methods_of(p.target).index(p.method)
        stands_back = p.basis == "network" and p.target in by_formula and _all_that_is_possible(p)
        return list(TARGETS).index(p.target), not calculated, stands_back, within, p.basis == "network"

    return sorted(predictions, key=place)


def _all_that_is_possible(p: Prediction) -> bool:
    low, high = p.channel.definition.bounds
    return p.lower <= low and p.upper >= high


MOST_DECADES = 12.0
"""Luminescence is known from 1 ps to 1 s: a lifetime anywhere within more decades than these is not predicted."""


def _says_nothing(channel: Channel, lower: float, upper: float) -> bool:
    return channel.target == "lifetime" and upper > lower * 10.0**MOST_DECADES


def in_unit(channel: Channel, mean: float, half: float) -> tuple[float, float, float]:
    """Value and interval in the target's unit of a mean and half-width in model space, kept inside what can be."""
    target = channel.definition
    lower, upper = target.interval_from_model(mean - half, mean + half)
    low, high = target.bounds
    # Where nothing of it is possible the model knows nothing: cut to the bound, it would be an interval of no width.
    ends = (low, high) if lower >= high or upper <= low else (float(lower), float(upper))
    value, *ends_within = np.clip([float(target.from_model(mean)), *ends], low, high).tolist()
    return value, ends_within[0], ends_within[1]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What was predicted, as rows say it."""

    cluster: str
    formula: str
    file: str = ""

    @classmethod
    def of(cls, anatomy: Anatomy, file: str = "") -> Asked:
        """A cluster, of a file or else of where it comes from."""
        cluster = anatomy.cluster
        return cls(cluster=cluster.name, formula=cluster.formula, file=file or str(cluster.source.path or ""))


def predictions_of(
    model: LevelModel,
    basis: str,
    asked: Sequence[Asked],
    output: LevelOutput,
    contributions: Sequence[Sequence[Contributions]] | None = None,
) -> Iterator[list[Prediction]]:
    """Predictions of each cluster by a model of a level, with their intervals, channel by channel.

    A lifetime from the formula whose interval spans more than `MOST_DECADES` is left out.

    Parameters
    ----------
    model, basis
        The model and the name of its level.
    asked, output
        What was predicted, and what the model says of it.
    contributions
        Of each cluster and channel, where they were asked for.
    """
    outside = np.array([[bool(reasons) for reasons in row] for row in output.reasons]).reshape(output.mean.shape)
    calibrations = [model.calibration(key) for key in model.channels]
    channels = [Channel.parse(key) for key in model.channels]
    halves = [each.half_width(output.spread[:, k], outside[:, k]) for k, each in enumerate(calibrations)]
    for row, one in enumerate(asked):
        found = []
        for column, (key, channel) in enumerate(zip(model.channels, channels, strict=True)):
            value, lower, upper = in_unit(channel, output.mean[row, column], halves[column][row])
            if basis == "formula" and _says_nothing(channel, lower, upper):
                continue
            found.append(
                Prediction(
                    **vars(one),
                    target=channel.target,
                    method=channel.method,
                    value=value,
                    unit=channel.definition.unit,
                    lower=lower,
                    upper=upper,
                    level=calibrations[column].level,
                    applicability="outside" if outside[row, column] else "inside",
                    reasons=output.reasons[row][column],
                    model=model.hash[:12],
                    basis=basis,
                    informative=model.informative(key),
                    note=output.notes[row] if output.notes else "",
                    contributions=None if contributions is None else contributions[row][column],
                )
            )
        yield found
