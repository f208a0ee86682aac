r"""Isomerisation in time: first-order kinetics from absorbance, Eyring and Arrhenius over temperatures.

A reversible first-order reaction :math:`A \rightleftharpoons B` shows one exponential,
:math:`A(t) = A_\infty + (A_0 - A_\infty) e^{-kt}` with :math:`k = k_f + k_b`: absorbance alone gives their sum. With
the equilibrium constant K, :math:`k_f = kK/(1+K)` and :math:`k_b = k/(1+K)`. Eyring:
:math:`k = (k_B T/h) e^{\Delta S^\ddagger/R - \Delta H^\ddagger/RT}`; Arrhenius: :math:`k = A e^{-E_a/RT}`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike
from scipy import constants

from mlcluster.errors import InputError
from mlcluster.photophysics.bench_result import BenchResult, Panel, Series, paragraph
from mlcluster.photophysics.columns import same_length
from mlcluster.photophysics.least_squares import Free, Minimum, Problem, Vector, propagated
from mlcluster.photophysics.profile_likelihood import Estimate, fit, normal

GAS_KJ = constants.R * 1e-3
"""Gas constant in kJ/(mol K)."""

ROOM_K = 298.15


def eyring_rate(temperature: ArrayLike, enthalpy: float, entropy: float) -> Vector:
    """Rate in 1/s of an activation enthalpy in kJ/mol and entropy in J/(mol K) at temperatures in K, shape (n,).

    Examples
    --------
    >>> f"{eyring_rate([298.15], 100.0, 0.0)[0]:.2e}"
    '1.88e-05'
    """
    t = np.asarray(temperature, dtype=float)
    return constants.k * t / constants.h * np.exp(entropy / constants.R - enthalpy / (GAS_KJ * t))


def fit_first_order(
    time: ArrayLike, absorbance: ArrayLike, *, equilibrium: float | None = None, level: float = 0.9
) -> BenchResult:
    """Fit one trace of absorbance against time.

    Parameters
    ----------
    time
        Times in s, shape (n,).
    absorbance
        Absorbance at one wavelength, shape (n,).
    equilibrium
        Equilibrium constant [B]/[A], which splits the rate into forward and backward.
    level
        Level of the intervals.

    Raises
    ------
    InputError
        If there are too few points, or the constant is not positive.
    """
    t, y = np.asarray(time, dtype=float), np.asarray(absorbance, dtype=float)
    same_length(time=t, absorbance=y)
    if equilibrium is not None and not equilibrium > 0:
        raise InputError("an equilibrium constant is positive.", found=equilibrium)
    problem = _trace(t, y)
    minimum, estimates = fit(problem, level)
    rate = estimates[0]
    derived = [] if equilibrium is None else _split(rate, equilibrium, level, minimum.noise_degrees)
    half, error = propagated(minimum, lambda p: float(np.log(2) / p[0]), problem)
    derived.append(normal("half-life", "s", half, error if rate.determined else np.inf, level, minimum.noise_degrees))
    fitted = _first_order(minimum.values, t)
    residuals = -minimum.residuals / np.sqrt(minimum.variance or 1.0)
    return BenchResult(
        parameters=[*estimates, *derived],
        statistics={"model": "first order", **minimum.statistics()},
        sentences=_of_trace(rate, derived[-1], equilibrium, float(np.ptp(t)), [*estimates, *derived]),
        table={"time (s)": t, "absorbance": y, "fitted": fitted, "residual / s.d.": residuals},
        panels=(
            Panel(
                x_label="time (s)",
                y_label="absorbance",
                series=(Series(label="measured", x=t, y=y), Series(label="first order", x=t, y=fitted, style="line")),
                residuals=(t, residuals),
            ),
        ),
    )


def fit_activation(
    temperature: ArrayLike, rate: ArrayLike, *, error: ArrayLike | None = None, level: float = 0.9
) -> BenchResult:
    """Activation parameters from rates at several temperatures, by Eyring and by Arrhenius.

    Parameters
    ----------
    temperature
        Temperatures in K, shape (n,).
    rate
        Rate constants in 1/s, shape (n,).
    error
        Their standard errors, shape (n,); otherwise estimated from the scatter about the line.
    level
        Level of the intervals.

    Raises
    ------
    InputError
        If there are fewer than three temperatures, or something is not positive.
    """
    t, k = np.asarray(temperature, dtype=float), np.asarray(rate, dtype=float)
    s = None if error is None else np.asarray(error, dtype=float)
    same_length(temperature=t, rate=k, error=s)
    for name, values in (("temperature", t), ("rate", k), ("error", s)):
        if values is not None and values.min() <= 0:
            raise InputError(f"a {name} is positive.", site=f"row {int(values.argmin()) + 1}", found=values.min())
    if len(np.unique(t)) < 3:
        raise InputError("too few temperatures for a line.", found=len(np.unique(t)), expected="3 or more")
    weight = np.ones_like(t) if s is None else k / s
    reduced = 1e3 / t

    def line(name_slope: str, name_zero: str, unit_zero: str, y: Vector, to_zero: float, least: float) -> Problem:
        slope, zero = np.polyfit(reduced, y, 1)
        energy = Free(name=name_slope, unit="kJ/mol", starts=(-slope * GAS_KJ * 1e3,), lower=-1e4, upper=1e4)
        offset = Free(name=name_zero, unit=unit_zero, starts=(zero * to_zero,), lower=least, upper=1e5)
        return Problem(
            parameters=(energy, offset),
            residuals=lambda p: (p[1] / to_zero - p[0] / (GAS_KJ * t) - y) * weight,
            noise_known=s is not None,
        )

    reach = np.log(k / (constants.k * t / constants.h))
    eyring = line("activation enthalpy", "activation entropy", "J/(mol K)", reach, constants.R, -1e5)
    arrhenius = line("activation energy (Arrhenius)", "ln A (Arrhenius)", "ln(1/s)", np.log(k), 1.0, -1e5)
    minimum, estimates = fit(eyring, level)
    _, second = fit(arrhenius, level)
    barrier, uncertain = propagated(minimum, lambda p: float(p[0] - ROOM_K * 1e-3 * p[1]), eyring)
    estimates = [
        *estimates,
        normal("activation free energy at 298.15 K", "kJ/mol", barrier, uncertain, level, minimum.noise_degrees),
        *second,
    ]
    fitted = eyring_rate(t, *minimum.values)
    return BenchResult(
        parameters=estimates,
        statistics={"model": "Eyring and Arrhenius", "temperatures": len(t), **minimum.statistics()},
        sentences=_of_activation(estimates, t),
        table={"T (K)": t, "k (1/s)": k, "fitted (1/s)": fitted},
        panels=(reciprocal_panel(t, np.log(k / t), np.log(fitted / t), "ln(k/T)", minimum),),
    )


def fit_conversion(
    time: ArrayLike,
    absorbance: ArrayLike,
    temperature: ArrayLike,
    *,
    equilibrium: float | None = None,
    level: float = 0.9,
) -> BenchResult:
    """Kinetics at several temperatures: a rate of each trace, and the activation parameters of all.

    Parameters
    ----------
    time, absorbance, temperature
        One row a point: time in s, absorbance, temperature in K; shape (n,). Traces are told apart by temperature.
    equilibrium
        As for `fit_first_order`, the same at every temperature; used only with one.
    level
        Level of the intervals.

    Raises
    ------
    InputError
        If a trace has too few points.
    """
    t, y, k = (np.asarray(x, dtype=float) for x in (time, absorbance, temperature))
    same_length(time=t, absorbance=y, temperature=k)
    places = np.unique(k)
    if len(places) == 1:
        return fit_first_order(t, y, equilibrium=equilibrium, level=level)
    rates, errors, open_traces, traces = [], [], [], []
    for place in places:
        of = k == place
        problem = _trace(t[of], y[of])
        try:
            minimum, estimates = fit(problem, level)
        except InputError as error:
            raise error.placed(site=f"{place:g} K") from None
        rate = estimates[0]
        if not rate.determined:
            open_traces.append(place)
        rates.append(rate)
        errors.append(float(np.sqrt(minimum.covariance[0, 0])) * rate.best)
        traces.append((place, t[of], y[of], _first_order(minimum.values, t[of])))
    kept = [i for i, rate in enumerate(rates) if rate.determined]
    if len(kept) < 3:
        raise InputError(
            "too few temperatures whose rate the data determine.",
            found=len(kept),
            expected="3 or more",
            hint="Follow the reaction for longer, or more closely at its beginning.",
        )
    result = fit_activation(places[kept], [rates[i].best for i in kept], error=[errors[i] for i in kept], level=level)
    named = [replace(rate, name=f"k at {place:g} K") for rate, place in zip(rates, places, strict=True)]
    left = [f"The trace at {place:g} K does not determine its rate and is left out." for place in open_traces]
    panel = Panel(
        x_label="time (s)",
        y_label="absorbance",
        series=tuple(
            series
            for place, x, measured, fitted in traces
            for series in (
                Series(label=f"{place:g} K", x=x, y=measured),
                Series(label=f"{place:g} K, fit", x=x, y=fitted, style="line"),
            )
        ),
        residuals=(
            np.concatenate([trace[1] for trace in traces]),
            np.concatenate([(m - f) / max(float(np.std(m - f)), 1e-300) for _, _, m, f in traces]),
        ),
    )
    return BenchResult(
        parameters=[*result.parameters, *named],
        statistics=result.statistics,
        sentences=[*result.sentences, *left],
        table=result.table,
        panels=(*result.panels, panel),
    )


def _first_order(p: Vector, t: Vector) -> Vector:
    return p[2] + (p[1] - p[2]) * np.exp(-p[0] * (t - t.min()))


def _trace(t: Vector, y: Vector) -> Problem:
    span, room = float(np.ptp(t)), max(float(np.ptp(y)), 1e-6)
    step = float(np.diff(np.sort(t)).max()) if len(t) > 1 else 1.0
    first, last = float(y[np.argmin(t)]), float(y[np.argmax(t)])

    def end(name: str, start: float) -> Free:
        return Free(name=name, unit="", starts=(start,), lower=start - 100 * room, upper=start + 100 * room)

    rate = Free(name="k", unit="1/s", starts=(0.5 / span, 3.0 / span), lower=1e-4 / span, upper=20.0 / step, log=True)
    return Problem(parameters=(rate, end("A_0", first), end("A_inf", last)), residuals=lambda p: _first_order(p, t) - y)


def _split(rate: Estimate, equilibrium: float, level: float, degrees: float) -> list[Estimate]:
    error = rate.standard_error if rate.determined and rate.standard_error is not None else np.inf
    return [
        normal(name, "1/s", rate.best * share, error * share, level, degrees)
        for name, share in (("k forward", equilibrium / (1 + equilibrium)), ("k backward", 1 / (1 + equilibrium)))
    ]


def _of_trace(
    rate: Estimate, half: Estimate, equilibrium: float | None, span: float, estimates: Sequence[Estimate]
) -> list[str]:
    if not rate.determined:
        return [*paragraph(estimates), f"Within {span:.3g} s the trace does not tell how it would end."]
    sentences = [
        f"The reaction is first order with k = {rate.best:.4g} per s ({rate.lower:.4g} to {rate.upper:.4g}), "
        f"a half-life of {half.best:.4g} s."
    ]
    if equilibrium is None:
        sentences.append(
            "If the reaction is reversible, k is the sum of both directions; the equilibrium constant splits it."
        )
    return sentences + paragraph([e for e in estimates if e is not rate])


def _of_activation(estimates: Sequence[Estimate], t: Vector) -> list[str]:
    of = {e.name: e for e in estimates}
    enthalpy, entropy = of["activation enthalpy"], of["activation entropy"]
    barrier, energy = of["activation free energy at 298.15 K"], of["activation energy (Arrhenius)"]
    sentences = [
        f"{len(t)} temperatures from {t.min():g} to {t.max():g} K give an activation enthalpy of {enthalpy.best:.1f} "
        f"({enthalpy.lower:.1f} to {enthalpy.upper:.1f}) kJ/mol and an entropy of {entropy.best:.0f} "
        f"({entropy.lower:.0f} to {entropy.upper:.0f}) J/(mol K); by Arrhenius {energy.best:.1f} kJ/mol."
    ]
    sentences.append(
        f"The barrier at 298.15 K is {barrier.best:.1f} kJ/mol ({barrier.lower:.1f} to {barrier.upper:.1f})."
    )
    if np.ptp(t) < 15:
        sentences.append("The range of temperatures is short: enthalpy and entropy are known only together.")
    return sentences + paragraph(estimates)


def reciprocal_panel(t: Vector, y: Vector, fitted: Vector, label: str, minimum: Minimum) -> Panel:
    """Panel of a quantity against the reciprocal temperature, with the line fitted to it."""
    order = np.argsort(t)
    x = 1e3 / t[order]
    return Panel(
        x_label="1000 K / T",
        y_label=label,
        series=(Series(label="measured", x=x, y=y[order]), Series(label="fit", x=x, y=fitted[order], style="line")),
        residuals=(1e3 / t, -minimum.residuals / np.sqrt(minimum.variance or 1.0)),
    )
