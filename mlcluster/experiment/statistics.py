"""Scores of models over seeds and folds, and paired differences with a bootstrap over whole families."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlcluster.model.scores import coverage_of, regression_metrics

Array = NDArray[np.float64]

LEVEL = 0.9
"""Level of every interval here, as of every interval of the package."""

SAMPLES = 2000
"""Resamples; the Monte-Carlo error of an end of the interval is then a few percent of its half-width."""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Held-out predictions of one model with one seed, in the target's unit.

    Parameters
    ----------
    entries, families, folds
        Of each row; rows stand in the order of their entries.
    label, predicted, lower, upper
        (N,).
    """

    entries: tuple[str, ...]
    families: tuple[str, ...]
    folds: tuple[str, ...]
    label: Array
    predicted: Array
    lower: Array
    upper: Array

    def scores(self) -> dict[str, float]:
        """Scores over all rows, with ``mae_over_families``, and, of intervals, coverage with its 95 % intervals."""
        scores = regression_metrics(self.predicted, self.label, self.lower, self.upper)
        scores["mae_over_families"] = score("mae_over_families", self)
        if "coverage" not in scores:
            return scores
        covered = coverage_of((self.lower <= self.label) & (self.label <= self.upper), self.families)
        return scores | {
            "coverage_low": covered.low,
            "coverage_high": covered.high,
            "coverage_over_families": covered.family_share,
            "coverage_over_families_low": covered.family_low,
            "coverage_over_families_high": covered.family_high,
        }

    def of_fold(self, fold: str) -> Rows:
        """Keep the rows of one fold."""
        return self.chosen(np.array([name == fold for name in self.folds], dtype=bool))

    def chosen(self, keep: NDArray[np.bool_]) -> Rows:
        """Keep rows of a mask."""
        picked = [tuple(np.array(part, dtype=object)[keep]) for part in (self.entries, self.families, self.folds)]
        values = [part[keep] for part in (self.label, self.predicted, self.lower, self.upper)]
        return Rows(
            entries=picked[0],
            families=picked[1],
            folds=picked[2],
            label=values[0],
            predicted=values[1],
            lower=values[2],
            upper=values[3],
        )


def score(name: str, rows: Rows) -> float:
    """One score over all rows."""
    return float(resampled_scores(name, rows, np.ones((1, len(set(rows.families)))))[0])


def resampled_scores(name: str, rows: Rows, weights: Array) -> Array:
    """Score of resamples in which each family stands a number of times.

    Parameters
    ----------
    name
        "mae", "rmse", "r2", "mae_over_families" or "spearman".
    rows
        Predictions.
    weights
        How often each family stands in each resample, (B, F), families in alphabetical order.

    Returns
    -------
    Array
        (B,) scores; NaN where one is not defined.
    """
    names, place = np.unique(np.array(rows.families), return_inverse=True)
    if name == "spearman":
        return np.array([_spearman(rows, weight[place]) for weight in weights])
    error, label = rows.predicted - rows.label, rows.label

    def sums(values: Array) -> Array:
        return np.bincount(place, values, minlength=len(names)).astype(np.float64)

    count = sums(np.ones(len(error)))
    with np.errstate(divide="ignore", invalid="ignore"):
        if name == "mae":
            return (weights @ sums(np.abs(error))) / (weights @ count)
        if name == "rmse":
            return np.sqrt((weights @ sums(error**2)) / (weights @ count))
        if name == "mae_over_families":
            return (weights @ (sums(np.abs(error)) / count)) / weights.sum(axis=1)
        n = weights @ count
        spread = weights @ sums(label**2) - (weights @ sums(label)) ** 2 / n
        return np.where(spread > 0, 1.0 - (weights @ sums(error**2)) / spread, np.nan)


def _spearman(rows: Rows, times: Array) -> float:
    repeated = np.repeat(np.arange(len(times)), times.astype(int))
    return regression_metrics(rows.predicted[repeated], rows.label[repeated])["spearman"]


