r"""Equilibrium of two isomers: van 't Hoff from constants at several temperatures, and what it says about stability.

:math:`\ln K = \Delta S/R - \Delta H/RT`. For A -> B with a positive enthalpy K grows with temperature: B is then the
form of the warm solution and A that of the cold one. Who observes the opposite cannot have both in a model of two
states in equilibrium, and is told so.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy import constants

from mlcluster.errors import InputError
from mlcluster.photophysics.bench_result import BenchResult, paragraph
from mlcluster.photophysics.columns import same_length
from mlcluster.photophysics.conversion import GAS_KJ, ROOM_K, reciprocal_panel
from mlcluster.photophysics.least_squares import Free, Problem, propagated
from mlcluster.photophysics.profile_likelihood import Estimate, fit, normal

EXPLANATIONS = (
    "the cold form is made faster but is not the stable one (kinetic control; check that the reaction runs back)",
    "the heat was measured in the solid, with its packing, melting or loss of solvent, and the forms were observed in "
    "solution",
    "solvent, counter-ion or free ligand takes part, so that the two forms differ by more than their shape",
    "the enthalpy changes sign with temperature (a difference of heat capacities)",
    "there are more than two forms",
    "the sign of the heat, or which form is which, was read the wrong way round",
)
"""What would reconcile an enthalpy with an observed order of stability that contradicts it."""


def fit_van_t_hoff(
    temperature: ArrayLike,
    constant: ArrayLike,
    *,
    error: ArrayLike | None = None,
    reaction: str = "A -> B",
    cold: str | None = None,
    level: float = 0.9,
) -> BenchResult:
    """Enthalpy and entropy from equilibrium constants.

    Parameters
    ----------
    temperature
        Temperatures in K, shape (n,).
    constant
        Equilibrium constants [B]/[A], shape (n,).
    error
        Their standard errors, shape (n,); otherwise estimated from the scatter about the line.
    reaction
        Names of both forms, as in ``"S -> E"``.
    cold
        The form that is observed in the cold, to be held against the sign.
    level
        Level of the intervals.

    Raises
    ------
    InputError
        If there are fewer than three temperatures, something is not positive, or `cold` is neither form.
    """
    t, k = np.asarray(temperature, dtype=float), np.asarray(constant, dtype=float)
    s = None if error is None else np.asarray(error, dtype=float)
    same_length(temperature=t, constant=k, error=s)
    first, second = forms_of(reaction)
    _check_cold(cold, first, second)
    for name, values in (("temperature", t), ("constant", k), ("error", s)):
        if values is not None and values.min() <= 0:
            raise InputError(f"a {name} is positive.", site=f"row {int(values.argmin()) + 1}", found=values.min())
    if len(np.unique(t)) < 3:
        raise InputError("too few temperatures for a line.", found=len(np.unique(t)), expected="3 or more")
    weight = np.ones_like(t) if s is None else k / s
    slope, zero = np.polyfit(1 / t, np.log(k), 1)
    problem = Problem(
        parameters=(
            Free(name="enthalpy", unit="kJ/mol", starts=(-slope * GAS_KJ,), lower=-1e4, upper=1e4),
            Free(name="entropy", unit="J/(mol K)", starts=(zero * constants.R,), lower=-1e5, upper=1e5),
        ),
        residuals=lambda p: (p[1] / constants.R - p[0] / (GAS_KJ * t) - np.log(k)) * weight,
        noise_known=s is not None,
    )
    minimum, estimates = fit(problem, level)
    free, uncertain = propagated(minimum, lambda p: float(p[0] - ROOM_K * 1e-3 * p[1]), problem)
    estimates = [*estimates, normal("free energy at 298.15 K", "kJ/mol", free, uncertain, level, minimum.noise_degrees)]
    fitted = np.exp(minimum.values[1] / constants.R - minimum.values[0] / (GAS_KJ * t))
    return BenchResult(
        parameters=estimates,
        statistics={"model": "van 't Hoff", "reaction": f"{first} -> {second}", **minimum.statistics()},
        sentences=[
            *_sentences(estimates, first, second),
            *paragraph(estimates),
            *stability_sentences(estimates[0], reaction, cold),
        ],
        table={"T (K)": t, "K": k, "fitted": fitted},
        panels=(reciprocal_panel(t, np.log(k), np.log(fitted), "ln K", minimum),),
    )


def forms_of(reaction: str) -> tuple[str, str]:
    """Names of both forms of a reaction.

    Raises
    ------
    InputError
        If it is not written ``A -> B``.

    Examples
    --------
    >>> forms_of("S -> E")
    ('S', 'E')
    """
    parts = [part.strip() for part in reaction.replace("\N{RIGHTWARDS ARROW}", "->").split("->")]
    if len(parts) != 2 or not all(parts) or parts[0] == parts[1]:
        raise InputError("a reaction is written with two forms and an arrow.", found=reaction, expected="as in S -> E")
    return parts[0], parts[1]


def stability_sentences(enthalpy: Estimate, reaction: str, cold: str | None) -> list[str]:
    """Hold the sign of an enthalpy against the form observed in the cold.

    Parameters
    ----------
    enthalpy
        Of the reaction, with its interval.
    reaction, cold
        As of `fit_van_t_hoff`.

    Raises
    ------
    InputError
        If `cold` is neither form.
    """
    if cold is None:
        return []
    first, second = forms_of(reaction)
    _check_cold(cold, first, second)
    if not enthalpy.determined or enthalpy.lower is None or enthalpy.upper is None:
        return [f"The sign of the enthalpy is not known, so nothing follows about {cold} in the cold."]
    if enthalpy.lower <= 0 <= enthalpy.upper:
        return [f"The enthalpy may have either sign, so nothing follows about {cold} in the cold."]
    word = "endothermic" if enthalpy.best > 0 else "exothermic"
    expected = first if enthalpy.best > 0 else second
    if cold == expected:
        return [f"{first} -> {second} is {word}: {expected} is the form of the cold, as observed."]
    return [
        f"Contradiction: {first} -> {second} is {word}, so in an equilibrium of two forms {expected} is that of the "
        f"cold; but {cold} is observed there. A two-state model cannot have both.",
        f"What would explain it: {'; '.join(EXPLANATIONS)}.",
    ]


def _check_cold(cold: str | None, first: str, second: str) -> None:
    if cold is not None and cold not in (first, second):
        raise InputError("the form of the cold is not in the reaction.", found=cold, expected=f"{first} or {second}")


def _sentences(estimates: Sequence[Estimate], first: str, second: str) -> list[str]:
    enthalpy, entropy, free = estimates
    if not (enthalpy.determined and entropy.determined):
        return []
    word = "takes up" if enthalpy.best > 0 else "gives off"
    stable = second if free.best < 0 else first
    return [
        f"{first} -> {second} {word} {abs(enthalpy.best):.1f} kJ/mol ({enthalpy.lower:.1f} to {enthalpy.upper:.1f} "
        f"with its sign) and changes the entropy by {entropy.best:.0f} J/(mol K) "
        f"({entropy.lower:.0f} to {entropy.upper:.0f}).",
        f"At 298.15 K the free energy is {free.best:+.1f} kJ/mol: {stable} is the stable form there.",
    ]
