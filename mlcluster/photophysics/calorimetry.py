"""Peaks of differential scanning calorimetry: onset, top, area and the enthalpy per mole of cluster."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import signal

from mlcluster.errors import InputError
from mlcluster.photophysics.bench_result import BenchResult, Panel, Series
from mlcluster.photophysics.columns import same_length
from mlcluster.photophysics.equilibrium import forms_of, stability_sentences
from mlcluster.photophysics.least_squares import Vector
from mlcluster.photophysics.profile_likelihood import Estimate, normal

_SMOOTHED = 0.08
_FLANK = (0.3, 0.7)
_FEWEST = 4


@dataclass(frozen=True)
class _Line:
    """Straight baseline and the covariance of its two coefficients, about the mean temperature."""

    slope: float
    value: float
    centre: float
    covariance: Vector
    noise: float

    def at(self, t: Vector) -> Vector:
        return self.value + self.slope * (t - self.centre)


def fit_calorimetry(
    temperature: ArrayLike,
    heat_flow: ArrayLike,
    *,
    peak: tuple[float, float],
    mass_mg: float,
    molar_mass: float,
    heating_rate: float,
    endothermic_up: bool = True,
    reaction: str = "A -> B",
    cold: str | None = None,
    level: float = 0.9,
) -> BenchResult:
    r"""Enthalpy of a transition from a scan.

    A straight line through the points on both sides of the peak is its baseline; the area above it, over the heating
    rate, is the heat :math:`q = \int (P - P_0)\, dT / \beta`, and :math:`\Delta H = q M / m`. The error is that of the
    noise and the baseline; which limits of the peak are taken is told by those a tenth wider and narrower.

    Parameters
    ----------
    temperature
        Temperatures in K, shape (n,), increasing.
    heat_flow
        Heat flow in mW, shape (n,).
    peak
        Where the peak begins and ends, K; outside of it is baseline.
    mass_mg
        Mass of the sample, mg.
    molar_mass
        Molar mass of what it consists of, counter-ion and solvent included, g/mol.
    heating_rate
        K/min.
    endothermic_up
        True if heat taken up points upwards.
    reaction, cold
        As of `mlcluster.photophysics.equilibrium.fit_van_t_hoff`.
    level
        Level of the intervals.

    Raises
    ------
    InputError
        If the peak does not lie inside the scan with baseline on both sides, or something is not positive.
    """
    t, p = np.asarray(temperature, dtype=float), np.asarray(heat_flow, dtype=float)
    same_length(temperature=t, heat_flow=p)
    forms_of(reaction)
    for name, value in (("mass", mass_mg), ("molar mass", molar_mass), ("heating rate", heating_rate)):
        if not 0 < value < np.inf:
            raise InputError(f"a {name} is positive.", found=value)
    bad = np.flatnonzero(np.diff(t) <= 0)
    if bad.size:
        raise InputError("temperatures have to increase.", site=f"row {bad[0] + 2}", found=t[bad[0] + 1])
    p = p if endothermic_up else -p
    # mW over K/min, times g/mol over mg, gives kJ/mol: 1e-3 W * 60 s/K / (1e-3 g) * g/mol * 1e-3.
    scale = 60.0 / heating_rate * molar_mass / mass_mg * 1e-3
    area, error, line = _area(t, p, *peak)
    width = peak[1] - peak[0]
    ends = []
    for share in (-0.1, 0.1):
        try:
            ends.append(_area(t, p, peak[0] - share * width, peak[1] + share * width)[0] * scale)
        except InputError:
            continue
    inside = (t >= peak[0]) & (t <= peak[1])
    height = p - line.at(t)
    sign = 1.0 if area >= 0 else -1.0
    smooth = _smoothed(sign * height)
    top = int(np.flatnonzero(inside)[np.argmax(smooth[inside])])
    onset, onset_error = _onset(t, sign * height, smooth, inside, top, line.noise)
    estimates = [
        normal("enthalpy", "kJ/mol", area * scale, error * scale, level),
        normal("onset", "K", onset, onset_error, level),
    ]
    joules_per_gram = area * scale / molar_mass * 1e3
    sentences = _sentences(estimates, joules_per_gram, float(t[top]), ends, reaction)
    sentences += stability_sentences(estimates[0], reaction, cold)
    return BenchResult(
        parameters=estimates,
        statistics={
            "model": "area above a straight baseline",
            "points": len(t),
            "peak_temperature": float(t[top]),
            "joules_per_gram": joules_per_gram,
            "enthalpy_of_other_limits": ends,
            "noise_mw": line.noise,
            "baseline": {"slope": line.slope, "value": line.value, "covariance": line.covariance.tolist()},
        },
        sentences=sentences,
        table={"T (K)": t, "heat flow (mW)": p, "baseline (mW)": line.at(t)},
        panels=(
            Panel(
                x_label="T (K)",
                y_label="heat flow, endothermic up (mW)",
                series=(
                    Series(label="measured", x=t, y=p, style="line"),
                    Series(label="baseline", x=t, y=line.at(t), style="line"),
                    Series(label="onset", x=np.array([onset]), y=line.at(np.array([onset]))),
                ),
                residuals=(t[~inside], (height / line.noise)[~inside]) if line.noise else None,
            ),
        ),
    )


def _area(t: Vector, p: Vector, low: float, high: float) -> tuple[float, float, _Line]:
    """Area above the baseline in mW K, its standard error, and the baseline."""
    inside = (t >= low) & (t <= high)
    before, after = t < low, t > high
    if inside.sum() < _FEWEST or before.sum() < _FEWEST or after.sum() < _FEWEST:
        raise InputError(
            "a peak needs baseline on both sides.",
            found=f"{before.sum()}, {inside.sum()} and {after.sum()} points before, in and behind it",
            expected=f"{_FEWEST} or more each",
        )
    centre = float(t[~inside].mean())
    design = np.column_stack([t[~inside] - centre, np.ones((~inside).sum())])
    (slope, value), squares, *_ = np.linalg.lstsq(design, p[~inside], rcond=None)
    variance = float(squares[0]) / (len(design) - 2) if squares.size else 0.0
    covariance = variance * np.linalg.inv(design.T @ design)
    line = _Line(float(slope), float(value), centre, covariance, float(np.sqrt(variance)))
    x = t[inside]
    weights = np.gradient(x)
    weights[[0, -1]] *= 0.5
    area = float(weights @ (p[inside] - line.at(x)))
    of_line = np.array([weights @ (x - centre), weights.sum()])
    error = float(np.sqrt(variance * (weights @ weights) + of_line @ covariance @ of_line))
    return area, error, line


def _smoothed(height: Vector) -> Vector:
    length = max(int(_SMOOTHED * len(height)) | 1, 5)
    return signal.savgol_filter(height, length, 2) if len(height) > length else height


def _onset(
    t: Vector, height: Vector, smooth: Vector, inside: NDArray[np.bool_], top: int, noise: float
) -> tuple[float, float]:
    """Where the tangent of the leading flank meets the baseline, and its standard error."""
    peak = smooth[top]
    rising = np.flatnonzero(inside & (np.arange(len(t)) < top))
    rising = rising[(smooth[rising] > _FLANK[0] * peak) & (smooth[rising] < _FLANK[1] * peak)]
    if len(rising) < 3:
        return float(t[top]), float("inf")
    centre = float(t[rising].mean())
    design = np.column_stack([t[rising] - centre, np.ones(len(rising))])
    (slope, value), *_ = np.linalg.lstsq(design, height[rising], rcond=None)
    if slope <= 0:
        return float(t[top]), float("inf")
    covariance = noise**2 * np.linalg.inv(design.T @ design)
    gradient = np.array([value / slope**2, -1.0 / slope])
    return centre - float(value / slope), float(np.sqrt(gradient @ covariance @ gradient))


def _sentences(
    estimates: list[Estimate], joules_per_gram: float, top: float, ends: list[float], reaction: str
) -> list[str]:
    enthalpy, onset = estimates
    first, second = forms_of(reaction)
    word = "takes up" if enthalpy.best > 0 else "gives off"
    sentences = [
        f"{first} -> {second} {word} {abs(enthalpy.best):.1f} kJ per mole of cluster ({abs(joules_per_gram):.2f} J/g), "
        f"between {enthalpy.lower:.1f} and {enthalpy.upper:.1f} with its sign by noise and baseline.",
        f"The peak lies at {top:.1f} K"
        + (f", its onset at {onset.best:.1f} K ({onset.lower:.1f} to {onset.upper:.1f})." if onset.determined else "; "
           "its onset is not determined."),
    ]  # fmt: skip
    if ends:
        sentences.append(
            "Limits of the peak a tenth narrower and wider give " + " and ".join(f"{e:.1f}" for e in ends) + " kJ/mol."
        )
    return sentences
