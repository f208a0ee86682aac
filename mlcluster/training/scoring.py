"""Predictions for entries no arm has learned from, with intervals, and their scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlcluster.data.labelled import LabelledCluster
from mlcluster.labels import Channel, require_trainable
from mlcluster.model.ensemble import Z_LEVEL
from mlcluster.training.baselines import Fitter
from mlcluster.training.metrics import regression_metrics

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ArmPredictions:
    """What one arm says of one channel for entries held out of it.

    Parameters
    ----------
    arm
        Name in tables.
    channel
        ``target:method``.
    entries, families
        Of each row.
    label, predicted
        Model space, (N,).
    sigma
        Standard deviation behind the interval, model space, (N,).
    """

    arm: str
    channel: str
    entries: tuple[str, ...]
    families: tuple[str, ...]
    label: Array
    predicted: Array
    sigma: Array

    def in_unit(self) -> tuple[Array, Array, Array, Array]:
        """Label, prediction, and lower and upper end of the 90 % interval, in the target's unit."""
        target = Channel.parse(self.channel).definition
        half = Z_LEVEL * self.sigma
        lower, upper = target.interval_from_model(self.predicted - half, self.predicted + half)
        return target.from_model(self.label), target.from_model(self.predicted), lower, upper

    def scores(self) -> dict[str, float]:
        """Scores over all rows, and means over the scores of each family.

        ``mae_over_families`` lets a small family count as much as a large one; ``spearman_within_families`` asks for
        the order of relatives alone, whatever the level of their family.
        """
        label, predicted, lower, upper = self.in_unit()
        families = np.array(self.families)
        each = [
            regression_metrics(predicted[families == name], label[families == name])
            for name in sorted(set(self.families))
        ]
        return regression_metrics(predicted, label, lower, upper) | {
            "mae_over_families": float(np.mean([scores["mae"] for scores in each])) if each else np.nan,
            "spearman_within_families": float(np.mean([scores["spearman"] for scores in each])) if each else np.nan,
        }

    def of_family(self, family: str) -> ArmPredictions:
        """Keep the rows of one family."""
        keep = np.array([name == family for name in self.families], dtype=bool)
        return ArmPredictions(
            arm=self.arm,
            channel=self.channel,
            entries=tuple(np.array(self.entries)[keep].tolist()),
            families=(family,) * int(keep.sum()),
            label=self.label[keep],
            predicted=self.predicted[keep],
            sigma=self.sigma[keep],
        )


def joined(parts: Sequence[ArmPredictions]) -> ArmPredictions:
    """Join the folds of one arm and channel."""
    return ArmPredictions(
        arm=parts[0].arm,
        channel=parts[0].channel,
        entries=tuple(entry for part in parts for entry in part.entries),
        families=tuple(family for part in parts for family in part.families),
        label=np.concatenate([part.label for part in parts]),
        predicted=np.concatenate([part.predicted for part in parts]),
        sigma=np.concatenate([part.sigma for part in parts]),
    )


def labelled_with_value(items: Sequence[LabelledCluster], channel: str) -> tuple[list[LabelledCluster], Array]:
    """Keep entries that have a value, not just a bound, of a channel, and those values in model space.

    This is the gate for baselines and residuals: a label that may not be learned from raises DataError.
    """
    kept, values = [], []
    for item in items:
        records = require_trainable(record for record in item.labels if record.channel.key == channel)
        numbers = [record.model_value for record in records if record.model_bound is None]
        if numbers:
            kept.append(item)
            values.append(sum(numbers) / len(numbers))
    return kept, np.array(values, dtype=np.float64)


def family_rmse(errors: Array, families: Sequence[str]) -> float:
    """Root of the mean over families of the mean squared error: a small family counts as much as a large one."""
    names = np.array(families)
    return float(np.sqrt(np.mean([np.mean(errors[names == name] ** 2) for name in sorted(set(families))])))


def baseline_predictions(
    arm: str, fitter: Fitter, channel: str, learned: Sequence[LabelledCluster], held: Sequence[LabelledCluster]
) -> ArmPredictions:
    """Fit a baseline and predict the entries held out; its residuals come from leaving each learned family out in turn.

    Parameters
    ----------
    arm, fitter
        Name and fitter of the baseline.
    channel
        ``target:method``.
    learned, held
        Entries to fit and entries to predict.
    """
    items, labels = labelled_with_value(learned, channel)
    rows, truth = labelled_with_value(held, channel)
    families = np.array([item.family or "" for item in items])
    names = sorted(set(families.tolist()))
    errors = np.zeros(len(items))
    for name in names:
        inside = families == name
        if len(names) == 1:
            errors = fitter(items, labels)(items) - labels
            break
        fitted = fitter([item for item, out in zip(items, inside, strict=True) if not out], labels[~inside])
        errors[inside] = fitted([item for item, out in zip(items, inside, strict=True) if out]) - labels[inside]
    predicted = fitter(items, labels)(rows)
    return ArmPredictions(
        arm=arm,
        channel=channel,
        entries=tuple(item.entry for item in rows),
        families=tuple(item.family or "" for item in rows),
        label=truth,
        predicted=np.asarray(predicted, dtype=np.float64),
        sigma=np.full(len(rows), family_rmse(errors, families.tolist())),
    )
