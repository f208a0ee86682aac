"""What is asked for, and the probability that a prediction meets it.

A prediction is a value with an interval at a stated level. It is read as a normal distribution in model space (photon
energy for an emission, logit of a yield, logarithm of a lifetime) whose centre is the value and whose central interval
at that level is the one stated. The level was calibrated on whole families; the shape of the tails was not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from mlcluster.errors import ConfigError, DataError
from mlcluster.labels.methods import Channel
from mlcluster.labels.targets import TARGETS, Target, get_target

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_NAME, _UNIT = r"\s*([A-Za-z][\w:. -]*?)\s*", r"\s*([%A-Za-z\u00b5\u03bc]*)\s*"
_LIMIT = re.compile(rf"{_NAME}(>=?|<=?)\s*({_NUMBER}){_UNIT}")
_RANGE = re.compile(rf"{_NAME}\bin\s+({_NUMBER})\s*\.\.\s*({_NUMBER}){_UNIT}")
_ALIASES = {
    "qy": "quantum_yield",
    "plqy": "quantum_yield",
    "yield": "quantum_yield",
    "photoluminescence_quantum_yield": "quantum_yield",
    "pl": "emission",
    "em": "emission",
    "emission_wavelength": "emission",
    "emission_maximum": "emission",
    "tau": "lifetime",
    "bandgap": "gap",
    "band_gap": "gap",
    "homo_lumo_gap": "gap",
    "ip": "ionization_energy",
    "ionization_potential": "ionization_energy",
    "ea": "electron_affinity",
}
"""Other names of targets, in small letters and with underscores."""
_SMALLEST = 1e-9  # width in model space of an interval that has none


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """A target, by its default method or a stated one, within limits.

    Parameters
    ----------
    target, method
        What is asked for; method None takes the first that was predicted.
    low, high
        Limits in the target's unit; infinite where there is none.
    """

    target: str
    method: str | None
    low: float
    high: float

    @property
    def name(self) -> str:
        """Target, with the method where it was stated."""
        return self.target if self.method is None else f"{self.target}:{self.method}"

    @property
    def definition(self) -> Target:
        """Unit, bounds and transform."""
        return get_target(self.target)

    def __str__(self) -> str:
        if np.isinf(self.high):
            return f"{self.name} > {self.low:g}"
        return f"{self.name} < {self.high:g}" if np.isinf(self.low) else f"{self.name} in {self.low:g}..{self.high:g}"

    def limits(self) -> tuple[float, float]:
        """Limits in model space, lower first."""
        to_model, falling = self.definition.to_model, self.definition.transform.decreasing
        ends = [-np.inf if np.isinf(x) else float(to_model(x)) for x in (self.low, self.high)]
        if np.isinf(self.high):
            ends[1] = np.inf
        if falling:
            ends = [-np.inf if np.isinf(self.high) else ends[1], np.inf if np.isinf(self.low) else ends[0]]
        return ends[0], ends[1]

    def probability(self, mean: NDArray[np.float64], sigma: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probability that a normal variable of model space lies within the limits; shapes as given."""
        low, high = self.limits()
        return ndtr((high - mean) / sigma) - ndtr((low - mean) / sigma)

    def cautious(self, mean: NDArray[np.float64], sigma: NDArray[np.float64], least: float) -> NDArray[np.float64]:
        """Probability by which candidates are ordered: never larger for a wider interval about the same value.

        A value that fails a limit comes the nearer to it the less is known of it; that would prefer ignorance. As the
        probability has no minimum between two widths, the smaller of those at its own width and at the least width of
        all candidates is the smallest of any width between.

        Parameters
        ----------
        mean, sigma
            In model space, equal shapes.
        least
            Smallest standard deviation of the candidates compared.
        """
        return np.minimum(self.probability(mean, sigma), self.probability(mean, np.full_like(sigma, least)))

    def met(self, value: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which values of model space lie within the limits."""
        low, high = self.limits()
        return (low <= value) & (value <= high)


def parse_criteria(texts: Sequence[str]) -> list[Criterion]:
    """Criteria as text: ``quantum_yield>0.3``, ``gap:optical < 2``, ``emission in 700..900``; those of one target join.

    Targets have their usual short names too (``QY``, ``PLQY``, ``PL``), and numbers may have a unit that the target
    knows (``%``, ``eV`` for a wavelength, ``ns``).

    Raises
    ------
    ConfigError
        If one cannot be understood, names an unknown target, method or unit, or cannot be met.

    Examples
    --------
    >>> [str(criterion) for criterion in parse_criteria(["gap > 1", "gap < 2", "quantum_yield>0.3"])]
    ['gap in 1..2', 'quantum_yield > 0.3']
    >>> parse_criteria(["QY>30%"]) == parse_criteria(["quantum_yield>0.3"])
    True
    """
    joined: dict[str, Criterion] = {}
    for text in texts:
        criterion = _parse(text)
        other = joined.get(criterion.name, criterion)
        low, high = max(criterion.low, other.low), min(criterion.high, other.high)
        if low >= high:
            raise ConfigError("this criterion cannot be met.", found=text, expected="a lower limit below the upper one")
        joined[criterion.name] = Criterion(target=criterion.target, method=criterion.method, low=low, high=high)
    if not joined:
        raise ConfigError("nothing is asked for.", expected='for instance --want "quantum_yield>0.3"')
    return list(joined.values())


def _parse(text: str) -> Criterion:
    limit, span = _LIMIT.fullmatch(text), _RANGE.fullmatch(text)
    if limit is None and span is None:
        raise ConfigError(
            "this criterion cannot be understood.",
            found=text,
            expected="target>number, target<number or target in a..b, each with a unit if it is not the target's",
        )
    name, _, method = (limit or span)[1].partition(":")  # type: ignore[index]
    try:
        target = get_target(_full_name(name))
        channel = Channel.parse(f"{target.name}:{method.strip()}") if method else None
    except DataError as error:
        raise ConfigError(error.what, site=text, found=error.found, expected=error.expected, hint=error.hint) from None
    if span is not None:
        ends = [_in_unit(target, float(span[k]), span[4], text) for k in (2, 3)]
        # Asked as photon energies, the ends of a wavelength change places.
        low, high = ends[::-1] if _falls(target, span[4]) else ends
    else:
        number = _in_unit(target, float(limit[3]), limit[4], text)  # type: ignore[index]
        above = (limit[2][0] == ">") != _falls(target, limit[4])  # type: ignore[index]
        low, high = (number, np.inf) if above else (-np.inf, number)
    return Criterion(target=target.name, method=None if channel is None else channel.method, low=low, high=high)


def _full_name(name: str) -> str:
    """Name of a target as `mlcluster.labels.targets` has it; what is none stays as it was written.

    >>> _full_name("Quantum yield"), _full_name("PLQY"), _full_name("HOMO-LUMO gap")
    ('quantum_yield', 'quantum_yield', 'gap')
    """
    plain = re.sub(r"[\s-]+", "_", name.strip().lower())
    full = _ALIASES.get(plain, plain)
    return full if full in TARGETS else name.strip()


def _unit_of(target: Target, unit: str) -> str:
    """A unit as the target spells it: micro as u, letter case as it is there."""
    written = unit.replace("\u00b5", "u").replace("\u03bc", "u")
    return next((known for known in target.accepted_units if known.lower() == written.lower()), unit) or target.unit


def _falls(target: Target, unit: str) -> bool:
    """Whether more in this unit is less in the target's own: photon energies of wavelengths."""
    return callable(target.accepted_units.get(_unit_of(target, unit)))


def _in_unit(target: Target, number: float, unit: str, text: str) -> float:
    named = _unit_of(target, unit)
    if named not in target.accepted_units:
        raise ConfigError(
            f"{target.name} has no such unit.", site=text, found=unit, expected=", ".join(target.accepted_units)
        )
    rule, (lowest, highest) = target.accepted_units[named], target.bounds
    value = float(rule(number) if callable(rule) else number * rule)
    if not lowest <= value <= highest:
        raise ConfigError(
            f"{target.name} cannot have this value.",
            site=text,
            found=f"{number:g} {unit}".rstrip(),
            expected=f"{lowest:g} to {highest:g} {target.unit}",
            hint=f"Is {number:g}% meant?" if "%" in target.accepted_units and not unit and 1 < number <= 100 else None,
        )
    return value


def in_model_space(
    target: Target, value: ArrayLike, lower: ArrayLike, upper: ArrayLike, level: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation in model space of values with intervals in the target's unit.

    The wider side of an interval counts; an end that was cut off at a bound of the target says nothing, unless both
    were.

    Parameters
    ----------
    target
        Of all of them.
    value, lower, upper, level
        Equal shapes (N,).

    Examples
    --------
    >>> mean, sigma = in_model_space(get_target("gap"), [1.0], [0.0], [2.0], [0.9])
    >>> float(sigma[0])
    0.607
    """
    transform, (lowest, highest) = target.transform, target.bounds
    least = lowest if transform.lowest is None else transform.lowest
    most = highest if transform.highest is None else transform.highest
    ends = np.stack([np.asarray(lower, dtype=np.float64), np.asarray(upper, dtype=np.float64)])
    mean = target.to_model(value)
    half = np.abs(target.to_model(ends) - mean)
    cut = np.stack([ends[0] <= least, ends[1] >= most])
    half = np.where(cut.all(axis=0), half, np.where(cut, 0.0, half)).max(axis=0)
    sigma = half / ndtri((1.0 + np.asarray(level, dtype=np.float64)) / 2.0)
    return mean, np.maximum(sigma, _SMALLEST)
