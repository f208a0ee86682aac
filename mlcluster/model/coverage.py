"""Are intervals as good as they say? Coverage with its uncertainty, and sharpness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """How many labels lie inside their intervals.

    Parameters
    ----------
    share, low, high
        Share of rows inside, with the 95 % interval of Clopper and Pearson as if rows were independent.
    family_share, family_low, family_high
        Mean over families of the share inside, with a 95 % interval that knows that rows of one family go together.
    n_rows, n_families
        What these rest on.
    """

    share: float
    low: float
    high: float
    family_share: float
    family_low: float
    family_high: float
    n_rows: int
    n_families: int


def coverage_of(inside: ArrayLike, families: Sequence[str]) -> Coverage:
    """Coverage of rows, NaN without any.

    The interval over families is that of Korn and Graubard [1]_: Clopper and Pearson's with the number of independent
    rows that would vary as families do, reduced because that variance comes from few families. Where families do not
    differ each counts as one row; where every family has one row both intervals are nearly the same.

    Parameters
    ----------
    inside
        Whether the label lies inside the interval, (N,).
    families
        Of each row.

    References
    ----------
    .. [1] E. L. Korn, B. I. Graubard, Survey Methodology 1998, 24, 193.
    """
    hits = np.asarray(inside, dtype=bool)
    if not hits.size:
        return Coverage(**dict.fromkeys(_SHARES, float("nan")), n_rows=0, n_families=0)
    from scipy.stats import t

    names, member, counts = np.unique(np.asarray(families, dtype=str), return_inverse=True, return_counts=True)
    each = np.bincount(member, weights=hits) / counts
    low, high = clopper_pearson(float(hits.sum()), hits.size)
    mean, count = float(each.mean()), len(names)
    independent = float(count)
    if count > 1 and each.var() > 0:
        few = (t.ppf(0.975, hits.size - 1) / t.ppf(0.975, count - 1)) ** 2
        independent = float(np.clip(few * mean * (1 - mean) * count / each.var(ddof=1), 1.0, hits.size))
    family_low, family_high = clopper_pearson(mean * independent, independent)
    return Coverage(
        share=float(hits.mean()),
        low=low,
        high=high,
        family_share=mean,
        family_low=family_low,
        family_high=family_high,
        n_rows=int(hits.size),
        n_families=count,
    )


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


def ranking_of_errors(error: ArrayLike, doubt: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Risk-coverage curve: mean error of the rows kept when the most doubtful are dropped first.

    Parameters
    ----------
    error
        Absolute errors, (N,).
    doubt
        What rows are ranked by, most trusted lowest, (N,); rows of equal doubt share their mean error.

    Returns
    -------
    Share of rows kept, 1/N to 1, and the mean error of those kept; (N,) each.
    """
    e, d = np.asarray(error, dtype=np.float64), np.asarray(doubt, dtype=np.float64)
    _, tie, counts = np.unique(d, return_inverse=True, return_counts=True)
    expected = (np.bincount(tie, weights=e) / counts)[tie]
    kept = np.arange(1, e.size + 1)
    return kept / e.size, np.cumsum(expected[np.argsort(d, kind="stable")]) / kept


def ranking_gain(error: ArrayLike, doubt: ArrayLike) -> dict[str, float]:
    """Area under the risk-coverage curve beside those of a random order and of the best one.

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
    area, oracle = (float(ranking_of_errors(e, order)[1].mean()) for order in (doubt, e))
    random = float(e.mean())
    gain = (random - area) / (random - oracle) if random - oracle > 1e-12 * max(random, 1e-300) else float("nan")
    return {"area": area, "random": random, "oracle": oracle, "gain": gain}


_SHARES = ("share", "low", "high", "family_share", "family_low", "family_high")