def family_weights(n_families: int, *, samples: int = SAMPLES, seed: int = 0) -> Array:
    """How often each of F families stands in each of B bootstrap samples of F families, (B, F)."""
    drawn = np.random.default_rng(seed).integers(n_families, size=(samples, n_families))
    return np.stack([np.bincount(row, minlength=n_families) for row in drawn]).astype(np.float64)


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A number with its 90 % interval over families and its spreads.

    Parameters
    ----------
    value
        Mean over seeds.
    lower, upper
        Ends of the percentile interval of a bootstrap over families.
    seed_sd, fold_sd
        Standard deviations over seeds, and over folds of the mean over seeds; None with a single one.
    by_seed
        Value with each seed.
    families
        Independent families it rests on.
    """

    value: float
    lower: float
    upper: float
    seed_sd: float | None
    fold_sd: float | None
    by_seed: tuple[float, ...]
    families: int

    @property
    def resolved(self) -> bool:
        """True when the interval leaves out zero."""
        return self.lower > 0 or self.upper < 0


def estimate(name: str, by_seed: Sequence[Rows]) -> Estimate:
    """Score of a model: mean over seeds, with its spread over seeds, folds and families."""
    return _summary([by_seed], name, [1.0])


def paired_difference(name: str, arm: Sequence[Rows], reference: Sequence[Rows]) -> Estimate:
    """Score of a model less that of another on the same rows, seed by seed.

    Each bootstrap sample draws whole families, the same for both models and all seeds: rows of one family are not
    independent, and what is hard for one model is hard for the other.

    Parameters
    ----------
    name
        Score; see `resampled_scores`.
    arm, reference
        Rows by seed, of the same seeds and entries.
    """
    return _summary([arm, reference], name, [1.0, -1.0])


def _summary(arms: Sequence[Sequence[Rows]], name: str, signs: Sequence[float]) -> Estimate:
    families = sorted(set(arms[0][0].families))
    samples = SAMPLES if name != "spearman" else SAMPLES // 4
    weights = np.vstack([np.ones((1, len(families))), family_weights(len(families), samples=samples)])
    each = np.array(
        [
            sum(sign * resampled_scores(name, rows, weights) for sign, rows in zip(signs, pair, strict=True))
            for pair in zip(*arms, strict=True)
        ]
    )
    drawn = each[:, 1:].mean(axis=0)
    lower, upper = (
        np.nanquantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]) if np.isfinite(drawn).any() else [np.nan] * 2
    )
    return Estimate(
        value=float(each[:, 0].mean()),
        lower=float(lower),
        upper=float(upper),
        seed_sd=float(each[:, 0].std(ddof=1)) if len(each) > 1 else None,
        fold_sd=_fold_spread(arms, name, signs),
        by_seed=tuple(each[:, 0].tolist()),
        families=len(families),
    )


def _fold_spread(arms: Sequence[Sequence[Rows]], name: str, signs: Sequence[float]) -> float | None:
    by_fold: dict[str, list[float]] = {}
    for pair in zip(*arms, strict=True):
        for fold in sorted(set(pair[0].folds)):
            values = (sign * score(name, rows.of_fold(fold)) for sign, rows in zip(signs, pair, strict=True))
            by_fold.setdefault(fold, []).append(sum(values))
    means = np.array([np.mean(values) for values in by_fold.values()])
    return float(means.std(ddof=1)) if len(means) > 1 and np.isfinite(means).all() else None


def family_wins(arm: Sequence[Rows], reference: Sequence[Rows]) -> tuple[int, int]:
    """Families in which a model has the smaller mean absolute error than the other, and all families."""
    names, place = np.unique(np.array(arm[0].families), return_inverse=True)
    difference = sum(
        np.abs(a.predicted - a.label) - np.abs(b.predicted - b.label) for a, b in zip(arm, reference, strict=True)
    )
    means = np.bincount(place, difference) / np.bincount(place)
    return int((means < 0).sum()), len(names)
