"""Predictions for entries no arm has learned from, with intervals, and their scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcluster.data.labelled import LabelledCluster
from mlcluster.labels import Channel, require_trainable
from mlcluster.model.calibration import fit_calibration
from mlcluster.model.coverage import coverage_of, ranking_gain
from mlcluster.model.domain import CRITERIA, fit_thresholds, is_outside
from mlcluster.training.baselines import Fitter
from mlcluster.training.metrics import regression_metrics

Array = NDArray[np.float64]

MOST_PARTS = 15
"""Fits behind the intervals of a baseline, at most: of more families several are left out at a time."""


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
    spread
        Standard deviation over the members, model space, (N,); 0 for an arm without members.
    remoteness
        How far each row lies beyond what the arm had learned from, (N, 4), columns as
        `mlcluster.model.domain.CRITERIA`; NaN where it was not measured.
    half
        Half-width of the interval, model space, (N,); NaN before calibration.
    members
        What each member says, model space, (N, M); None for an arm without members. Differences of entries are taken
        member by member.
    """

    arm: str
    channel: str
    entries: tuple[str, ...]
    families: tuple[str, ...]
    label: Array
    predicted: Array
    spread: Array
    remoteness: Array
    half: Array
    members: Array | None = None

    def in_unit(self) -> tuple[Array, Array, Array, Array]:
        """Label, prediction, and lower and upper end of the 90 % interval, in the target's unit."""
        target = Channel.parse(self.channel).definition
        lower, upper = target.interval_from_model(self.predicted - self.half, self.predicted + self.half)
        return target.from_model(self.label), target.from_model(self.predicted), lower, upper

    @property
    def distance(self) -> Array:
        """Latent distance, (N,)."""
        return self.remoteness[:, CRITERIA.index("latent distance")]

    @property
    def doubt(self) -> Array:
        """Half-width that one calibration of all rows gives, model space, (N,): what rows are ranked by.

        Nested intervals cannot rank them: those of a family are narrower the worse it fares, as only the others count.
        """
        outside = is_outside(self.remoteness, fit_thresholds(self.remoteness, self.families))
        fitted = fit_calibration(self.label - self.predicted, self.spread, self.families, outside=outside)
        return fitted.half_width(self.spread, outside)

    def inside(self) -> NDArray[np.bool_]:
        """Whether each label lies in its interval, (N,)."""
        return np.abs(self.label - self.predicted) <= self.half

    def scores(self) -> dict[str, float]:
        """Scores over all rows, and means over the scores of each family.

        ``mae_over_families`` lets a small family count as much as a large one; ``spearman_within_families`` asks for
        the order of relatives alone, whatever the level of their family. ``coverage`` and ``coverage_over_families``
        have 95 % intervals (``_low``, ``_high``) that know that rows of one family go together; ``coverage_rows_low``
        and ``_high`` are the binomial ones of independent rows. ``ranking_by_width`` and ``ranking_by_distance`` say
        how well these rank the errors, families weighing the same: 1 as the errors themselves, 0 not at all.
        """
        label, predicted, lower, upper = self.in_unit()
        families = np.array(self.families)
        each = [
            regression_metrics(predicted[families == name], label[families == name])
            for name in sorted(set(self.families))
        ]
        error = np.abs(predicted - label)
        scores = regression_metrics(predicted, label) | {
            "mae_over_families": float(np.mean([scores["mae"] for scores in each])) if each else np.nan,
            "spearman_within_families": float(np.mean([scores["spearman"] for scores in each])) if each else np.nan,
            "ranking_by_distance": self._ranking(error, self.distance),
        }
        if np.isnan(self.half).any():
            return scores
        covered = coverage_of(self.inside(), self.families)
        return scores | {
            "coverage": covered.share,
            "coverage_low": covered.low,
            "coverage_high": covered.high,
            "coverage_rows_low": covered.rows_low,
            "coverage_rows_high": covered.rows_high,
            "coverage_over_families": covered.family_share,
            "coverage_over_families_low": covered.family_low,
            "coverage_over_families_high": covered.family_high,
            "width": float((upper - lower).mean()) if len(label) else np.nan,
            "ranking_by_width": self._ranking(error, self.doubt) if len(label) else np.nan,
        }

    def _ranking(self, error: Array, doubt: Array) -> float:
        known = np.isfinite(doubt)
        return ranking_gain(error[known], doubt[known], np.array(self.families)[known].tolist())["gain"]

    def rows(self, keep: NDArray[np.bool_]) -> ArmPredictions:
        """Rows for which `keep` (N,) is true."""
        kept: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                kept[field.name] = value[keep]
            elif isinstance(value, tuple):
                kept[field.name] = tuple(each for each, keeps in zip(value, keep.tolist(), strict=True) if keeps)
        return replace(self, **kept)

    def of_family(self, family: str) -> ArmPredictions:
        """Rows of one family."""
        return self.rows(np.array([name == family for name in self.families], dtype=bool))


def joined(parts: Sequence[ArmPredictions]) -> ArmPredictions:
    """Join the folds of one arm and channel."""
    whole: dict[str, Any] = {}
    for field in fields(ArmPredictions):
        values = [getattr(part, field.name) for part in parts]
        if isinstance(values[0], np.ndarray):
            whole[field.name] = np.concatenate(values)
        elif isinstance(values[0], tuple):
            whole[field.name] = tuple(each for value in values for each in value)
    return replace(parts[0], **whole)


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


def baseline_predictions(
    arm: str,
    fitter: Fitter,
    channel: str,
    learned: Sequence[LabelledCluster],
    held: Sequence[LabelledCluster],
    *,
    calibrate: bool = True,
) -> ArmPredictions:
    """Fit a baseline and predict the entries held out.

    Parameters
    ----------
    arm, fitter
        Name and fitter of the baseline.
    channel
        ``target:method``.
    learned, held
        Entries to fit and entries to predict.
    calibrate
        Whether to take intervals from residuals of leaving learned families out in turn; without, `half` is NaN.
    """
    items, labels = labelled_with_value(learned, channel)
    rows, truth = labelled_with_value(held, channel)
    half = np.full(len(rows), np.nan)
    if calibrate:
        families = [item.family or "" for item in items]
        errors = _held_out_errors(fitter, items, labels, np.array(families))
        half = fit_calibration(errors, np.zeros(len(errors)), families).half_width(np.zeros(len(rows)))
    return ArmPredictions(
        arm=arm,
        channel=channel,
        entries=tuple(item.entry for item in rows),
        families=tuple(item.family or "" for item in rows),
        label=truth,
        predicted=np.asarray(fitter(items, labels)(rows), dtype=np.float64),
        spread=np.zeros(len(rows)),
        remoteness=np.full((len(rows), len(CRITERIA)), np.nan),
        half=half,
    )


def _held_out_errors(
    fitter: Fitter, items: Sequence[LabelledCluster], labels: Array, families: NDArray[np.str_]
) -> Array:
    """Label minus prediction with whole families left out, in at most `MOST_PARTS` parts; of one family, the misfit."""
    names = np.unique(families)
    if len(names) == 1:
        return labels - fitter(items, labels)(items)
    errors = np.zeros(len(items))
    for part in np.array_split(names, min(len(names), MOST_PARTS)):
        out = np.isin(families, part)
        fitted = fitter([item for item, gone in zip(items, out, strict=True) if not gone], labels[~out])
        errors[out] = labels[out] - fitted([item for item, gone in zip(items, out, strict=True) if gone])
    return errors
