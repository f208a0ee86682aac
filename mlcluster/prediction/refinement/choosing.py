"""Which candidates to calculate next: half of them the best, half those that may be the best."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

from mlcluster.prediction.criteria import Criterion

Array = NDArray[np.float64]

FIRST_ROUND = 20
"""Calculations before the first fit."""
SMALLEST_ROUND, GROWTH = 10, 0.2
"""Calculations of a later round: a fifth of those there are, at least ten."""
HOPE = 2.0
"""Standard deviations by which an estimate may be better than it says, for the half that may be the best."""


def log_probability(criterion: Criterion, mean: Array, sigma: Array) -> Array:
    """Logarithm of the probability that a normal variable of model space meets a criterion, precise in both tails.

    Parameters
    ----------
    mean, sigma
        Model space, any equal shapes.
    """
    low, high = criterion.limits()
    below, above = (low - mean) / sigma, (high - mean) / sigma
    # Of what lies in the upper tail the mirror image, where the difference of the two ends is exact.
    flipped = below > 0
    below, above = np.where(flipped, -above, below), np.where(flipped, -below, above)
    upper = log_ndtr(above)
    return upper + np.log1p(-np.exp(np.minimum(log_ndtr(below) - upper, -1e-15)))


def merit(criteria: Sequence[Criterion], means: Array, sigmas: Array, spreads: Array, hope: float = 0.0) -> Array:
    """Logarithm of the joint probability of meeting all criteria, (N,), -inf without an estimate.

    Parameters
    ----------
    criteria
        K criteria.
    means
        Estimates of what a calculation would say, model space, (N, K).
    sigmas
        Standard deviation of the truth about what a calculation says, (N, K).
    spreads
        Standard deviation of the estimates about what a calculation would say, (N, K); 0 where there is one.
    hope
        Each estimate may be better by so many of its standard deviations.
    """
    total = np.zeros(len(means))
    for k, criterion in enumerate(criteria):
        low, high = criterion.limits()
        # One limit is met the better, the farther beyond it.
        best = -np.inf if np.isinf(low) else np.inf if np.isinf(high) else (low + high) / 2
        room = hope * spreads[:, k]
        total += log_probability(criterion, np.clip(best, means[:, k] - room, means[:, k] + room), sigmas[:, k])
    return np.nan_to_num(total, nan=-np.inf)


def round_size(calculated: int) -> int:
    """Calculations of the next round after so many.

    >>> [round_size(n) for n in (0, 20, 100, 1000)]
    [20, 10, 20, 200]
    """
    return max(SMALLEST_ROUND, int(GROWTH * calculated)) if calculated else FIRST_ROUND


def next_round(rankings: Sequence[Iterable[int]], taken: Iterable[int], count: int) -> list[int]:
    """The first of each ranking in turn, without repeats and without those taken, until there are `count`.

    >>> next_round([[0, 1, 2, 3], [3, 0, 2, 1]], [1], 3)
    [0, 3, 2]
    """
    used, picked = set(taken), list[int]()
    queues = [iter(ranking) for ranking in rankings]
    while queues and len(picked) < count:
        queue = queues.pop(0)
        found = next((number for number in queue if number not in used), None)
        if found is not None:
            used.add(found)
            picked.append(found)
            queues.append(queue)
    return picked


def best_first(score: Array) -> list[int]:
    """Numbers in the order of falling score, equal ones in their order; what has no score is left out."""
    order = np.argsort(-score, kind="stable")
    return order[np.isfinite(score[order])].tolist()


def farthest_first(points: Array, start: int) -> Iterator[int]:
    """Numbers of rows of a matrix (N, D), each as unlike as possible to all before it (Gonzalez 1985)."""
    distance = ((points - points[start]) ** 2).sum(axis=1)
    for _ in range(len(points)):
        number = int(np.argmax(distance))
        yield number
        distance = np.minimum(distance, ((points - points[number]) ** 2).sum(axis=1))
        distance[number] = -1.0
