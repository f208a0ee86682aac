r"""Optical gap from an absorption spectrum: where the tangent of the first rise meets the baseline.

The spectrum is put on a scale of energy, :math:`E = hc/\lambda`, and by default each value times the Jacobian
:math:`|d\lambda/dE| \propto \lambda^2`, as is usual for metal clusters; it makes weak bands in the red stand out, moves
an onset by a few hundredths of an electronvolt, and is named in the result. Tauc plots take :math:`(AE)^2` (direct
allowed) or :math:`(AE)^{1/2}` (indirect allowed) in its place (Tauc, Grigorovici and Vancu, Phys. Status Solidi 1966,
15, 627, 10.1002/pssb.19660150224); a cluster has levels, no bands, so they are made only where asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import signal, stats

from mlcluster.errors import InputError
from mlcluster.photophysics.bench_result import BenchResult, Panel, Series
from mlcluster.photophysics.columns import same_length
from mlcluster.photophysics.least_squares import Vector
from mlcluster.photophysics.profile_likelihood import Estimate
from mlcluster.units import EV_NM

Tauc = Literal["none", "direct", "indirect"]
_POWERS: dict[str, float] = {"direct": 2.0, "indirect": 0.5}

SHARES = (0.3, 0.7)
"""Part of the height of the first rise through which the tangent is laid."""

_OTHER_SHARES = ((0.2, 0.6), (0.2, 0.8), (0.3, 0.6), (0.4, 0.7), (0.4, 0.8))
_FEWEST = 4
_LEAST_RISE = 0.05


@dataclass(frozen=True)
class _Tangent:
    """A line through part of the rise, and where it meets the baseline."""

    window: tuple[float, float]
    slope: float
    gap: float
    error: float
    points: int


def fit_gap(
    energy: ArrayLike,
    absorbance: ArrayLike,
    *,
    jacobian: bool = True,
    tauc: Tauc = "none",
    window: tuple[float, float] | None = None,
    baseline: tuple[float, float] | None = None,
    level: float = 0.9,
) -> BenchResult:
    """Optical gap by tangent.

    Parameters
    ----------
    energy
        Photon energies in eV, shape (n,).
    absorbance
        Absorbance at them, shape (n,).
    jacobian
        True to multiply by the Jacobian of the change from wavelength to energy.
    tauc
        ``"direct"`` or ``"indirect"`` for a Tauc plot.
    window
        Energies in eV between which the tangent is laid; otherwise 30 to 70 % of the height of the first rise.
    baseline
        Energies in eV between which nothing absorbs; otherwise everything below the rise.
    level
        Level of the interval. It holds for the window; how far others lead away is told apart.

    Raises
    ------
    InputError
        If the spectrum does not rise, or too few points lie in a window.
    """
    e, a = np.asarray(energy, dtype=float), np.asarray(absorbance, dtype=float)
    same_length(energy=e, absorbance=a)
    if tauc not in ("none", *_POWERS):
        raise InputError("unknown kind of Tauc plot.", found=tauc, expected="none, direct or indirect")
    if len(e) < 3 * _FEWEST or e.min() <= 0:
        raise InputError("a spectrum needs positive energies.", found=f"{len(e)} points", expected="12 or more")
    order = np.argsort(e)
    e, a = e[order], a[order]
    y, label = _ordinate(e, a, jacobian, tauc)
    smooth = _smoothed(y)
    below = _baseline_mask(e, smooth, baseline)
    floor, floor_variance = float(y[below].mean()), float(y[below].var(ddof=1) / below.sum())
    rise = _first_rise(e, smooth, floor, below)
    if window is not None:
        chosen = _tangent(e, y, floor, floor_variance, window)
        middle, half = 0.5 * (window[0] + window[1]), 0.5 * (window[1] - window[0])
        others = [(middle - f * half, middle + f * half) for f in (0.7, 0.85, 1.15, 1.3)]
    else:
        windows = [_share_window(e, smooth, floor, rise, shares) for shares in (SHARES, *_OTHER_SHARES)]
        chosen, others = _tangent(e, y, floor, floor_variance, windows[0]), windows[1:]
    tried = [chosen]
    for other in others:
        try:
            tried.append(_tangent(e, y, floor, floor_variance, other))
        except InputError:
            continue
    half_width = float(stats.t.ppf((1 + level) / 2, chosen.points - 2)) * chosen.error
    gap = Estimate(
        name="gap",
        unit="eV",
        best=chosen.gap,
        lower=chosen.gap - half_width,
        upper=chosen.gap + half_width,
        level=level,
        standard_error=chosen.error,
        interval="propagated",
    )
    gaps = [t.gap for t in tried]
    without = None if tauc != "none" else _of_other_scale(e, a, not jacobian, chosen.window, below)
    line = chosen.slope * (e - chosen.gap) + floor
    shown = (e > chosen.gap - 0.1) & (line < 1.2 * y[(e >= rise[0]) & (e <= rise[1])].max())
    return BenchResult(
        parameters=[gap],
        statistics={
            "method": f"tangent{' of a Tauc plot, ' + tauc if tauc != 'none' else ''}",
            "jacobian": jacobian,
            "points": chosen.points,
            "window": list(chosen.window),
            "baseline": floor,
            "gap_of_other_windows": {"lowest": min(gaps), "highest": max(gaps), "windows": len(tried)},
            "gap_on_the_other_scale": without,
            "covariance": [[chosen.error**2]],
        },
        sentences=_sentences(gap, chosen, gaps, jacobian, without, tauc),
        table={"energy (eV)": e, "absorbance": a, label: y},
        panels=(
            Panel(
                x_label="energy (eV)",
                y_label=label,
                series=(
                    Series(label="measured", x=e, y=y),
                    Series(label=f"tangent, gap {gap.best:.3f} eV", x=e[shown], y=line[shown], style="line"),
                ),
                residuals=_residuals(e, y, line, chosen.window),
            ),
        ),
    )


def _ordinate(e: Vector, a: Vector, jacobian: bool, tauc: str) -> tuple[Vector, str]:
    if tauc != "none":
        power = _POWERS[tauc]
        return np.maximum(a * e, 0.0) ** power, f"(A E)^{power:g}"
    if jacobian:
        # Normalised to 1 at 500 nm, so that the numbers keep the size of an absorbance.
        return a * (EV_NM / e / 500.0) ** 2, "absorbance x Jacobian"
    return a, "absorbance (unscaled)"


def _smoothed(y: Vector) -> Vector:
    length = max(int(0.04 * len(y)) | 1, 5)
    return signal.savgol_filter(y, length, 2) if len(y) > length else y


def _baseline_mask(e: Vector, smooth: Vector, baseline: tuple[float, float] | None) -> NDArray[np.bool_]:
    if baseline is not None:
        mask = (e >= baseline[0]) & (e <= baseline[1])
    else:
        low = np.quantile(smooth, 0.02)
        rises = np.flatnonzero(smooth > low + _LEAST_RISE * (smooth.max() - low))
        first = int(rises[0]) if rises.size else len(e)
        # The last part before the rise already belongs to its foot.
        mask = np.arange(len(e)) < max(int(0.8 * first), 0)
    if mask.sum() < _FEWEST:
        raise InputError(
            "too few points where nothing absorbs.",
            found=int(mask.sum()),
            expected=f"{_FEWEST} or more below the first rise",
            hint="Measure further into the red, or state the baseline.",
        )
    return mask


def _first_rise(e: Vector, smooth: Vector, floor: float, below: NDArray[np.bool_]) -> tuple[float, float]:
    """Energies between which the spectrum climbs to its first maximum or shoulder."""
    height = smooth - floor
    start = int(np.flatnonzero(below)[-1])
    slope = np.gradient(smooth, e)
    noise = float(np.std(smooth[below])) + 1e-12
    least = max(_LEAST_RISE * float(height.max()), 5 * noise)
    steepest = 0.0
    for i in range(start, len(e)):
        if height[i] > least:
            steepest = max(steepest, float(slope[i]))
            # A rise ends where it has lost most of its steepness: at the top of a band, or on a shoulder.
            if slope[i] < 0.1 * steepest:
                return float(e[start]), float(e[i])
    if steepest <= 0:
        raise InputError("the spectrum does not rise.", expected="an absorption band above the baseline")
    return float(e[start]), float(e[-1])


def _share_window(
    e: Vector, smooth: Vector, floor: float, rise: tuple[float, float], shares: tuple[float, float]
) -> tuple[float, float]:
    inside = np.flatnonzero((e >= rise[0]) & (e <= rise[1]))
    top = float(smooth[inside[-1]]) - floor
    height = smooth[inside] - floor
    low = e[inside[np.flatnonzero(height >= shares[0] * top)[0]]]
    high = e[inside[np.flatnonzero(height >= shares[1] * top)[0]]]
    return float(low), float(high)


def _tangent(e: Vector, y: Vector, floor: float, floor_variance: float, window: tuple[float, float]) -> _Tangent:
    inside = (e >= window[0]) & (e <= window[1])
    n = int(inside.sum())
    if n < _FEWEST:
        raise InputError(
            "too few points for a tangent.",
            found=f"{n} from {window[0]:.2f} to {window[1]:.2f} eV",
            expected=f"{_FEWEST} or more",
        )
    centre = float(e[inside].mean())
    design = np.column_stack([e[inside] - centre, np.ones(n)])
    (slope, value), squares, *_ = np.linalg.lstsq(design, y[inside], rcond=None)
    if slope <= 0:
        raise InputError(
            "the spectrum falls in the window of the tangent.", found=f"{window[0]:.2f} to {window[1]:.2f} eV"
        )
    variance = float(squares[0]) / (n - 2)
    covariance = variance * np.linalg.inv(design.T @ design)
    above = float(value) - floor
    gradient = np.array([above / slope**2, -1.0 / slope])
    error = float(np.sqrt(gradient @ covariance @ gradient + floor_variance / slope**2))
    return _Tangent(window, float(slope), centre - above / float(slope), error, n)


def _of_other_scale(
    e: Vector, a: Vector, jacobian: bool, window: tuple[float, float], below: NDArray[np.bool_]
) -> float | None:
    y, _ = _ordinate(e, a, jacobian, "none")
    try:
        return _tangent(e, y, float(y[below].mean()), 0.0, window).gap
    except InputError:
        return None


def _residuals(e: Vector, y: Vector, line: Vector, window: tuple[float, float]) -> tuple[Vector, Vector]:
    inside = (e >= window[0]) & (e <= window[1])
    off = (y - line)[inside]
    return e[inside], off / max(float(off.std()), 1e-300)


def _sentences(
    gap: Estimate, chosen: _Tangent, gaps: Sequence[float], jacobian: bool, other: float | None, tauc: str
) -> list[str]:
    kind = f"Tauc plot ({tauc} allowed)" if tauc != "none" else "tangent to the first rise"
    sentences = [
        f"The {kind} meets the baseline at {gap.best:.3f} eV ({gap.lower:.3f} to {gap.upper:.3f} for this window, "
        f"{chosen.window[0]:.2f} to {chosen.window[1]:.2f} eV)."
    ]
    if len(gaps) > 1:
        sentences.append(
            f"Other windows lead from {min(gaps):.3f} to {max(gaps):.3f} eV: that, not the noise, limits the number."
            if max(gaps) - min(gaps) > (gap.upper or 0) - (gap.lower or 0)
            else f"Other windows lead from {min(gaps):.3f} to {max(gaps):.3f} eV."
        )
    if other is not None:
        word = "Without" if jacobian else "With"
        sentences.append(f"{word} the Jacobian the same window gives {other:.3f} eV.")
    sentences.append("An onset is where absorption begins to show, not the energy of a state.")
    return sentences
