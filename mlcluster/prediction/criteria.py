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
from mlcluster.labels.targets import Target, get_target

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_LIMIT = re.compile(rf"\s*([\w:.-]+?)\s*(>=?|<=?)\s*({_NUMBER})\s*")
_RANGE = re.compile(rf"\s*([\w:.-]+?)\s+in\s+({_NUMBER})\s*\.\.\s*({_NUMBER})\s*")
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

    def met(self, value: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which values of model space lie within the limits."""
        low, high = self.limits()
        return (low <= value) & (value <= high)


def parse_criteria(texts: Sequence[str]) -> list[Criterion]:
    """Criteria as text: ``quantum_yield>0.3``, ``gap:optical < 2``, ``emission in 700..900``; those of one target join.

    Raises
    ------
    ConfigError
        If one cannot be understood, names an unknown target or method, or cannot be met.

    >>> [str(criterion) for criterion in parse_criteria(["gap > 1", "gap < 2", "quantum_yield>0.3"])]
    ['gap in 1..2', 'quantum_yield > 0.3']
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
            expected="target>number, target<number or target in a..b",
        )
    name = (limit or span)[1]  # type: ignore[index]
    try:
        channel = Channel.parse(name) if ":" in name else None
        target = get_target(name.partition(":")[0])
    except DataError as error:
        raise ConfigError(error.what, site=text, found=error.found, expected=error.expected, hint=error.hint) from None
    if span is not None:
        low, high = float(span[2]), float(span[3])
    else:
        number, above = float(limit[3]), limit[2][0] == ">"  # type: ignore[index]
        low, high = (number, np.inf) if above else (-np.inf, number)
    for end in (low, high):
        if not np.isinf(end) and not target.bounds[0] <= end <= target.bounds[1]:
            unit, (lowest, highest) = target.unit, target.bounds
            raise ConfigError(
                f"{target.name} cannot have this value.",
                site=text,
                found=f"{end:g}",
                expected=f"{lowest:g} to {highest:g} {unit}",
            )
    return Criterion(target=target.name, method=None if channel is None else channel.method, low=low, high=high)


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
