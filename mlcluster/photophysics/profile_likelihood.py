"""What the data say of one parameter: how far it can go, all others refitted, before the fit is worse than allowed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import optimize, stats

from mlcluster.photophysics.least_squares import Minimum, Problem, Vector, minimise, outward

_BETTER = 1e-6
_RESTARTS = 5
_AT_LIMIT, _STEP, _BEYOND, _NOTICED = 1e-3, 1e-4, 0.1, 0.05


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A fitted quantity with its interval.

    Parameters
    ----------
    name, unit
        What it is.
    best
        Where the fit is best; means nothing if the quantity is not determined.
    lower, upper, level
        Interval at `level`. An end that the data leave open is the limit of the search.
    open_ends
        ``"lower"`` and ``"upper"`` where the data set no end.
    standard_error
        From the covariance; None if there is none.
    interval
        ``"profile likelihood"``, ``"propagated"`` or ``"assumed"``.
    """

    name: str
    unit: str
    best: float
    lower: float | None
    upper: float | None
    level: float
    open_ends: tuple[str, ...] = ()
    standard_error: float | None = None
    interval: str = "profile likelihood"

    @property
    def determined(self) -> bool:
        """True if the data set both ends."""
        return not self.open_ends

    def to_dict(self) -> dict[str, Any]:
        """Row of ``parameters`` in the JSON document; no value where the data do not determine one."""
        return {
            "name": self.name,
            "value": self.best if self.determined else None,
            "unit": self.unit,
            "lower": self.lower,
            "upper": self.upper,
            "level": self.level,
            "determined": self.determined,
            "open": list(self.open_ends),
            "standard_error": self.standard_error if self.determined else None,
            "interval": self.interval,
        }


def fit(problem: Problem, level: float = 0.9) -> tuple[Minimum, list[Estimate]]:
    """Best fit and the profile-likelihood interval of every parameter.

    The sum of squares may grow by the `level` quantile of chi-squared (known noise) or by the residual variance times
    that of F(1, degrees of freedom) (noise estimated from the fit), all other parameters being fitted again: Venzon
    and Moolgavkar, Appl. Stat. 1988, 37, 87 (10.2307/2347496); identifiability so judged: Raue et al., Bioinformatics
    2009, 25, 1923 (10.1093/bioinformatics/btp358).

    Raises
    ------
    InputError
        If there are too few data.
    """
    minimum = minimise(problem)
    for _ in range(_RESTARTS):
        try:
            return minimum, [_estimate(problem, minimum, index, level) for index in range(len(problem.parameters))]
        except _Lower as lower:
            # A profile met a better fit than the search had found: begin again from there.
            better = minimise(problem, start=lower.coordinates)
            if better.cost >= minimum.cost * (1 - _BETTER):
                break
            minimum = better
    return minimum, [_estimate(problem, minimum, i, level, restart=False) for i in range(len(problem.parameters))]


class _Lower(Exception):  # noqa: N818 - no error: a signal between two functions of this module
    def __init__(self, coordinates: Vector) -> None:
        super().__init__()
        self.coordinates = coordinates


def allowed_growth(minimum: Minimum, level: float) -> float:
    """By how much the sum of squares may exceed its minimum inside an interval at `level`."""
    if minimum.noise_known:
        return float(stats.chi2.ppf(level, 1))
    return minimum.variance * float(stats.f.ppf(level, 1, minimum.degrees_of_freedom))


def _estimate(problem: Problem, minimum: Minimum, index: int, level: float, restart: bool = True) -> Estimate:
    parameter = problem.parameters[index]
    growth = allowed_growth(minimum, level)
    ends, open_ends = {}, []
    for name, limit in (("lower", parameter.lower), ("upper", parameter.upper)):
        reached, closed = _end(problem, minimum, index, parameter.inward(limit), growth, restart)
        if not closed:
            open_ends.append(name)
        ends[name] = parameter.outward(reached)
    error = float(np.sqrt(minimum.covariance[index, index]))
    best = float(minimum.values[index])
    return Estimate(
        name=parameter.name,
        unit=parameter.unit,
        best=best,
        lower=ends["lower"],
        upper=ends["upper"],
        level=level,
        open_ends=tuple(open_ends),
        standard_error=error * best if parameter.log else error,
    )


