"""What to measure next: the few candidates of which at least one is most likely to meet the criteria.

The error of a prediction is taken as one part that a whole family shares and one of its own (`FAMILY_SHARE`), so two
candidates of one family fail together, and a batch spreads over families by itself. A candidate whose value fails a
criterion is drawn with the least error of all candidates: being uncertain alone wins it no place. Among draws from
these errors, each pick is the candidate that meets the criteria in most draws in which none picked before does.
Maximising the chance of at least one hit is the batch form of the probability of improvement (Ginsbourger, Le Riche,
Carraro 2010, 10.1007/978-3-642-10701-6_6); picking greedily comes within 1 - 1/e of the best batch (Nemhauser, Wolsey,
Fisher 1978, 10.1007/BF01588971).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from mlcluster.prediction.criteria import Criterion

FAMILY_SHARE = 0.5
"""Share of the error's variance that is common to a family: assumed, as no data at hand tells it."""

DRAWS = 1000
MOST = 4000
"""Candidates considered, the likeliest ones: bounds time and memory."""


def propose(
    count: int,
    criteria: Sequence[Criterion],
    means: NDArray[np.float64],
    sigmas: NDArray[np.float64],
    families: Sequence[str],
    kinds: Sequence[Hashable],
    probability: NDArray[np.float64],
    *,
    seed: int = 0,
) -> list[tuple[int, float]]:
    """Pick candidates to measure.

    Parameters
    ----------
    count
        How many.
    criteria
        K criteria.
    means, sigmas
        Predictions in model space, (N, K).
    families
        Family of each candidate.
    kinds
        What tells candidates apart: of one kind only one is picked while there are others.
    probability
        Of meeting all criteria, (N,); NaN for a candidate that lacks a prediction, which is never picked.
    seed
        Of the draws.

    Returns
    -------
    list[tuple[int, float]]
        Number of each pick, with the chance that it or one before meets the criteria.
    """
    order = np.argsort(-np.nan_to_num(probability, nan=-1.0), kind="stable")
    order = order[np.isfinite(probability[order])][:MOST]
    random = np.random.default_rng(seed)
    sure = _not_for_ignorance(criteria, means[order], sigmas[order])
    hits = _hits(criteria, means[order], sure, [families[i] for i in order], random)
    free = np.ones(len(order), dtype=bool)
    open_draws = np.ones(DRAWS, dtype=bool)
    picked: list[int] = []
    while len(picked) < count and free.any():
        gain = np.where(free, hits[:, open_draws].sum(axis=1), -1)
        best = int(np.argmax(gain))
        if gain[best] == 0 and not open_draws.all():
            # Nothing more to gain: later picks serve as a second chance in every draw.
            open_draws[:] = True
            continue
        open_draws &= ~hits[best]
        picked.append(int(order[best]))
        same = np.array([kinds[i] == kinds[order[best]] for i in order])
        free &= ~same if (free & ~same).any() else np.arange(len(order)) != best
    # Judged by other draws than those they were picked by, which flatter them.
    fresh = _hits(criteria, means[picked], sigmas[picked], [families[i] for i in picked], random)
    chances = np.logical_or.accumulate(fresh, axis=0).mean(axis=1)
    return list(zip(picked, chances.tolist(), strict=True))


def _not_for_ignorance(
    criteria: Sequence[Criterion], means: NDArray[np.float64], sigmas: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Standard deviations of the draws, (N, K): the least of all where the value itself fails the criterion."""
    if not len(sigmas):
        return sigmas
    meets = np.column_stack([criterion.met(means[:, k]) for k, criterion in enumerate(criteria)])
    return np.where(meets, sigmas, sigmas.min(axis=0))


def _hits(
    criteria: Sequence[Criterion],
    means: NDArray[np.float64],
    sigmas: NDArray[np.float64],
    families: Sequence[str],
    random: np.random.Generator,
) -> NDArray[np.bool_]:
    """Whether each candidate meets all criteria in each draw, (N, DRAWS)."""
    _, family = np.unique(np.array(families, dtype=str), return_inverse=True)
    hits = np.ones((len(means), DRAWS), dtype=bool)
    for k, criterion in enumerate(criteria):
        shared = random.standard_normal((family.max(initial=-1) + 1, DRAWS), dtype=np.float32)
        own = random.standard_normal((len(means), DRAWS), dtype=np.float32)
        error = FAMILY_SHARE**0.5 * shared[family] + (1 - FAMILY_SHARE) ** 0.5 * own
        hits &= criterion.met(means[:, k, None] + sigmas[:, k, None] * error)
    return hits
