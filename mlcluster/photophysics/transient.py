r"""Global analysis of a time x wavelength matrix: lifetimes shared by all wavelengths, spectra solved for linearly.

:math:`D(t, \lambda) = \sum_j c_j(t) s_j(\lambda)`, where every c is an exponential behind a Gaussian response whose
centre may run with the wavelength (dispersion). For given lifetimes the spectra follow by linear least squares, and
only the lifetimes, the width and the centre are searched (variable projection: Golub and Pereyra, SIAM J. Numer. Anal.
1973, 10, 413, 10.1137/0710036; Mullen and van Stokkum, J. Stat. Softw. 2007, 18(3), 10.18637/jss.v018.i03). In the
parallel model the spectra are decay-associated (DAS), in the sequential one, each state feeding the next slower,
evolution-associated (EAS); both fit equally well (van Stokkum et al., Biochim. Biophys. Acta 2004, 1657, 82,
10.1016/j.bbabio.2004.04.011).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg

from mlcluster.errors import InputError
from mlcluster.photophysics.bench_result import BenchResult, Panel, Series, paragraph
from mlcluster.photophysics.decay_model import FWHM_OF_SIGMA, gaussian_exponential
from mlcluster.photophysics.least_squares import Free, Minimum, Problem, Vector, minimise, preferred
from mlcluster.photophysics.profile_likelihood import Estimate, fit
from mlcluster.photophysics.transient_files import TransientMatrix

MOST_COMPONENTS = 4
_TRACES = 3
_DISPERSION_NM = 100.0


@dataclass(frozen=True)
class _Decays:
    """Concentrations of a number of exponentials, the last of them perhaps without end, for given parameters."""

    finite: int
    infinite: bool
    response: bool
    dispersion: int

    @property
    def count(self) -> int:
        """Number of components."""
        return self.finite + self.infinite

    def rates(self, p: Vector) -> Vector:
        """Decay rates in 1/ps, fastest first; 0 for a component without end."""
        finite = np.sort(1.0 / p[: self.finite])[::-1]
        return np.append(finite, 0.0) if self.infinite else finite

    def centre(self, p: Vector, wavelength: Vector) -> Vector:
        """Centre of the response at each wavelength in ps, shape (w,)."""
        shift = np.zeros(len(wavelength))
        reduced = (wavelength - wavelength.mean()) / _DISPERSION_NM
        for order in range(1, self.dispersion + 1):
            shift += p[self.finite + 1 + order] * reduced**order
        return p[self.finite] + shift

    def concentrations(self, p: Vector, matrix: TransientMatrix) -> Vector:
        """Shape (t, components), or (w, t, components) where the centre runs with the wavelength."""
        rates = self.rates(p)
        if not self.response:
            return np.exp(-np.outer(matrix.time - matrix.time[0], rates))
        sigma = p[self.finite + 1] / FWHM_OF_SIGMA
        if not self.dispersion:
            return gaussian_exponential(matrix.time[:, None], rates, p[self.finite], sigma)
        centre = self.centre(p, matrix.wavelength)
        return gaussian_exponential(matrix.time[None, :, None], rates, centre[:, None, None], sigma)


def fit_transient(
    matrix: TransientMatrix,
    *,
    components: int | Literal["auto"] = "auto",
    infinite: bool = True,
    model: Literal["parallel", "sequential"] = "parallel",
    response: bool = True,
    dispersion: int = 0,
    lifetimes: ArrayLike | None = None,
    level: float = 0.9,
) -> BenchResult:
    """Fit a matrix globally.

    Parameters
    ----------
    matrix
        What was measured.
    components
        Number of finite lifetimes, 1 to 4, or ``"auto"``: as many as both information criteria ask for.
    infinite
        True for one more component that lives longer than the window.
    model
        Which spectra to give: decay-associated or evolution-associated. The lifetimes are the same.
    response
        True for a Gaussian response whose centre and width are fitted; False if the data begin after it.
    dispersion
        Order of the polynomial in (wavelength - mean) / 100 nm by which the centre runs; 0 for none.
    lifetimes
        Where to begin, in ps; otherwise spread over the window.
    level
        Level of the intervals.

    Raises
    ------
    InputError
        If there are too few data, or an option is unknown.
    """
    if components != "auto" and components not in range(1, MOST_COMPONENTS + 1):
        raise InputError("unknown number of lifetimes.", found=components, expected=f"1 to {MOST_COMPONENTS} or auto")
    if model not in ("parallel", "sequential"):
        raise InputError("unknown model.", found=model, expected="parallel or sequential")
    if dispersion not in range(4):
        raise InputError("unknown order of the dispersion.", found=dispersion, expected="0 to 3")
    if dispersion and not response:
        raise InputError("a dispersion moves a response.", hint="Fit the response as well.")
    given = None if lifetimes is None else np.sort(np.asarray(lifetimes, dtype=float))
    numbers = [int(components)] if components != "auto" else list(range(1, MOST_COMPONENTS))
    if given is not None:
        numbers = [len(given)]
    every = [_Decays(n, infinite, response, dispersion) for n in numbers]
    problems = [_problem(decays, matrix, given) for decays in every]
    minima: list[Minimum] = []
    for problem in problems:
        minima.append(minimise(problem))
        if len(minima) > 1 and preferred(minima[-2:]) == 0:
            break
    chosen = preferred(minima)
    minimum, estimates = fit(problems[chosen], level)
    return _result(every[chosen], matrix, model, minimum, estimates, every, minima)


def _problem(decays: _Decays, matrix: TransientMatrix, given: Vector | None) -> Problem:
    time = matrix.time
    step, window = float(np.diff(time).min()), float(time[-1] - max(time[0], 0.0))
    begins = given if given is not None else np.geomspace(4 * step, 0.4 * window, decays.finite + 2)[1:-1]
    strength = np.abs(matrix.signal).max(axis=1)
    rise = float(time[int(np.argmax(strength > 0.5 * strength.max()))])
    parameters = [
        Free(name=f"tau{i}", unit="ps", starts=(float(begin),), lower=0.05 * step, upper=20 * window, log=True)
        for i, begin in enumerate(begins, start=1)
    ]
    if decays.response:
        reach = 0.5 * (time[-1] - time[0])
        parameters += [
            Free(name="t0", unit="ps", starts=(rise,), lower=time[0] - reach, upper=time[-1]),
            Free(
                name="response FWHM", unit="ps", starts=(4 * step,), lower=0.05 * step, upper=max(reach, step), log=True
            ),
        ]
        parameters += [
            Free(name=f"dispersion {order}", unit="ps", starts=(0.0,), lower=-reach, upper=reach)
            for order in range(1, decays.dispersion + 1)
        ]
    return Problem(
        parameters=tuple(parameters),
        residuals=lambda p: _remainder(decays.concentrations(p, matrix), matrix.signal),
        n_eliminated=decays.count * len(matrix.wavelength),
    )


def _remainder(concentrations: Vector, signal: Vector) -> Vector:
    """What no spectra can explain of the signal, shape (t * w,)."""
    q = np.linalg.qr(concentrations)[0]
    if q.ndim == 2:
        return (signal - q @ (q.T @ signal)).ravel()
    columns = signal.T[:, :, None]
    return (columns - q @ (q.transpose(0, 2, 1) @ columns)).ravel()


def spectra(decays: _Decays, p: Vector, matrix: TransientMatrix) -> Vector:
    """Decay-associated spectra of given parameters, shape (components, w)."""
    c = decays.concentrations(p, matrix)
    if c.ndim == 2:
        return linalg.lstsq(c, matrix.signal)[0]
    return np.stack([linalg.lstsq(c[j], matrix.signal[:, j])[0] for j in range(c.shape[0])], axis=1)


def sequential_amplitudes(rates: Vector) -> Vector:
    r"""Amplitudes by which the states of a sequential scheme are made of exponentials, shape (exponentials, states).

    State j is :math:`\sum_{i \le j} A_{ij} e^{-k_i t}` with
    :math:`A_{ij} = \prod_{m<j} k_m / \prod_{n \le j, n \ne i} (k_n - k_i)`.

    Examples
    --------
    >>> sequential_amplitudes(np.array([2.0, 1.0])).tolist()
    [[1.0, -2.0], [0.0, 2.0]]
    """
    n = len(rates)
    matrix = np.zeros((n, n))
    for j in range(n):
        for i in range(j + 1):
            others = [rates[m] - rates[i] for m in range(j + 1) if m != i]
            matrix[i, j] = math.prod(rates[:j].tolist()) / math.prod(others)
    return matrix


def _result(
    decays: _Decays,
    matrix: TransientMatrix,
    model: str,
    minimum: Minimum,
    estimates: list[Estimate],
    every: list[_Decays],
    minima: list[Minimum],
) -> BenchResult:
    p = minimum.values
    das = spectra(decays, p, matrix)
    rates = decays.rates(p)
    shown = das if model == "parallel" else np.linalg.solve(sequential_amplitudes(rates), das)
    word = "DAS" if model == "parallel" else "EAS"
    names = [f"{word} {1 / rate:.3g} ps" if rate else f"{word} longer than the window" for rate in rates]
    order = np.argsort(matrix.wavelength)
    t, w = matrix.signal.shape
    residuals = minimum.residuals.reshape(w, t).T if decays.dispersion else minimum.residuals.reshape(t, w)
    fitted = matrix.signal - residuals
    statistics: dict[str, Any] = {
        "model": model,
        "lifetimes": decays.finite,
        "infinite": decays.infinite,
        "root_mean_square": float(np.sqrt(minimum.cost / minimum.residuals.size)),
        "tried": {
            f"{d.finite} lifetimes": dict(zip(("aicc", "bic"), m.criteria(), strict=True))
            for d, m in zip(every, minima, strict=False)
        },
        **minimum.statistics(),
    }
    table: dict[str, np.ndarray] = {"wavelength (nm)": matrix.wavelength[order]}
    table |= {name: row[order] for name, row in zip(names, shown, strict=True)}
    return BenchResult(
        parameters=estimates,
        statistics=statistics,
        sentences=_sentences(decays, estimates, len(minima) > 1, float(matrix.time[-1])),
        table=table,
        panels=(
            Panel(
                x_label="wavelength (nm)",
                y_label=f"{word} (signal)",
                series=tuple(
                    Series(label=name, x=matrix.wavelength[order], y=row[order], style="line")
                    for name, row in zip(names, shown, strict=True)
                ),
            ),
            _traces(matrix, fitted, minimum),
        ),
    )


def _traces(matrix: TransientMatrix, fitted: Vector, minimum: Minimum) -> Panel:
    """A few wavelengths against time: where the signal is strongest, one in each part of the spectrum."""
    power = (matrix.signal**2).sum(axis=0)
    parts = np.array_split(np.argsort(matrix.wavelength), min(_TRACES, len(matrix.wavelength)))
    places = [int(part[np.argmax(power[part])]) for part in parts]
    series = []
    for j in places:
        label = f"{matrix.wavelength[j]:.0f} nm"
        series.append(Series(label=label, x=matrix.time, y=matrix.signal[:, j]))
        series.append(Series(label=f"{label}, fit", x=matrix.time, y=fitted[:, j], style="line"))
    residual = (matrix.signal - fitted)[:, places] / np.sqrt(minimum.variance or 1.0)
    return Panel(
        x_label="time (ps)",
        y_label="signal",
        series=tuple(series),
        residuals=(np.tile(matrix.time, len(places)), residual.T.ravel()),
        log_x=bool(matrix.time[-1] > 20),
    )


def _sentences(decays: _Decays, estimates: list[Estimate], compared: bool, window: float) -> list[str]:
    times = [e for e in estimates if e.name.startswith("tau") and e.determined]
    reason = "by both information criteria" if compared else "as asked"
    ending = " and one component that lives longer than the window" if decays.infinite else ""
    plural = "lifetime" if decays.finite == 1 else "lifetimes"
    sentences = [f"The matrix is described by {decays.finite} {plural}{ending} ({reason})."]
    if times:
        sentences.append("; ".join(f"{e.name} = {e.best:.4g} ps ({e.lower:.4g} to {e.upper:.4g})" for e in times) + ".")
    sentences += paragraph(estimates)
    if decays.infinite:
        sentences.append(f"The window ends at {window:.4g} ps; the last component does not decay within it.")
    return sentences