def _end(
    problem: Problem, minimum: Minimum, index: int, limit: float, growth: float, restart: bool
) -> tuple[float, bool]:
    """Coordinate at which the sum of squares has grown by `growth`, or the limit; and whether the data set that end.

    They do not if the limit comes first, or if another parameter leans on a limit of its search there: the end would
    then move with that limit.
    """
    best = float(minimum.coordinates[index])
    way = limit - best
    if abs(way) <= 1e-8 * max(1.0, abs(limit)):
        return limit, False
    warm = {"at": minimum.coordinates}
    seen = {best: -float(np.sqrt(growth))}

    def excess(coordinate: float) -> float:
        if coordinate not in seen:
            held = {index: coordinate}
            point = minimise(problem, held=held, start=warm["at"], rough=True)
            if point.cost - minimum.cost > growth:
                # Before the others are said to be unable to follow, they may begin elsewhere.
                point = min(point, minimise(problem, held=held, rough=True), key=lambda found: found.cost)
            if restart and point.cost < minimum.cost * (1 - _BETTER):
                raise _Lower(point.coordinates)
            warm["at"] = point.coordinates
            # The root of the growth is nearly linear in the parameter, which a root finder likes.
            seen[coordinate] = float(np.sqrt(max(point.cost - minimum.cost, 0.0)) - np.sqrt(growth))
        return seen[coordinate]

    error = float(np.sqrt(minimum.covariance[index, index]))
    step = min(abs(way), max(1.6 * error, 1e-6 * abs(way))) * np.sign(way)
    inside, outside = best, best + step
    while excess(outside) <= 0:
        if outside == limit:
            return limit, False
        inside, step = outside, 2 * step
        outside = limit if abs(outside + step - best) >= abs(way) else outside + step
    width = abs(outside - inside)
    end = float(optimize.brentq(excess, inside, outside, xtol=2e-3 * width, rtol=1e-6, maxiter=30, disp=False))
    return end, not _leans(problem, warm["at"], index, growth)


def _leans(problem: Problem, coordinates: Vector, held: int, growth: float) -> bool:
    """True if another parameter stands at a limit of its search that only the search has, and would go further.

    Zero is a limit of nature: no coupling is negative. Limits of what is searched in the logarithm are not.
    """
    for j, parameter in enumerate(problem.parameters):
        low, high = parameter.inward(parameter.lower), parameter.inward(parameter.upper)
        limits = [(high, -1.0)] + ([(low, 1.0)] if parameter.log or parameter.lower != 0.0 else [])
        for limit, inwards in limits:
            if j == held or abs(coordinates[j] - limit) > _AT_LIMIT * (high - low):
                continue
            step = _STEP * (high - low)
            costs = []
            for place in (limit, limit + inwards * step):
                shifted = coordinates.copy()
                shifted[j] = place
                vector = problem.residuals(outward(problem.parameters, shifted))
                costs.append(float(vector @ vector))
            # Growth on the way inwards, carried on to a tenth of the range beyond the limit.
            if (costs[1] - costs[0]) / _STEP * _BEYOND > _NOTICED * growth:
                return True
    return False


def normal(
    name: str, unit: str, value: float, error: float, level: float, degrees_of_freedom: float = np.inf
) -> Estimate:
    """Estimate of a quantity whose error was propagated; not determined if the error is infinite.

    With few degrees of freedom behind an estimated noise the quantile is that of Student's t.
    """
    half = float(stats.t.ppf((1 + level) / 2, degrees_of_freedom)) * error
    known = bool(np.isfinite(half))
    return Estimate(
        name=name,
        unit=unit,
        best=value,
        lower=value - half if known else None,
        upper=value + half if known else None,
        level=level,
        open_ends=() if known else ("lower", "upper"),
        standard_error=error,
        interval="propagated",
    )
