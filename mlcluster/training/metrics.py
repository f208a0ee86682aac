"""Scores of predictions against labels, always with the number of labels they rest on."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def regression_metrics(
    predicted: ArrayLike,
    label: ArrayLike,
    lower: ArrayLike | None = None,
    upper: ArrayLike | None = None,
) -> dict[str, float]:
    """Score values of one channel.

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
