"""Weighted least squares as every fit of the bench uses it: bounds, several starts, covariance, AICc and BIC."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from mlcluster.errors import InputError

Vector = NDArray[np.float64]

_FINE, _ROUGH = 1e-13, 1e-7
_FINE_CALLS, _ROUGH_CALLS = 400, 60
_MARGIN = 1e-4


@dataclass(frozen=True, kw_only=True)
class Free:
    """One parameter to be fitted.

    Parameters
    ----------
    name, unit
        As written in every output.
    starts
        Values to start from; the best end of all combinations is kept.
    lower, upper
        Limits of the search: what is physically possible.
    log
        Search in the logarithm, for what is positive and known only by its order of magnitude.
    """

    name: str
    unit: str
    starts: tuple[float, ...]
    lower: float
    upper: float
    log: bool = False

    def inward(self, value: float) -> float:
        """Value in the coordinate of the search."""
        return math.log(value) if self.log else value

    def outward(self, value: float) -> float:
        """Value in the unit of the parameter."""
        return math.exp(value) if self.log else value


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is to be fitted.

    Parameters
    ----------
    parameters
        Free parameters, p of them.
    residuals
        Maps parameters, shape (p,), to residuals, shape (n,), each over its standard deviation; for counts the
        deviance residuals of the Poisson distribution.
    noise_known
        True if residuals are in units of a known standard deviation; otherwise their scale is estimated.
    n_eliminated
        Linear parameters solved for inside `residuals` (variable projection); they count as fitted.
    """

    parameters: tuple[Free, ...]
    residuals: Callable[[Vector], Vector]
    noise_known: bool = False
    n_eliminated: int = 0


@dataclass(frozen=True, kw_only=True)
class Minimum:
    """The best fit of a `Problem`.

    Parameters
    ----------
    values
        Best values in the parameters' own units, shape (p,).
    coordinates, covariance
        The same in the coordinates of the search, and their covariance matrix, shape (p, p).
    residuals
        Weighted residuals, shape (n,).
    cost
        Sum of their squares.
    """

    values: Vector
    coordinates: Vector
    covariance: Vector
    residuals: Vector
    cost: float
    n_fitted: int
    noise_known: bool
    names: tuple[str, ...] = field(default=())

    @property
    def degrees_of_freedom(self) -> int:
        """Data less fitted parameters."""
        return len(self.residuals) - self.n_fitted

    @property
    def noise_degrees(self) -> float:
        """Degrees of freedom behind the scale of the noise; infinite if that is known."""
        return math.inf if self.noise_known else float(self.degrees_of_freedom)

    @property
    def variance(self) -> float:
        """Variance of a residual of weight one: 1 if the noise is known, estimated from the fit otherwise."""
        return 1.0 if self.noise_known else self.cost / self.degrees_of_freedom

    def criteria(self) -> tuple[float, float]:
        """Akaike's criterion with the correction for few data, and the Bayesian one; lower is better."""
        n, k = len(self.residuals), self.n_fitted + (not self.noise_known)
        # With every residual zero the likelihood has no bound; the smallest number keeps the criteria finite.
        deviance = self.cost if self.noise_known else n * math.log(max(self.cost / n, 1e-300))
        correction = 2 * k * (k + 1) / (n - k - 1) if n > k + 1 else math.inf
        return deviance + 2 * k + correction, deviance + k * math.log(n)

    def statistics(self) -> dict[str, Any]:
        """What is reported of every fit, with the covariance of the coordinates of the search."""
        aicc, bic = self.criteria()
        scale = np.sqrt(np.diag(self.covariance))
        with np.errstate(invalid="ignore", divide="ignore"):
            correlation = self.covariance / np.outer(scale, scale)
        return {
            "points": len(self.residuals),
            "fitted": self.n_fitted,
            "degrees_of_freedom": self.degrees_of_freedom,
            "sum_of_squares": self.cost,
            "reduced": self.cost / self.degrees_of_freedom,
            "aicc": aicc,
            "bic": bic,
            "names": list(self.names),
            "covariance": self.covariance.tolist(),
            "correlation": correlation.tolist(),
        }


