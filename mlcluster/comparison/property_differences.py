"""Differences of predicted properties and of the decay rates they imply, each with its interval and a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import erf, isfinite, sqrt
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mlcluster.labels.methods import Channel
from mlcluster.model.calibration import LEVEL, Z_LEVEL, Calibration
from mlcluster.photophysics.rates import nonradiative_rate, radiative_rate
from mlcluster.prediction.prediction import Prediction, quantity_of

IntervalKind = Literal["paired", "independent", "none"]

SAME_FORMULA = "predicted from the formula, which both share, so that the two cannot differ"
INDEPENDENT = "errors of A and B taken as independent"
TOO_FEW_PAIRS = "too few pairs so related are known: the wider interval of independent errors and of other pairs"

RATES = {"radiative_rate": radiative_rate, "nonradiative_rate": nonradiative_rate}
"""Rates by the name they have in outputs; in 1/s."""

RATE_UNIT = "1/s"
DRAWS = 20_000
"""Draws behind the interval of a rate: its ends are then known to about 1 % of its width."""


@dataclass(frozen=True, kw_only=True)
class PropertyDifference:
    """Difference B - A of one property.

    Parameters
    ----------
    target, method, unit
        What it is; `a`, `b`, `difference`, `lower` and `upper` are in `unit`.
    level
        Nominal level of the interval.
    p_increase
        Probability that B has the larger value.
    resolved
        Whether the interval leaves out zero.
    basis
        ``"calculation"``, ``"network"`` or ``"formula"``, what the predictions were made from; ``"derived"`` for
        rates.
    interval
        ``"paired"``: the members of the ensemble, where there are any, were subtracted first and the remaining error is
        that of held-out pairs; ``"independent"``: the errors of A and B combined as independent; ``"none"``: the two
        cannot differ.
    note
        What a reader has to know.
    informative
        Whether the model knows more of both values than the mean, as of `mlcluster.prediction.prediction.Prediction`.
    """

    target: str
    method: str
    unit: str
    a: float
    b: float
    difference: float
    lower: float
    upper: float
    level: float
    p_increase: float
    resolved: bool
    basis: str
    interval: IntervalKind
    note: str
    informative: bool | None = None

    def to_dict(self) -> dict[str, Any]:
        """Fields by name, and in words what kind of quantity is compared."""
        return asdict(self) | {"quantity": quantity_of(self.target, self.method, self.basis)}


def property_differences(
    predictions_a: Sequence[Prediction],
    predictions_b: Sequence[Prediction],
    *,
    same_formula: bool,
    members: Mapping[str, NDArray[np.float64]],
    calibrations: Mapping[str, Calibration],
    calculated: Mapping[str, Calibration] | None = None,
    borrowed: Mapping[str, Calibration] | None = None,
) -> list[PropertyDifference]:
    """Differences of all properties that both clusters have, by the same method and from the same basis.

    Parameters
    ----------
    predictions_a, predictions_b
        Of the two clusters.
    same_formula
        Whether composition and charge are the same.
    members
        By channel, the difference B - A of each member of the ensemble in model space, (M,).
    calibrations
        By channel, the calibration of differences between related clusters held out, where it applies to this pair.
    calculated
        The same of the calculation level, which has no members.
    borrowed
        Of the calculation level, the widest calibration of other kinds of pairs where too few of this kind are known.
    """
    others = {(p.target, p.method, p.basis): p for p in predictions_b}
    rows = []
    for p in predictions_a:
        q = others.get((p.target, p.method, p.basis))
        if q is None:
            continue
        channel = Channel(p.target, p.method).key
        if p.basis == "formula" and same_formula:
            rows.append(_no_difference(p, q))
        elif p.basis == "network" and channel in calibrations and channel in members:
            rows.append(paired_difference(p, q, members[channel], calibrations[channel]))
        elif p.basis == "calculation" and channel in (calculated or {}):
            rows.append(paired_difference(p, q, np.zeros(1), (calculated or {})[channel]))
        elif p.basis == "calculation" and channel in (borrowed or {}):
            other, alone = paired_difference(p, q, np.zeros(1), (borrowed or {})[channel]), independent_difference(p, q)
            wider = max(other, alone, key=lambda row: row.upper - row.lower)
            rows.append(replace(wider, interval="independent", note=TOO_FEW_PAIRS))
        else:
            rows.append(independent_difference(p, q))
    return rows


def independent_difference(a: Prediction, b: Prediction) -> PropertyDifference:
    """Difference of two predictions whose errors are taken as independent, combined in model space."""
    target = Channel(a.target, a.method).definition
    halves = []
    for p in (a, b):
        mean, ends = float(target.to_model(p.value)), (float(target.to_model(v)) for v in (p.lower, p.upper))
        # An end cut off at the bound of the target is the nearer one: the other end has the true half-width.
        halves.append(max(abs(end - mean) for end in ends))
    return _row(a, b, sqrt(halves[0] ** 2 + halves[1] ** 2), "independent", INDEPENDENT)


def paired_difference(
    a: Prediction, b: Prediction, members: NDArray[np.float64], calibration: Calibration
) -> PropertyDifference:
    """Difference with the interval that held-out pairs had at the same disagreement of the members.

    Parameters
    ----------
    members
        Difference B - A of each member, model space, (M,).
    """
    spread = float(np.std(members, ddof=min(len(members) - 1, 1)))
    outside = "outside" in (a.applicability, b.applicability)
    half = float(calibration.half_width(spread, outside))
    note = f"paired: calibrated on related pairs of {calibration.n_families} families held out"
    return _row(a, b, half, "paired", note)


def _row(a: Prediction, b: Prediction, half: float, interval: IntervalKind, note: str) -> PropertyDifference:
    """Carry an interval over from model space by the slope at the mean of the two values."""
    target = Channel(a.target, a.method).definition
    low, high = float(target.to_model(a.value)), float(target.to_model(b.value))
    step, middle = high - low, 0.5 * (low + high)
    ends = [
        float(target.from_model(middle + e / 2) - target.from_model(middle - e / 2)) for e in (step - half, step + half)
    ]
    probability = 0.5 * (1.0 + erf(step / (half / Z_LEVEL) / sqrt(2.0))) if half > 0 else 0.5 + 0.5 * np.sign(step)
    return PropertyDifference(
        target=a.target,
        method=a.method,
        unit=a.unit,
        a=a.value,
        b=b.value,
        difference=b.value - a.value,
        lower=min(ends),
        upper=max(ends),
        level=a.level if isfinite(a.level) else LEVEL,
        p_increase=float(1.0 - probability if target.transform.decreasing else probability),
        resolved=abs(step) > half,
        basis=a.basis,
        interval=interval,
        note=note,
        informative=_both_informative(a, b),
    )


def _both_informative(a: Prediction, b: Prediction) -> bool | None:
    told = (a.informative, b.informative)
    return False if False in told else None if None in told else True


def _no_difference(a: Prediction, b: Prediction) -> PropertyDifference:
    """Difference of two predictions from one formula: zero, and never resolved."""
    span = independent_difference(a, b)
    half = 0.5 * (span.upper - span.lower)
    return replace(
        span,
        difference=0.0,
        lower=-half,
        upper=half,
        level=a.level,
        p_increase=0.5,
        resolved=False,
        interval="none",
        note=SAME_FORMULA,
    )


def rate_differences(
    predictions_a: Sequence[Prediction], predictions_b: Sequence[Prediction], *, same_formula: bool
) -> list[PropertyDifference]:
    r"""Differences of :math:`k_r = \Phi/\tau` and :math:`k_{nr} = (1 - \Phi)/\tau` where both are predicted for both.

    None where a yield or a lifetime is predicted no better than by the mean: nothing follows from it. Both are drawn as
    independent and normal in model space (logit and log10), with fixed seeds.
    """
    found = [_yield_and_lifetime(predictions) for predictions in (predictions_a, predictions_b)]
    if found[0] is None or found[1] is None:
        return []
    generator = np.random.default_rng(0)
    draws = [tuple(_draw(p, generator) for p in pair) for pair in (found[0], found[1])]
    from_formula = any(p.basis == "formula" for pair in (found[0], found[1]) for p in pair)
    rows = []
    for name, rate in RATES.items():
        a, b = (rate(pair[0].value, pair[1].value) for pair in (found[0], found[1]))
        photons = [pair[0] if name == "radiative_rate" else 1.0 - pair[0] for pair in draws]
        difference = photons[1] / (1e-6 * draws[1][1]) - photons[0] / (1e-6 * draws[0][1])
        level = found[0][0].level
        lower, upper = np.quantile(difference, [(1 - level) / 2, (1 + level) / 2]).tolist()
        blind = from_formula and same_formula
        if blind:
            lower, upper = -0.5 * (upper - lower), 0.5 * (upper - lower)
        rows.append(
            PropertyDifference(
                target=name,
                method=found[0][0].method,
                unit=RATE_UNIT,
                a=a,
                b=b,
                difference=0.0 if blind else b - a,
                lower=lower,
                upper=upper,
                level=level,
                p_increase=0.5 if blind else float(np.mean(difference > 0)),
                resolved=not blind and (lower > 0 or upper < 0),
                basis="derived",
                interval="none" if blind else "independent",
                note=SAME_FORMULA if blind else "from quantum yield and lifetime, their errors taken as independent",
            )
        )
    return rows


def _yield_and_lifetime(predictions: Sequence[Prediction]) -> tuple[Prediction, Prediction] | None:
    by_target = {p.target: p for p in reversed(predictions)}
    if "quantum_yield" not in by_target or "lifetime" not in by_target:
        return None
    pair = by_target["quantum_yield"], by_target["lifetime"]
    return None if any(p.informative is False for p in pair) else pair


def _draw(prediction: Prediction, generator: np.random.Generator) -> NDArray[np.float64]:
    target = Channel(prediction.target, prediction.method).definition
    mean = float(target.to_model(prediction.value))
    half = max(abs(float(target.to_model(end)) - mean) for end in (prediction.lower, prediction.upper))
    return target.from_model(mean + half / Z_LEVEL * generator.standard_normal(DRAWS))
