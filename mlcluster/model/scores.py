"""Scores of predictions: errors, coverage of intervals with its uncertainty, and how well doubt ranks the errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


def family_mean(values: NDArray[np.float64], families: ArrayLike) -> float:
    """Mean over families of the mean of each: a small family counts as much as a large one."""
    names = np.asarray(families, dtype=str)
    return float(np.mean([values[names == name].mean() for name in sorted(set(names.tolist()))]))


def regression_metrics(
    predicted: ArrayLike, label: ArrayLike, lower: ArrayLike | None = None, upper: ArrayLike | None = None
) -> dict[str, float]:
    """Score values of one channel, always with the number of labels the scores rest on.

    Parameters
    ----------
    predicted, label
        (N,) in the target's unit; labels that are bounds have no place here.
    lower, upper
        Ends of the 90 % intervals, (N,).

    Returns
    -------
    dict
        ``mae``, ``rmse`` in the target's unit, ``r2`` = 1 - SS_res / SS_tot, ``spearman``, ``n``, and with intervals
        ``coverage``, the share of labels inside, and ``width``, the mean width. A score that is not defined (no spread
        among the labels or the predictions, too few of them) is NaN.
    """
    from scipy.stats import spearmanr

    y, p = np.asarray(label, dtype=np.float64), np.asarray(predicted, dtype=np.float64)
    if y.size == 0:
        return {"mae": np.nan, "rmse": np.nan, "r2": np.nan, "spearman": np.nan, "coverage": np.nan, "n": 0}
    error = p - y
    total = float(((y - y.mean()) ** 2).sum())
    ranked = y.size > 2 and np.ptp(y) > 0 and np.ptp(p) > 0
    scores = {
        "mae": float(np.abs(error).mean()),
        "rmse": float(np.sqrt((error**2).mean())),
        "r2": 1.0 - float((error**2).sum()) / total if total > 0 else np.nan,
        "spearman": float(spearmanr(p, y).statistic) if ranked else np.nan,
        "n": int(y.size),
    }
    if lower is not None and upper is not None and not (np.isnan(lower).any() or np.isnan(upper).any()):
        low, high = np.asarray(lower), np.asarray(upper)
        scores["coverage"] = float(((low <= y) & (y <= high)).mean())
        scores["width"] = float((high - low).mean())
    return scores


_SHARES = ("share", "low", "high", "rows_low", "rows_high", "family_share", "family_low", "family_high")


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """How many labels lie inside their intervals.

    Parameters
    ----------
    share
        Share of rows inside.
    low, high
        95 % interval about `share` that knows that rows of one family go together.
    rows_low, rows_high
        The narrower interval of Clopper and Pearson, as if rows were independent.
    family_share, family_low, family_high
        Mean over families of the share inside, and its interval.
    n_rows, n_families
        What these rest on.
    """

    share: float
    low: float
    high: float
    rows_low: float
    rows_high: float
    family_share: float
    family_low: float
    family_high: float
    n_rows: int
    n_families: int


def coverage_of(inside: ArrayLike, families: Sequence[str]) -> Coverage:
    """Coverage of rows, NaN without any.

    Intervals over families are Clopper and Pearson's with an effective number of rows, after Korn and Graubard [1]_: as
    many as would vary as the families do, reduced because that variance comes from few families. Relatives are near
    copies of each other, so a family counts as one row at most, and uneven weights leave fewer still [2]_.

    Parameters
    ----------
    inside
        Whether the label lies inside the interval, (N,).
    families
        Of each row.

    References
    ----------
    .. [1] E. L. Korn, B. I. Graubard, Survey Methodology 1998, 24, 193.
    .. [2] L. Kish, Survey Sampling, Wiley 1965: (sum of weights)^2 / sum of squared weights.
    """
    hits = np.asarray(inside, dtype=bool)
    if not hits.size:
        return Coverage(**dict.fromkeys(_SHARES, float("nan")), n_rows=0, n_families=0)
    _, member, counts = np.unique(np.asarray(families, dtype=str), return_inverse=True, return_counts=True)
    each = np.bincount(member, weights=hits) / counts
    share, mean = float(hits.mean()), float(each.mean())
    low, high = _clustered(share, each - share, counts / hits.size)
    rows_low, rows_high = clopper_pearson(float(hits.sum()), hits.size)
    family_low, family_high = _clustered(mean, each - mean, np.full(len(counts), 1 / len(counts)))
    return Coverage(
        share=share,
        low=low,
        high=high,
        rows_low=rows_low,
        rows_high=rows_high,
        family_share=mean,
        family_low=family_low,
        family_high=family_high,
        n_rows=int(hits.size),
        n_families=len(counts),
    )


def _clustered(share: float, deviation: NDArray[np.float64], weight: NDArray[np.float64]) -> tuple[float, float]:
    """Interval of a share from what each family deviates from it, and the weights of the families, which sum to 1."""
    from scipy.stats import t

    count = len(weight)
    independent = 1.0 / float((weight**2).sum())
    variance = count / max(count - 1, 1) * float(((weight * deviation) ** 2).sum())
    if count > 1 and variance > 0:
        # Student's t has its normal quantile at an infinite number of families.
        few = (1.959964 / t.ppf(0.975, count - 1)) ** 2
        independent = float(np.clip(few * share * (1 - share) / variance, 1.0, independent))
    return clopper_pearson(share * independent, independent)


def clopper_pearson(hits: float, trials: float, level: float = 0.95) -> tuple[float, float]:
    """Exact binomial confidence interval of a share; neither number need be whole.

    >>> low, high = clopper_pearson(9, 10)
    >>> round(low, 4), round(high, 4)
    (0.555, 0.9975)
    """
    from scipy.stats import beta

    tail = (1 - level) / 2
    low = float(beta.ppf(tail, hits, trials - hits + 1)) if hits > 0 else 0.0
    high = float(beta.ppf(1 - tail, hits + 1, trials - hits)) if hits < trials else 1.0
    return low, high


def ranking_of_errors(
    error: ArrayLike, doubt: ArrayLike, families: Sequence[str] | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Risk-coverage curve: mean error of the rows kept when the most doubtful are dropped first.

    Parameters
    ----------
    error
        Absolute errors, (N,).
    doubt
        What rows are ranked by, most trusted lowest, (N,); rows of equal doubt share their mean error.
    families
        Of each row, where families are to weigh the same; rows weigh the same without.

    Returns
    -------
    tuple[NDArray[np.float64], NDArray[np.float64]]
        Share kept, up to 1, and the mean error of what is kept; (N,) each.
    """
    weight, e = _weights(error, families), np.asarray(error, dtype=np.float64)
    order = np.argsort(np.asarray(doubt, dtype=np.float64), kind="stable")
    _, tie = np.unique(np.asarray(doubt, dtype=np.float64), return_inverse=True)
    expected = (np.bincount(tie, weights=weight * e) / np.bincount(tie, weights=weight))[tie]
    kept = np.cumsum(weight[order])
    return kept, np.cumsum((weight * expected)[order]) / kept