def minimise(
    problem: Problem, *, held: Mapping[int, float] | None = None, start: Vector | None = None, rough: bool = False
) -> Minimum:
    """Best fit of a problem.

    Parameters
    ----------
    held
        Coordinates of the search that are kept, by index of their parameter.
    start
        Coordinates to start from; otherwise every combination of the parameters' own starts is tried.
    rough
        Stop at a millionth of the sum of squares: enough for a profile.

    Raises
    ------
    InputError
        If there are too few data.
    """
    held, parameters = dict(held or {}), problem.parameters
    low = np.array([p.inward(p.lower) for p in parameters])
    high = np.array([p.inward(p.upper) for p in parameters])
    free = np.array([i for i in range(len(parameters)) if i not in held], dtype=int)
    middle, half = 0.5 * (high + low)[free], 0.5 * (high - low)[free]
    template = np.zeros(len(parameters))
    for index, value in held.items():
        template[index] = value

    def whole(angles: Vector) -> Vector:
        coordinates = template.copy()
        coordinates[free] = middle + half * np.sin(angles)
        return coordinates

    def residuals(angles: Vector) -> Vector:
        return problem.residuals(outward(parameters, whole(angles)))

    starts = [_angles(start, low, high)[free]] if start is not None else _starts(parameters, low, high, free)
    n_data, n_fitted = len(residuals(starts[0])), len(free) + problem.n_eliminated
    if n_data <= n_fitted:
        raise InputError("too few points for this model.", found=f"{n_data} points", expected=f"more than {n_fitted}")
    if len(free):
        angles = min(
            (_search(residuals, s, rough=rough or len(starts) > 1) for s in starts), key=lambda found: found[0]
        )[1]
        if not rough and len(starts) > 1:
            angles = _search(residuals, angles)[1]
    else:
        angles = starts[0]
    vector = residuals(angles)
    minimum = Minimum(
        values=outward(parameters, whole(angles)),
        coordinates=whole(angles),
        covariance=np.zeros((len(parameters),) * 2),
        residuals=vector,
        cost=float(vector @ vector),
        n_fitted=n_fitted,
        noise_known=problem.noise_known,
        names=tuple(p.name for p in parameters),
    )
    if rough or not len(free):
        return minimum
    covariance = minimum.covariance.copy()
    jacobian = _jacobian(problem, minimum.coordinates, low, high)[:, free]
    covariance[np.ix_(free, free)] = minimum.variance * np.linalg.pinv(jacobian.T @ jacobian, hermitian=True)
    return replace(minimum, covariance=covariance)


def _search(residuals: Callable[[Vector], Vector], angles: Vector, rough: bool = False) -> tuple[float, Vector]:
    """Sum of squares and place where Levenberg-Marquardt ends (MINPACK), in the angles of MINUIT.

    The sine of an angle keeps its parameter within the limits (James, MINUIT manual, CERN D506).
    """
    tolerance = _ROUGH if rough else _FINE
    calls = (_ROUGH_CALLS if rough else _FINE_CALLS) * (len(angles) + 1)
    found = optimize.leastsq(
        residuals, angles, ftol=tolerance, xtol=tolerance, gtol=0.0, maxfev=calls, full_output=True
    )
    return float(found[2]["fvec"] @ found[2]["fvec"]), np.atleast_1d(found[0])


def _angles(coordinates: Vector, low: Vector, high: Vector) -> Vector:
    # At a limit the sine is flat and the search could not leave: begin a little inside.
    share = np.clip((np.asarray(coordinates) - low) / (high - low), _MARGIN, 1.0 - _MARGIN)
    return np.arcsin(2.0 * share - 1.0)


def _jacobian(problem: Problem, coordinates: Vector, low: Vector, high: Vector) -> Vector:
    """Derivatives of the residuals, shape (n, p), by central differences that stay within the limits."""
    columns = []
    for i in range(len(coordinates)):
        step = 1e-5 * max(abs(coordinates[i]), 1e-3 * (high[i] - low[i]), 1e-12)
        ends = []
        for sign in (1.0, -1.0):
            shifted = coordinates.copy()
            shifted[i] = np.clip(shifted[i] + sign * step, low[i], high[i])
            ends.append((shifted[i], problem.residuals(outward(problem.parameters, shifted))))
        columns.append((ends[0][1] - ends[1][1]) / (ends[0][0] - ends[1][0]))
    return np.array(columns).T


def propagated(minimum: Minimum, quantity: Callable[[Vector], float], problem: Problem) -> tuple[float, float]:
    """A quantity of the fitted parameters and its standard error, propagated to first order."""
    value = quantity(minimum.values)
    scale = np.sqrt(np.diag(minimum.covariance))
    gradient = np.zeros(len(scale))
    for i, error in enumerate(scale):
        step = 1e-3 * error if error > 0 else 1e-6
        ends = []
        for sign in (1.0, -1.0):
            shifted = minimum.coordinates.copy()
            shifted[i] += sign * step
            ends.append(quantity(outward(problem.parameters, shifted)))
        gradient[i] = (ends[0] - ends[1]) / (2 * step)
    return value, math.sqrt(max(float(gradient @ minimum.covariance @ gradient), 0.0))


def preferred(fits: Sequence[Minimum]) -> int:
    """Index of the simplest fit that no later one beats in **both** criteria: AICc alone takes too much.

    Parameters
    ----------
    fits
        From the simplest to the most complicated.
    """
    chosen = 0
    for index in range(1, len(fits)):
        old, new = fits[chosen].criteria(), fits[index].criteria()
        if new[0] < old[0] and new[1] < old[1]:
            chosen = index
    return chosen


def _starts(parameters: Sequence[Free], low: Vector, high: Vector, free: Vector) -> list[Vector]:
    return [
        _angles(np.array([p.inward(v) for p, v in zip(parameters, values, strict=True)]), low, high)[free]
        for values in product(*(p.starts for p in parameters))
    ]


def outward(parameters: Sequence[Free], coordinates: Vector) -> Vector:
    """Values in the parameters' own units of coordinates of the search, both of shape (p,)."""
    return np.array([math.exp(x) if p.log else x for p, x in zip(parameters, coordinates.tolist(), strict=True)])
