"""The fit that learns a neighbourhood: what a calculation would say, from those made of its neighbours.

Bayesian ridge regression (MacKay, Neural Computation 1992, 4, 415; Tipping, J. Mach. Learn. Res. 2001, 1, 211) on the
shells of pairs of elements and on what the network says: the simplest model that works where a few hundred relatives of
one cluster are calculated, without anything to choose. Features of the network itself in place of the shells did worse
(`experiments/refine`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlcluster.errors import DataError

Array = NDArray[np.float64]

LEAST = 5
"""Calculations below which nothing is fitted."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What calculations of N candidates would say.

    Parameters
    ----------
    mean, spread
        Model space, (N,).
    """

    mean: Array
    spread: Array


def estimate(descriptors: Array, known: NDArray[np.int64], values: Array) -> Estimate:
    """Fit calculations and estimate those of all candidates.

    Parameters
    ----------
    descriptors
        Of all candidates, standardised, (N, D).
    known
        Numbers of those calculated, (M,).
    values
        What their calculations say, model space, (M,).

    Raises
    ------
    DataError
        If there are fewer than `LEAST` calculations.
    """
    from sklearn.linear_model import BayesianRidge

    if len(known) < LEAST:
        raise DataError("too few calculations to learn from.", found=len(known), expected=f"{LEAST} or more")
    level, scale = float(np.mean(values)), float(np.std(values))
    if scale < 1e-9 or not descriptors.shape[1]:
        return Estimate(mean=np.full(len(descriptors), level), spread=np.full(len(descriptors), scale))
    model = BayesianRidge()
    model.fit(descriptors[known], (values - level) / scale)
    mean, spread = model.predict(descriptors, return_std=True)
    return Estimate(mean=level + scale * mean, spread=scale * spread)


def doubt_of(expected: Array, spread: Array, found: Array) -> float:
    """How many times larger errors were than they were said to be: at least 1, and 1 where there is nothing to tell.

    Parameters
    ----------
    expected, spread, found
        Estimates made before a calculation, and what it then gave, (M,) each, model space.

    Examples
    --------
    >>> doubt_of(np.array([1.0, 2.0]), np.array([0.1, 0.1]), np.array([1.2, 1.8]))
    2.0
    """
    if not len(found):
        return 1.0
    ratio = (found - expected) / np.maximum(spread, np.finfo(float).tiny)
    return max(1.0, round(float(np.sqrt(np.mean(ratio**2))), 6))
