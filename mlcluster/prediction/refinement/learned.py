"""What the calculations made so far tell of all candidates: the state between two rounds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlcluster.labels.methods import Channel
from mlcluster.prediction.criteria import Criterion, in_model_space
from mlcluster.prediction.refinement.candidates import Candidates
from mlcluster.prediction.refinement.choosing import HOPE, best_first, farthest_first, merit
from mlcluster.prediction.refinement.ledger import Ledger
from mlcluster.prediction.refinement.neighbourhood import LEAST, Estimate, doubt_of, estimate

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Learned:
    """A channel as its calculations and the fit on them tell it, model space, for N candidates.

    Parameters
    ----------
    values
        What calculations say, (N,); NaN without one.
    sigma
        Typical standard deviation of the truth about a calculation.
    estimate
        Of what a calculation would say of each.
    doubt
        Factor of its spreads, as estimates made before calculations have shown.
    error
        Mean absolute error of those estimates; None where there was none.
    reasons
        Why most calculations lie outside the domain of their model; empty where most lie inside.
    """

    values: Array
    sigma: float
    estimate: Estimate
    doubt: float
    error: float | None
    reasons: tuple[str, ...]

    @property
    def spread(self) -> Array:
        """Standard deviation of the estimates about what a calculation would say, (N,)."""
        return self.doubt * self.estimate.spread


def learn(channel: str | None, candidates: Candidates, ledger: Ledger) -> Learned | None:
    """Fit the calculations of one channel; None where there are too few."""
    if channel is None:
        return None
    parsed = Channel.parse(channel)
    values = np.full(len(candidates.keys), np.nan)
    sigmas, outside = [], []
    for number, key in enumerate(candidates.keys):
        for row in ledger.rows(key):
            if _channel(row) == channel:
                mean, sigma = in_model_space(
                    parsed.definition, [row["value"]], [row["lower"]], [row["upper"]], [row["level"]]
                )
                values[number] = mean[0]
                sigmas.append(float(sigma[0]))
                outside.append(tuple(row["reasons"]))
    known = np.flatnonzero(np.isfinite(values))
    if len(known) < LEAST:
        return None
    usual, count = Counter(outside).most_common(1)[0]
    if not usual and 2 * count <= len(outside):
        usual = Counter(each for each in outside if each).most_common(1)[0][0]
    doubt, error = _judged(channel, ledger)
    return Learned(
        values=values,
        sigma=float(np.median(sigmas)),
        estimate=estimate(candidates.descriptors, known, values[known]),
        doubt=doubt,
        error=error,
        reasons=usual,
    )


def leading_channels(channels: Sequence[Sequence[str]], ledger: Ledger) -> list[str | None]:
    """Of the channels that answer each criterion the one that calculations give first most often."""
    lines = [rows for line in ledger.calculated.values() for rows in line["clusters"]]
    leading: list[str | None] = []
    for own in channels:
        given = Counter(next((key for key in map(_channel, rows) if key in own), None) for rows in lines)
        del given[None]
        leading.append(min(given, key=lambda key: (-given[key], own.index(key))) if given else None)
    return leading


def _channel(row: dict) -> str:
    return f"{row['target']}:{row['method']}"


def _judged(channel: str, ledger: Ledger) -> tuple[float, float | None]:
    """Factor of the spreads, and mean absolute error in model space, of what was expected before calculations."""
    parsed = Channel.parse(channel)
    told = []
    for line in ledger.rounds:
        for content, by_channel in line["expected"].items():
            for row in ledger.rows((content, 0)) if channel in by_channel else ():
                if _channel(row) == channel:
                    told.append((*by_channel[channel], float(parsed.definition.to_model(row["value"]))))
    if not told:
        return 1.0, None
    expected, spread, found = np.array(told).T
    return doubt_of(expected, spread, found), float(np.abs(found - expected).mean())


def rankings(
    criteria: Sequence[Criterion], candidates: Candidates, learned: Sequence[Learned | None]
) -> list[list[int]]:
    """Two orders of the candidates: the best first, and those first that may be the best.

    Before anything is learned, the best by the screen's own predictions, and the most unlike each other.
    """
    means, sigmas = candidates.means.copy(), candidates.sigmas.copy()
    spreads = np.zeros_like(means)
    for k, each in enumerate(learned):
        if each is not None:
            is_known = np.isfinite(each.values)
            means[:, k] = np.where(is_known, each.values, each.estimate.mean)
            spreads[:, k] = np.where(is_known, 0.0, each.spread)
            sigmas[:, k] = each.sigma
    best = best_first(merit(criteria, means, sigmas, spreads))
    if any(each is not None for each in learned):
        return [best, best_first(merit(criteria, means, sigmas, spreads, HOPE))]
    return [best, list(farthest_first(candidates.descriptors, best[0]))] if best else []
