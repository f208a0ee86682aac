"""Every family held out in turn: the formula level beside the mean and a ridge regression on the metals."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mlcluster.levels.formula.entries import Rows
from mlcluster.levels.formula.fit import Fitted, calibrated, choose, held_out_rows, hold_out_families
from mlcluster.levels.formula.formula_record import FormulaRecord
from mlcluster.levels.formula.settings import CANDIDATES, Candidate
from mlcluster.model.calibration import fit_calibration
from mlcluster.model.gaussian_process import level_and_scale
from mlcluster.model.held_out import HeldOut

Array = NDArray[np.float64]
Predictor = Callable[[Sequence[FormulaRecord]], Array]

_ALPHAS = np.logspace(-1, 4, 6)


def held_out_families(rows: Rows, seed: int = 0, candidates: Sequence[Candidate] = CANDIDATES) -> HeldOut:
    """Predictions of each family, with intervals, by models that neither chose, fitted nor calibrated on it."""
    baselines = (_baseline(name, fit, rows, seed) for name, fit in FITTERS.items())
    return HeldOut.joined([_with_intervals(rows, seed, candidates), *baselines])


def _with_intervals(rows: Rows, seed: int, candidates: Sequence[Candidate]) -> HeldOut:
    families = np.array(rows.families)

    @functools.cache
    def without(left_out: frozenset[str]) -> Fitted:
        # The model without two families calibrates the interval of either of them.
        return choose(rows.take(~np.isin(families, sorted(left_out))), seed, candidates)[0]

    table, outside = hold_out_families(rows, seed, candidates, lambda family: without(frozenset([family])))
    half = np.empty(len(table))
    for family in table.families:
        out = table.family == family
        others = hold_out_families(
            rows.take(families != family),
            seed,
            candidates,
            lambda other, family=family: without(frozenset([family, other])),  # type: ignore[misc]
        )
        half[out] = calibrated(*others).half_width(table.spread[out], outside[out])
    return replace(table, half=half)


def _baseline(name: str, fitter: Callable[[Rows], Predictor], rows: Rows, seed: int) -> HeldOut:
    known = rows.take(rows.judged)
    families = np.array(known.families)
    predicted, half = np.empty(len(known)), np.empty(len(known))
    for family in sorted(set(known.families)):
        out = families == family
        learned = known.take(~out)
        predicted[out] = fitter(learned)(known.take(out).records)
        residual = residuals_of_families(fitter, learned)
        calibration = fit_calibration(residual, np.zeros(len(residual)), learned.families)
        half[out] = calibration.half_width(np.zeros(int(out.sum())))
    return held_out_rows(name, known, predicted, half=half, seed=seed)


def fit_mean(rows: Rows) -> Predictor:
    """Predict the mean of the labels, each family weighing the same."""
    known = rows.take(rows.judged)
    level = level_and_scale(known.label, known.families)[0]
    return lambda records: np.full(len(records), level)


def fit_ridge(rows: Rows) -> Predictor:
    """Ridge regression on shares of the metals, size and charge; its penalty is chosen over families left out."""
    known = rows.take(rows.judged)
    metals = sorted({metal for record in known.records for metal in record.metals})
    inputs = _composition(known.records, metals)
    center, deviation, level = inputs.mean(axis=0), inputs.std(axis=0), float(known.label.mean())
    deviation = np.where(deviation > 1e-9, deviation, 1.0)
    x, y, families = (inputs - center) / deviation, known.label - level, np.array(known.families)
    left, strength, right = np.linalg.svd(x, full_matrices=False)
    groups = [np.flatnonzero(families == family) for family in np.unique(families)]
    # One family can leave none out: the middle penalty is as good as any.
    shrunk = [left * (strength**2 / (strength**2 + alpha)) @ left.T for alpha in _ALPHAS]
    best = len(_ALPHAS) // 2
    if len(groups) > 1:
        best = int(np.argmin([np.abs(_left_out(hat + 1.0 / len(y), y, groups)).mean() for hat in shrunk]))
    slope = right.T @ (strength / (strength**2 + _ALPHAS[best]) * (left.T @ y))
    return lambda records: level + (_composition(records, metals) - center) / deviation @ slope


FITTERS: dict[str, Callable[[Rows], Predictor]] = {"mean": fit_mean, "ridge on composition": fit_ridge}
"""Baselines by the name they have in tables."""


def residuals_of_families(fitter: Callable[[Rows], Predictor], rows: Rows) -> Array:
    """Label less prediction of the rows that may judge, each family predicted without it."""
    known = rows.take(rows.judged)
    families, residual = np.array(known.families), np.empty(len(known))
    for family in sorted(set(known.families)):
        out = families == family
        residual[out] = known.label[out] - fitter(known.take(~out))(known.take(out).records)
    return residual


def _left_out(hat: Array, y: Array, groups: Sequence[NDArray[np.intp]]) -> Array:
    """Residuals of groups left out of a linear smoother, in closed form from its hat matrix."""
    misfit, residual = y - hat @ y, np.empty(len(y))
    for rows in groups:
        residual[rows] = np.linalg.solve(np.eye(len(rows)) - hat[np.ix_(rows, rows)], misfit[rows])
    return residual


def _composition(records: Sequence[FormulaRecord], metals: Sequence[str]) -> Array:
    rows = [
        [
            *(record.metals.get(metal, 0) / record.n_metals for metal in metals),
            record.n_metals,
            (record.charge or 0) / record.n_metals,
        ]
        for record in records
    ]
    return np.array(rows, dtype=np.float64)
