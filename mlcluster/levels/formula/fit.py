"""Fitting one channel of the formula level: descriptors and kernel are chosen by families left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcluster.levels.formula.channel_model import ChannelModel, design, domain_of, reasons_outside, standardised
from mlcluster.levels.formula.entries import Rows
from mlcluster.levels.formula.features import SETS
from mlcluster.levels.formula.predict import FORMULA
from mlcluster.levels.formula.settings import CANDIDATES, Candidate
from mlcluster.model.calibration import Calibration, fit_calibration
from mlcluster.model.gaussian_process import GaussianProcess, fit
from mlcluster.model.held_out import HeldOut
from mlcluster.model.scores import family_mean

Array = NDArray[np.float64]

_BOUND_ROUNDS = 2  # after which what stands for a bound changes by a small part of its spread


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """One candidate fitted to rows.

    Parameters
    ----------
    candidate, methods, center, scale, process
        See `ChannelModel`.
    error
        Mean over families of the mean absolute error, model space, of each predicted from the others; hyperparameters
        are those of all rows, so it is a little too small. It is used to choose, not to judge.
    """

    candidate: Candidate
    methods: tuple[str, ...]
    center: Array
    scale: Array
    process: GaussianProcess
    error: float

    def predict(self, rows: Rows) -> tuple[Array, Array]:
        """Mean and spread of other rows in model space, (N,) each."""
        inputs = design(rows.described, SETS[self.candidate.descriptors], len(self.methods))
        return self.process.predict(standardised(inputs, self.center, self.scale))


def choose(rows: Rows, seed: int = 0, candidates: Sequence[Candidate] = CANDIDATES) -> tuple[Fitted, dict[str, float]]:
    """The candidate with the smallest error on families left out, and the errors of all."""
    fitted = [fit_candidate(rows, candidate, seed) for candidate in candidates]
    return min(fitted, key=lambda one: one.error), {one.candidate.name: one.error for one in fitted}


def fit_channel(rows: Rows, seed: int = 0, candidates: Sequence[Candidate] = CANDIDATES) -> ChannelModel:
    """Model of a channel with intervals that rest on families held out of choice and fit alike.

    Only `rows` take part: a score on families that are not among them is an honest one.
    """
    best, tried = choose(rows, seed, candidates)
    return ChannelModel(
        channel=rows.channel,
        descriptors=SETS[best.candidate.descriptors],
        methods=best.methods,
        center=best.center,
        scale=best.scale,
        process=best.process,
        calibration=calibrated(*hold_out_families(rows, seed, candidates)),
        domain=domain_of(rows.records),
        fitted={
            "candidate": best.candidate.name,
            "tried": tried,
            "rows": len(rows),
            "families": len(set(rows.families)),
        },
    )


def hold_out_families(
    rows: Rows,
    seed: int = 0,
    candidates: Sequence[Candidate] = CANDIDATES,
    fit_without: Callable[[str], Fitted] | None = None,
) -> tuple[HeldOut, NDArray[np.bool_]]:
    """Predict each row that may judge by a model chosen and fitted without its family.

    Parameters
    ----------
    rows, seed, candidates
        As for `fit_channel`.
    fit_without
        Gives the model without a family, where such models have been made already.

    Returns
    -------
    tuple[HeldOut, NDArray[np.bool_]]
        The predictions, without intervals, and whether each row lies outside the domain of the model that predicted it.
    """
    families, judged = np.array(rows.families), rows.judged
    predicted, spread = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    outside = np.zeros(len(rows), dtype=bool)
    for family in sorted(set(families[judged].tolist())):
        learned, out = rows.take(families != family), judged & (families == family)
        fitted = choose(learned, seed, candidates)[0] if fit_without is None else fit_without(family)
        asked, domain = rows.take(out), domain_of(learned.records)
        predicted[out], spread[out] = fitted.predict(asked)
        outside[out] = [bool(reasons_outside(record, domain)) for record in asked.records]
    table = held_out_rows(FORMULA, rows.take(judged), predicted[judged], spread=spread[judged], seed=seed)
    return table, outside[judged]


def held_out_rows(name: str, rows: Rows, predicted: Array, **columns: Any) -> HeldOut:
    """Table of what a model or baseline says of rows; a compound measured under several conditions is several rows."""
    seen: Counter[str] = Counter()
    entries = []
    for entry in rows.entries:
        seen[entry] += 1
        entries.append(entry if seen[entry] == 1 else f"{entry} ({seen[entry]})")
    return HeldOut.of(name, rows.channel, entries, rows.families, rows.label, predicted, **columns)


def calibrated(table: HeldOut, outside: NDArray[np.bool_]) -> Calibration:
    """Calibrate intervals on the residuals of held-out rows."""
    return fit_calibration(table.label - table.predicted, table.spread, table.family.tolist(), outside=outside)


def fit_candidate(rows: Rows, candidate: Candidate, seed: int = 0) -> Fitted:
    """Fit one candidate; a bound enters as the mean of the values it allows (Tobit regression by expectation)."""
    methods = tuple(sorted(set(rows.methods) - {rows.own_method}))
    inputs = design(rows.described, SETS[candidate.descriptors], len(methods))
    for column, method in enumerate(methods, start=inputs.shape[1] - len(methods)):
        inputs[:, column] = [float(own == method) for own in rows.methods]
    center, scale = _center_and_scale(inputs)
    if methods:
        # An offset counts from the channel's own method, so that a prediction has zeros there.
        center[-len(methods) :], scale[-len(methods) :] = 0.0, 1.0
    x, y = standardised(inputs, center, scale), rows.label.copy()
    process = fit(x, y, rows.families, candidate.kernel, seed)
    bounds = [i for i, bound in enumerate(rows.bound) if bound is not None]
    for _ in range(_BOUND_ROUNDS if bounds else 0):
        mean, spread = process.without_row()
        for i in bounds:
            y[i] = _expected(mean[i], spread[i], rows.label[i], rows.bound[i] == "lower")
        process = fit(x, y, rows.families, candidate.kernel, seed)
    judged = rows.judged
    error = np.abs(process.without_family()[0] - rows.label)[judged]
    return Fitted(
        candidate=candidate,
        methods=methods,
        center=center,
        scale=scale,
        process=process,
        error=family_mean(error, np.array(rows.families)[judged]),
    )


def _center_and_scale(inputs: Array) -> tuple[Array, Array]:
    known = ~np.isnan(inputs)
    count = np.maximum(known.sum(axis=0), 1)
    center = np.where(known, inputs, 0.0).sum(axis=0) / count
    scale = np.sqrt((np.where(known, inputs - center, 0.0) ** 2).sum(axis=0) / count)
    return center, np.where(scale > 1e-9, scale, 1.0)


def _expected(mean: float, spread: float, bound: float, lower: bool) -> float:
    """Mean of a normal distribution cut off below, or above, at a bound."""
    from scipy.stats import norm

    sign = 1.0 if lower else -1.0
    beta = sign * (bound - mean) / spread
    # Density over tail through logarithms, which does not lose the ratio of two tiny numbers.
    return mean + sign * spread * float(np.exp(norm.logpdf(beta) - norm.logsf(beta)))