def ranking_gain(error: ArrayLike, doubt: ArrayLike, families: Sequence[str] | None = None) -> dict[str, float]:
    """Area under the risk-coverage curve beside those of a random order and of the best one.

    Parameters
    ----------
    error, doubt, families
        As in `ranking_of_errors`.

    Returns
    -------
    dict
        ``area``, ``random`` (the mean error), ``oracle`` (ranked by the error itself), all in the unit of the error,
        and ``gain`` = (random - area) / (random - oracle): 1 for the best order, 0 for one without information,
        negative for a misleading one; NaN where all errors are equal.
    """
    e = np.asarray(error, dtype=np.float64)
    if not e.size:
        return dict.fromkeys(("area", "random", "oracle", "gain"), float("nan"))
    weight = _weights(e, families)
    area, oracle = (_area(e, order, weight, families) for order in (np.asarray(doubt, dtype=np.float64), e))
    random = float(weight @ e)
    gain = (random - area) / (random - oracle) if random - oracle > 1e-12 * max(random, 1e-300) else float("nan")
    return {"area": area, "random": random, "oracle": oracle, "gain": gain}


def _area(
    error: NDArray[np.float64], doubt: NDArray[np.float64], weight: NDArray[np.float64], families: Sequence[str] | None
) -> float:
    return float(weight[np.argsort(doubt, kind="stable")] @ ranking_of_errors(error, doubt, families)[1])


def _weights(error: ArrayLike, families: Sequence[str] | None) -> NDArray[np.float64]:
    """Weights of rows, which sum to 1."""
    size = np.asarray(error).size
    if families is None:
        return np.full(size, 1.0 / max(size, 1))
    _, member, counts = np.unique(np.asarray(families, dtype=str), return_inverse=True, return_counts=True)
    return 1.0 / (len(counts) * counts[member])


BETTER = 0.1
"""Share by which the error of a model has to lie below that of the mean before it counts as knowing more: one family
more or less among a dozen moves a mean error by as much."""


def better_than_mean(metrics: Mapping[str, float | None], channel: str, arm: str) -> bool | None:
    """Whether held-out scores show that a model knows more of a channel than the mean of its labels.

    In every split both the mean error over rows and that over families have to be smaller than those of the mean by
    `BETTER`: a crowded family must not decide alone, nor many small ones.

    Parameters
    ----------
    metrics
        Scores by ``split/channel/arm/score``, as the card of a model keeps them.
    channel, arm
        ``target:method``, and what the scores call the model.

    Returns
    -------
    bool | None
        None where no such scores are kept.

    Examples
    --------
    >>> kept = {"held out/gap:optical/formula/mae": 0.5, "held out/gap:optical/mean/mae": 0.6}
    >>> better_than_mean(kept, "gap:optical", "formula"), better_than_mean(kept, "gap:optical", "network")
    (True, None)
    """
    found = []
    for key, value in metrics.items():
        split, *rest = key.split("/")
        if rest not in ([channel, arm, "mae"], [channel, arm, "mae_over_families"]):
            continue
        of_mean = metrics.get("/".join((split, channel, "mean", rest[-1])))
        if value is not None and of_mean is not None:
            found.append(value < (1.0 - BETTER) * of_mean)
    return all(found) if found else None
