"""Every family held out in turn: the formula level and its baselines on the same rows, with intervals."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from mlcluster.model.calibration import fit_calibration
from mlcluster.model.domain import CRITERIA
from mlcluster.model.formula.candidates import CANDIDATES, Candidate
from mlcluster.training.formula.baselines import FITTERS, Predictor, residuals_of_families
from mlcluster.training.formula.fit import Fitted, choose, hold_out_families
from mlcluster.training.formula.rows import Rows
from mlcluster.training.scoring import ArmPredictions

Array = NDArray[np.float64]

FORMULA = "formula"
"""Name of the formula level among the arms."""


def held_out_arms(rows: Rows, seed: int = 0, candidates: Sequence[Candidate] = CANDIDATES) -> list[ArmPredictions]:
    """Predictions of each family by models that neither chose, fitted nor calibrated on it."""
    return [formula_arm(rows, seed, candidates), *(_baseline(name, fit, rows) for name, fit in FITTERS.items())]


def formula_arm(rows: Rows, seed: int = 0, candidates: Sequence[Candidate] = CANDIDATES) -> ArmPredictions:
    """The formula level alone."""
    families = np.array(rows.families)

    @functools.cache
    def without(left_out: frozenset[str]) -> Fitted:
        # The model without two families calibrates the interval of either of them.
        return choose(rows.take(~np.isin(families, sorted(left_out))), seed, candidates)[0]

    held = hold_out_families(rows, seed, candidates, lambda family: without(frozenset([family])))
    own, half = np.array(held.rows.families), np.empty(len(held.rows))
    for family in sorted(set(held.rows.families)):
        out = own == family
        others = hold_out_families(
            rows.take(families != family),
            seed,
            candidates,
            lambda other, family=family: without(frozenset([family, other])),  # type: ignore[misc]
        )
        half[out] = others.calibration().half_width(held.spread[out], held.outside[out])
    return _arm(FORMULA, held.rows, held.predicted, held.spread, half)


def arm_without_intervals(name: str, rows: Rows, predicted: Array) -> ArmPredictions:
    """Predictions of rows that nothing calibrates."""
    return _arm(name, rows, predicted, np.zeros(len(rows)), np.full(len(rows), np.nan))


def _baseline(name: str, fitter: Callable[[Rows], Predictor], rows: Rows) -> ArmPredictions:
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
    return _arm(name, known, predicted, np.zeros(len(known)), half)


def _arm(name: str, rows: Rows, predicted: Array, spread: Array, half: Array) -> ArmPredictions:
    return ArmPredictions(
        arm=name,
        channel=rows.channel,
        entries=_numbered(rows.entries),
        families=rows.families,
        label=rows.label,
        predicted=predicted,
        spread=spread,
        remoteness=np.full((len(rows), len(CRITERIA)), np.nan),
        half=half,
    )


def _numbered(entries: Sequence[str]) -> tuple[str, ...]:
    """Names that occur once each: a compound measured under several conditions is several rows."""
    seen: Counter[str] = Counter()
    names = []
    for entry in entries:
        seen[entry] += 1
        names.append(entry if seen[entry] == 1 else f"{entry} ({seen[entry]})")
    return tuple(names)
