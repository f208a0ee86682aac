r"""Width of an emission band against temperature: which vibrations broaden it, and which of them the data show.

Three forms, widths and couplings in meV, with the occupation :math:`n(E) = 1/(e^{E/kT} - 1)`:

``eq1``
    Eq. (1) of 10.1038/s41467-025-65024-3, an acoustic coth term and an optical Bose term under one root, after the
    width that does not depend on temperature:
    :math:`\Gamma_0 + \sqrt{S_{ac}^2 \coth(E_{ac}/2kT) + S_{op}^2\, n(E_{op})}`. With one mode the acoustic or
    the optical term is left out.
``huang-rhys``
    :math:`\Gamma_0 \sqrt{\coth(E/2kT)}`, the configuration-coordinate form (Huang and Rhys, Proc. R. Soc. A 1950, 204,
    406, 10.1098/rspa.1950.0184), where :math:`\Gamma_0 = 2\sqrt{2 \ln 2}\,\sqrt{S}\,E` gives the Huang-Rhys factor;
    with two modes the squares add: :math:`\sqrt{\Gamma_1^2 \coth(E_1/2kT) + \Gamma_2^2 \coth(E_2/2kT)}`.
``lattice``
    :math:`\Gamma_0 + \sigma_{ac} T + \Gamma_{LO}\, n(E_{LO})`, the form used for semiconductors (Rudin, Reinecke
    and Segall, Phys. Rev. B 1990, 42, 11218, 10.1103/PhysRevB.42.11218); with one mode without the linear term.

Couplings under the root of ``eq1`` stand squared here, because only so is a coupling in meV, as the paper states them,
a width in meV. Who writes the term as S n(E), or as S E n(E), describes the same curves with the same energies and the
same width at zero coupling: S is then the square given here, or that over E.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import constants

from mlcluster.errors import InputError
from mlcluster.photophysics.bench_result import BenchResult, Panel, Series, paragraph
from mlcluster.photophysics.columns import same_length
from mlcluster.photophysics.least_squares import Free, Minimum, Problem, Vector, minimise, preferred
from mlcluster.photophysics.profile_likelihood import Estimate, fit

Form = Literal["eq1", "huang-rhys", "lattice"]
Modes = Literal["auto", "one", "acoustic", "optical", "two"]
MODES: tuple[Modes, ...] = ("auto", "one", "acoustic", "optical", "two")
FORMS: tuple[Form, ...] = ("eq1", "huang-rhys", "lattice")

BOLTZMANN_MEV = constants.value("Boltzmann constant in eV/K") * 1e3
"""Boltzmann constant in meV/K."""

ACOUSTIC_MEV = (0.5, 20.0)
"""Energies of the vibrations of a kernel as a whole: breathing and quadrupolar modes lie at 5 to 160 cm-1."""

OPTICAL_MEV = (5.0, 400.0)
"""Energies of localised modes, from metal-ligand deformations to the C-H stretch."""


def coth(energy: float, temperature: Vector) -> Vector:
    """coth(E / 2kT) of an energy in meV at temperatures in K, shape (n,)."""
    return 1.0 / np.tanh(energy / (2.0 * BOLTZMANN_MEV * temperature))


def bose(energy: float, temperature: Vector) -> Vector:
    """Mean occupation of a mode of an energy in meV at temperatures in K, shape (n,)."""
    # Far below one quantum the occupation is zero; the exponential would overflow first.
    return 1.0 / np.expm1(np.minimum(energy / (BOLTZMANN_MEV * temperature), 700.0))


@dataclass(frozen=True)
class _Curve:
    """One form with a number of modes: its parameters and its function of parameters and temperature."""

    name: str
    modes: int
    parameters: tuple[Free, ...]
    width: Callable[[Vector, Vector], Vector]


def widths(temperature: ArrayLike, gamma_0: float, s_ac: float, e_ac: float, s_op: float, e_op: float) -> Vector:
    """Widths of ``eq1`` in meV at temperatures in K, shape (n,); energies and couplings in meV.

    Examples
    --------
    Warmer is broader:

    >>> widths([200.0, 300.0], 100.0, 20.0, 4.3, 137.7, 36.1).round(1).tolist()
    [176.7, 205.2]
    """
    t = np.asarray(temperature, dtype=float)
    return gamma_0 + np.sqrt(s_ac**2 * coth(e_ac, t) + s_op**2 * bose(e_op, t))


def fit_linewidth(
    temperature: ArrayLike,
    fwhm: ArrayLike,
    *,
    error: ArrayLike | None = None,
    form: Form = "eq1",
    modes: Modes = "auto",
    level: float = 0.9,
) -> BenchResult:
    """Fit the width of a band against temperature.

    Parameters
    ----------
    temperature
        Temperatures in K, shape (n,).
    fwhm
        Full widths at half maximum in meV, shape (n,).
    error
        Standard deviations of the widths in meV, shape (n,) or one number; otherwise estimated from the scatter.
    form
        See the head of this module.
    modes
        ``"one"`` (the better of acoustic and optical), ``"acoustic"``, ``"optical"``, ``"two"``, or ``"auto"``, which
        takes a second one only if both information criteria ask for it.
    level
        Level of the intervals.

    Raises
    ------
    InputError
        If temperatures or widths are not positive, or there are too few.
    """
    t, y = np.asarray(temperature, dtype=float), np.asarray(fwhm, dtype=float)
    same_length(temperature=t, fwhm=y)
    for name, values in (("temperature", t), ("FWHM", y)):
        if values.size and values.min() <= 0:
            raise InputError(f"a {name} is positive.", site=f"row {int(values.argmin()) + 1}", found=values.min())
    if form not in FORMS:
        raise InputError("unknown form of the linewidth.", found=form, expected=", ".join(FORMS))
    sigma = np.broadcast_to(np.asarray(1.0 if error is None else error, dtype=float), y.shape)
    if not (np.isfinite(sigma).all() and (sigma > 0).all()):
        raise InputError("the error of a width is positive.", found=sigma.min())
    weight = 1.0 / sigma
    if modes not in MODES:
        raise InputError("unknown number of modes.", found=modes, expected=", ".join(MODES))
    curves = [curve for curve in _curves(form, t, y) if _asked(curve, modes)]
    if not curves:
        raise InputError(f"the form {form} has no such mode.", found=modes, expected="auto, one or two")
    curves = [curve for curve in curves if len(curve.parameters) < len(y)]
    if not curves:
        raise InputError("too few temperatures for this form.", found=len(y), expected="more than its parameters")
    problems = [_problem(curve, t, y, weight, error is not None) for curve in curves]
    minima = [minimise(problem) for problem in problems]
    # Of several one-mode curves the best stands for all: they have equally many parameters.
    order = sorted(range(len(curves)), key=lambda i: (curves[i].modes, minima[i].cost))
    order = [i for n, i in enumerate(order) if n == 0 or curves[i].modes != curves[order[n - 1]].modes]
    chosen = order[preferred([minima[i] for i in order])]
    minimum, estimates = fit(problems[chosen], level)
    return _result(curves, minima, chosen, minimum, estimates, t, y, modes)


def _curves(form: Form, t: Vector, y: Vector) -> list[_Curve]:
    span, top = float(np.ptp(y)) or 1.0, float(y.max())
    gamma_0 = Free(name="Gamma_0", unit="meV", starts=(0.7 * float(y.min()),), lower=0.0, upper=top)

    def coupling(name: str) -> Free:
        return Free(name=name, unit="meV", starts=(2.0 * span,), lower=0.0, upper=100.0 * top)

    def energy(name: str, limits: tuple[float, float], *starts: float) -> Free:
        return Free(name=name, unit="meV", starts=starts, lower=limits[0], upper=limits[1], log=True)

    either = (ACOUSTIC_MEV[0], OPTICAL_MEV[1])
    if form == "eq1":
        acoustic = (coupling("S_ac"), energy("E_ac", ACOUSTIC_MEV, 3.0, 10.0))
        optical = (coupling("S_op"), energy("E_op", OPTICAL_MEV, 20.0, 60.0))
        return [
            _Curve("acoustic mode", 1, (gamma_0, *acoustic), lambda p, t: p[0] + p[1] * np.sqrt(coth(p[2], t))),
            _Curve("optical mode", 1, (gamma_0, *optical), lambda p, t: p[0] + p[1] * np.sqrt(bose(p[2], t))),
            _Curve("acoustic and optical mode", 2, (gamma_0, *acoustic, *optical), lambda p, t: widths(t, *p)),
        ]
    if form == "huang-rhys":

        def root(p: Vector, t: Vector) -> Vector:
            return np.sqrt(sum(p[i] ** 2 * coth(p[i + 1], t) for i in range(0, len(p), 2)))

        one = (coupling("Gamma_0"), energy("E", either, 10.0, 40.0))
        two = (
            coupling("Gamma_1"), energy("E_1", ACOUSTIC_MEV, 3.0, 10.0),
            coupling("Gamma_2"), energy("E_2", (ACOUSTIC_MEV[1], either[1]), 30.0, 80.0),
        )  # fmt: skip
        return [_Curve("one mode", 1, one, root), _Curve("two modes", 2, two, root)]
    slope = Free(name="sigma_ac", unit="meV/K", starts=(0.1 * span / float(np.ptp(t) or 1.0),), lower=0.0, upper=top)
    optical = (coupling("Gamma_LO"), energy("E_LO", OPTICAL_MEV, 20.0, 60.0))
    return [
        _Curve("optical mode", 1, (gamma_0, *optical), lambda p, t: p[0] + p[1] * bose(p[2], t)),
        _Curve(
            "acoustic slope and optical mode",
            2,
            (gamma_0, slope, *optical),
            lambda p, t: p[0] + p[1] * t + p[2] * bose(p[3], t),
        ),
    ]


def _asked(curve: _Curve, modes: str) -> bool:
    if modes in ("acoustic", "optical"):
        return curve.name == f"{modes} mode"
    return modes == "auto" or curve.modes == (1 if modes == "one" else 2)


def _problem(curve: _Curve, t: Vector, y: Vector, weight: Vector, known: bool) -> Problem:
    return Problem(
        parameters=curve.parameters,
        residuals=lambda p: (curve.width(p, t) - y) * weight,
        noise_known=known,
    )


def _result(
    curves: list[_Curve],
    minima: list[Minimum],
    chosen: int,
    minimum: Minimum,
    estimates: list[Estimate],
    t: Vector,
    y: Vector,
    modes: str,
) -> BenchResult:
    curve = curves[chosen]
    fitted = curve.width(minimum.values, t)
    fine = np.linspace(t.min(), t.max(), 200)
    tried = {c.name: dict(zip(("aicc", "bic"), m.criteria(), strict=True)) for c, m in zip(curves, minima, strict=True)}
    known = [e for e in estimates if e.determined]
    sentences = [_choice(curve, len({c.modes for c in curves}) > 1, modes)]
    if known:
        told = [f"{e.name} = {e.best:.3g} {e.unit} ({e.lower:.3g} to {e.upper:.3g})" for e in known]
        sentences.append(f"Known are {', '.join(told)}.")
    sentences += paragraph(estimates)
    if not known:
        sentences.append("Measure over a wider range, above all colder than the energies sought (E / k).")
    low, high = t.min(), t.max()
    sentences.append(f"kT goes from {BOLTZMANN_MEV * low:.1f} to {BOLTZMANN_MEV * high:.1f} meV in {len(t)} points.")
    return BenchResult(
        parameters=estimates,
        statistics={"form": curve.name, "modes": curve.modes, "tried": tried, **minimum.statistics()},
        sentences=sentences,
        table={"T (K)": t, "FWHM (meV)": y, "fitted (meV)": fitted, "residual / s.d.": -_scaled(minimum)},
        panels=(
            Panel(
                x_label="T (K)",
                y_label="FWHM (meV)",
                series=(
                    Series(label="measured", x=t, y=y),
                    Series(label=curve.name, x=fine, y=curve.width(minimum.values, fine), style="line"),
                ),
                residuals=(t, -_scaled(minimum)),
            ),
        ),
    )


def _scaled(minimum: Minimum) -> Vector:
    return minimum.residuals / np.sqrt(minimum.variance or 1.0)


def _choice(curve: _Curve, compared: bool, modes: str) -> str:
    if not compared or modes != "auto":
        return f"The {curve.name} was fitted as asked." if curve.modes == 1 else f"Fitted with {curve.name}."
    if curve.modes == 1:
        return f"One mode suffices ({curve.name}): a second one does not pay for its parameters."
    return f"Two modes are needed ({curve.name}): both criteria prefer them to one."
