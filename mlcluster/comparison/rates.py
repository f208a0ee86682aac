"""Differences of the decay rates that a predicted quantum yield and lifetime imply."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mlcluster.comparison.properties import SAME_FORMULA, PropertyDifference
from mlcluster.labels.channels import Channel
from mlcluster.model.calibration import Z_LEVEL
from mlcluster.photophysics.rates import nonradiative_rate, radiative_rate
from mlcluster.prediction.prediction import Prediction

RATES = {"radiative_rate": radiative_rate, "nonradiative_rate": nonradiative_rate}
"""Rates by the name they have in outputs; in 1/s."""

RATE_UNIT = "1/s"
DRAWS = 20_000
"""Draws behind the interval of a rate: its ends are then known to about 1 % of its width."""


def rate_differences(
    predictions_a: Sequence[Prediction], predictions_b: Sequence[Prediction], *, same_formula: bool
) -> list[PropertyDifference]:
    r"""Differences of :math:`k_r = \Phi/\tau` and :math:`k_{nr} = (1 - \Phi)/\tau` where both are predicted for both.

    Yield and lifetime are drawn as independent and normal in model space (logit and log10), with fixed seeds.
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
    return by_target["quantum_yield"], by_target["lifetime"]


def _draw(prediction: Prediction, generator: np.random.Generator) -> NDArray[np.float64]:
    target = Channel(prediction.target, prediction.method).definition
    mean = float(target.to_model(prediction.value))
    half = max(abs(float(target.to_model(end)) - mean) for end in (prediction.lower, prediction.upper))
    return target.from_model(mean + half / Z_LEVEL * generator.standard_normal(DRAWS))
