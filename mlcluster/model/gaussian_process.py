r"""Gaussian process regression with a random offset for each family, small enough to be kept as plain numbers.

Labels y of rows with standardised descriptors x, of families f, have the covariance

.. math:: k(x, x') = c + v_l\, x \cdot x' / D + v_r \exp(-|x - x'|^2 / (2 l^2 D)) + v_f [f = f'] + v_n [x \equiv x'],

so that ten relatives do not count as ten independent observations (a random-effects model). One of :math:`v_l` and
:math:`v_r` is zero: with a linear part it is ridge regression, without either the mean. Hyperparameters maximise the
evidence (Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, eq. 5.8) times a broad log-normal
prior. A family left out is predicted in closed form from the inverse covariance (ibid., section 5.4.2, for blocks in
place of single rows).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize

Array = NDArray[np.float64]
Kernel = Literal["mean", "linear", "rbf"]
KERNELS: tuple[Kernel, ...] = ("mean", "linear", "rbf")

_CONSTANT = 1.0  # prior variance of the level of all rows, in units of the variance of the labels
_LOWEST, _HIGHEST = 1e-4, 1e2
# Median of the log-normal priors, in units of the variance of the labels; the length in descriptor deviations.
_PRIOR = {"linear": 0.5, "rbf": 0.5, "length": 1.5, "family": 0.3, "noise": 0.3}
_VARIED: dict[Kernel, tuple[str, ...]] = {"mean": (), "linear": ("linear",), "rbf": ("rbf", "length")}
_PRIOR_WIDTH = 1.5  # standard deviation of the natural logarithm


@dataclass(frozen=True, kw_only=True)
class Hyperparameters:
    """Variances of the parts of the covariance, in units of the variance of the labels, and the length of the RBF."""

    linear: float = 0.0
    rbf: float = 0.0
    length: float = 1.0
    family: float = 0.3
    noise: float = 0.3

    def to_json(self) -> dict[str, float]:
        """Plain values."""
        return asdict(self)


class GaussianProcess:
    """Conditioned on rows; made by `fit`, or from stored rows and hyperparameters.

    Parameters
    ----------
    x
        Standardised descriptors of the rows, (N, D).
    y
        Labels in model space, (N,).
    families
        Of each row.
    parameters
        Hyperparameters.
    """

    def __init__(self, x: Array, y: Array, families: Sequence[str], parameters: Hyperparameters) -> None:
        self.x, self.y, self.parameters = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64), parameters
        self.families = tuple(families)
        self.center, self.scale = level_and_scale(self.y, self.families)
        same = same_family(self.families)
        covariance = _kernel(self.x, self.x, parameters) + parameters.family * same
        covariance[np.diag_indices(len(self.y))] += parameters.noise
        self._factor = _factor(covariance)
        self._weights = cho_solve(self._factor, (self.y - self.center) / self.scale)

    def predict(self, x: Array) -> tuple[Array, Array]:
        """Mean and standard deviation of a new label of a new family, model space, (M,) each.

        Parameters
        ----------
        x
            Standardised descriptors, (M, D).
        """
        p = self.parameters
        cross = _kernel(x, self.x, p)
        own = _CONSTANT + p.linear * (x**2).mean(axis=1) + p.rbf + p.family + p.noise
        variance = own - (cross * cho_solve(self._factor, cross.T).T).sum(axis=1)
        return self.center + self.scale * (cross @ self._weights), self.scale * np.sqrt(np.maximum(variance, p.noise))

    def without_family(self) -> tuple[Array, Array]:
        """Mean and standard deviation of every row from the rows of all other families, model space, (N,) each."""
        names = np.array(self.families)
        inverse = cho_solve(self._factor, np.eye(len(self.y)))
        residual, deviation = np.empty(len(self.y)), np.empty(len(self.y))
        for name in sorted(set(self.families)):
            rows = np.flatnonzero(names == name)
            covariance = np.linalg.inv(inverse[np.ix_(rows, rows)])
            residual[rows] = covariance @ self._weights[rows]
            deviation[rows] = np.sqrt(np.diag(covariance))
        return self.y - self.scale * residual, self.scale * deviation

    def without_row(self) -> tuple[Array, Array]:
        """Mean and standard deviation of every row from all other rows, its relatives among them, (N,) each."""
        variance = 1.0 / np.diag(cho_solve(self._factor, np.eye(len(self.y))))
        return self.y - self.scale * variance * self._weights, self.scale * np.sqrt(variance)

    def to_json(self) -> dict[str, Any]:
        """Rows and hyperparameters as plain values."""
        return {
            "x": self.x.tolist(),
            "y": self.y.tolist(),
            "families": list(self.families),
            "hyperparameters": self.parameters.to_json(),
        }


def fit(x: Array, y: Array, families: Sequence[str], kernel: Kernel, seed: int = 0) -> GaussianProcess:
    """Gaussian process whose hyperparameters maximise the evidence.

    Parameters
    ----------
    x, y, families
        As for `GaussianProcess`.
    kernel
        Parts of the covariance beside family and noise.
    seed
        0 starts the search in the middle of the priors, any other at a draw from them.
    """
    names = [*_VARIED[kernel], "family", "noise"]
    prior = np.log([_PRIOR[name] for name in names])
    center, scale = level_and_scale(y, families)
    z, same = (np.asarray(y) - center) / scale, same_family(families)
    products = x @ x.T / max(x.shape[1], 1)
    eye = np.eye(len(z))
    squared = np.maximum(np.diag(products)[:, None] + np.diag(products)[None] - 2 * products, 0.0)

    def loss(theta: Array) -> tuple[float, Array]:
        value = dict(zip(names, np.exp(theta), strict=True))
        terms: dict[str, Array] = {"family": value["family"] * same, "noise": value["noise"] * eye}
        if "linear" in value:
            terms["linear"] = value["linear"] * products
        if "rbf" in value:
            terms["rbf"] = value["rbf"] * np.exp(-squared / (2 * value["length"] ** 2))
        factor = _factor(np.sum(list(terms.values()), axis=0) + _CONSTANT)
        weights = cho_solve(factor, z, check_finite=False)
        evidence = -0.5 * z @ weights - np.log(np.diag(factor[0])).sum()
        outer = np.outer(weights, weights) - cho_solve(factor, eye, check_finite=False)
        if "rbf" in value:
            terms["length"] = terms["rbf"] * squared / value["length"] ** 2
        slope = np.array([0.5 * (outer * terms[name]).sum() for name in names])
        offset = (theta - prior) / _PRIOR_WIDTH
        return -(evidence - 0.5 * offset @ offset), -(slope - offset / _PRIOR_WIDTH)

    bounds = [(np.log(_LOWEST), np.log(_HIGHEST))] * len(names)
    start = prior + (np.random.default_rng(seed).normal(size=len(prior)) if seed else 0.0)
    best = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    values = dict(zip(names, np.exp(best.x).tolist(), strict=True))
    return GaussianProcess(x, y, families, Hyperparameters(**values))


def level_and_scale(y: Array, families: Sequence[str]) -> tuple[float, float]:
    """Mean and standard deviation of labels, each family weighing the same; a deviation of 0 counts as 1."""
    names = np.array(families)
    weight = 1.0 / np.array([np.sum(names == name) for name in families])
    center = float(np.average(y, weights=weight))
    deviation = float(np.sqrt(np.average((np.asarray(y) - center) ** 2, weights=weight)))
    return center, deviation if deviation > 1e-9 else 1.0


def same_family(families: Sequence[str]) -> Array:
    """(N, N) of ones where two rows are of one family."""
    names = np.array(families)
    return (names[:, None] == names[None]).astype(np.float64)


def _factor(covariance: Array) -> tuple[Array, bool]:
    return cho_factor(covariance, lower=True, check_finite=False)


def _kernel(a: Array, b: Array, p: Hyperparameters) -> Array:
    n = max(a.shape[1], 1)
    products = a @ b.T / n
    squared = (a**2).sum(axis=1)[:, None] / n + (b**2).sum(axis=1)[None] / n - 2 * products
    return _CONSTANT + p.linear * products + p.rbf * np.exp(-np.maximum(squared, 0.0) / (2 * p.length**2))
