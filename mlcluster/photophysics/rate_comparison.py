"""Radiative and nonradiative rates of one cluster or two, with the errors that yield and lifetime bring."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scipy import stats

from mlcluster.errors import InputError
from mlcluster.photophysics.bench_result import BenchResult
from mlcluster.photophysics.profile_likelihood import Estimate, normal
from mlcluster.photophysics.rates import implausible_rates, nonradiative_rate, radiative_rate

RATES = {"k_r": radiative_rate, "k_nr": nonradiative_rate}


@dataclass(frozen=True)
class Emission:
    """Quantum yield and lifetime in microseconds of an emitter, with standard errors (None if unknown)."""

    quantum_yield: float
    lifetime_us: float
    yield_error: float | None = None
    lifetime_error: float | None = None
    name: str = ""

    def __post_init__(self) -> None:
        for error in (self.yield_error, self.lifetime_error):
            if error is not None and not 0 <= error < math.inf:
                raise InputError("an error is not negative.", found=error)

    def rate(self, name: str) -> tuple[float, float | None]:
        """A rate in 1/s and its standard error, propagated to first order; None if an error is not known."""
        value = RATES[name](self.quantum_yield, self.lifetime_us)
        if self.yield_error is None or self.lifetime_error is None:
            return value, None
        per_yield = self.yield_error / (self.lifetime_us * 1e-6)
        return value, math.hypot(per_yield, value * self.lifetime_error / self.lifetime_us)


def rates(
    quantum_yield: Sequence[tuple[float, float | None]],
    lifetime_us: Sequence[tuple[float, float | None]],
    *,
    names: Sequence[str] = (),
    level: float = 0.9,
) -> dict[str, Any]:
    """Rates of one cluster or two, as ``mlcluster rates`` gives them.

    Parameters
    ----------
    quantum_yield, lifetime_us
        Value and standard error (None if unknown) of each cluster; yields as fractions, lifetimes in microseconds.
    names
        Names of the clusters.
    level
        Level of the intervals.

    Raises
    ------
    InputError
        If a number is impossible.
    """
    if len(quantum_yield) != len(lifetime_us) or len(names) not in (0, len(lifetime_us)):
        raise InputError(
            "every cluster needs a yield and a lifetime.", found=f"{len(quantum_yield)}, {len(lifetime_us)}"
        )
    labels = names or [""] * len(lifetime_us)
    emitters = [
        Emission(phi, tau, phi_error, tau_error, label)
        for (phi, phi_error), (tau, tau_error), label in zip(quantum_yield, lifetime_us, labels, strict=True)
    ]
    result = compare_rates(emitters, level=level).to_dict()
    measured = [{"name": e.name, "quantum_yield": e.quantum_yield, "lifetime_us": e.lifetime_us} for e in emitters]
    return result | {"measured": measured}


def compare_rates(emitters: Sequence[Emission], *, level: float = 0.9) -> BenchResult:
    r"""Rates :math:`k_r = \Phi/\tau` and :math:`k_{nr} = (1-\Phi)/\tau`; of two clusters ratios and differences too.

    Parameters
    ----------
    emitters
        One or two.
    level
        Level of the intervals.

    Raises
    ------
    InputError
        If there are none or more than two, or a yield or lifetime is impossible.
    """
    if len(emitters) not in (1, 2):
        raise InputError("rates are given of one cluster or two.", found=f"{len(emitters)} clusters")
    estimates: list[Estimate] = []
    names = [e.name or (f"cluster {n}" if len(emitters) > 1 else "") for n, e in enumerate(emitters, start=1)]
    for emitter, label in zip(emitters, names, strict=True):
        for name in RATES:
            value, error = emitter.rate(name)
            estimates.append(_given(f"{name} of {label}" if label else name, "1/s", value, error, level))
    sentences = [_of_one(emitter, label) for emitter, label in zip(emitters, names, strict=True)]
    if len(emitters) == 2:
        for name in RATES:
            (a, error_a), (b, error_b) = (emitter.rate(name) for emitter in emitters)
            known = error_a is not None and error_b is not None
            error = math.hypot(error_a or 0.0, error_b or 0.0) if known else None
            estimates.append(_given(f"difference of {name}", "1/s", b - a, error, level))
            if a > 0 and b > 0:
                relative = math.hypot((error_a or 0.0) / a, (error_b or 0.0) / b) if known else None
                estimates.append(_ratio(f"ratio of {name}", b / a, relative, level))
        sentences.append(_of_two(estimates, names))
    sentences += [
        f"{label or 'This emitter'}: {reason}; check the unit of the lifetime."
        for emitter, label in zip(emitters, names, strict=True)
        for reason in implausible_rates(emitter.quantum_yield, emitter.lifetime_us)
    ]
    if any(e.standard_error is None for e in estimates):
        sentences.append("No errors were given for yield and lifetime, so the rates have none.")
    sentences.append(
        "Both hold for one emitting state that every absorbed photon reaches; otherwise k_r is a lower limit."
    )
    return BenchResult(parameters=estimates, statistics={"clusters": len(emitters)}, sentences=sentences)


def _given(name: str, unit: str, value: float, error: float | None, level: float) -> Estimate:
    if error is not None:
        return normal(name, unit, value, error, level)
    return Estimate(name=name, unit=unit, best=value, lower=None, upper=None, level=level, interval="none")


def _ratio(name: str, value: float, relative: float | None, level: float) -> Estimate:
    """A ratio, whose error is normal in its logarithm."""
    if relative is None:
        return _given(name, "", value, None, level)
    factor = math.exp(float(stats.norm.ppf((1 + level) / 2)) * relative)
    return Estimate(
        name=name,
        unit="",
        best=value,
        lower=value / factor,
        upper=value * factor,
        level=level,
        standard_error=value * relative,
        interval="propagated",
    )


def _of_one(emitter: Emission, label: str) -> str:
    radiative, dark = emitter.rate("k_r")[0], emitter.rate("k_nr")[0]
    return (
        f"{label + ': a' if label else 'A'} yield of {emitter.quantum_yield:.4g} and a lifetime of "
        f"{emitter.lifetime_us:.4g} us mean k_r = {radiative:.3g} and k_nr = {dark:.3g} per s."
    )


def _of_two(estimates: Sequence[Estimate], names: Sequence[str]) -> str:
    parts = []
    for name in RATES:
        ratio = next((e for e in estimates if e.name == f"ratio of {name}"), None)
        if ratio is None:
            continue
        word = (
            f"{name} is {ratio.best:.2g} times as fast"
            if ratio.best >= 1
            else f"{name} {1 / ratio.best:.2g} times slower"
        )
        sure = ""
        if ratio.lower is not None and ratio.upper is not None:
            sure = " (not resolved from 1)" if ratio.lower <= 1 <= ratio.upper else " (resolved)"
        parts.append(word + sure)
    return f"From {names[0]} to {names[1]} {' and '.join(parts)}."
