"""A Gaussian process on named descriptors, kept with the rows it is conditioned on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mlcluster.levels.calculation.lines import Row, descriptor_matrix
from mlcluster.model.gaussian_process import GaussianProcess, Hyperparameters, fit

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Process:
    """The mean of `mlcluster.model.gaussian_process.GaussianProcess` on standardised descriptors.

    Parameters
    ----------
    names
        Descriptors it uses.
    center, scale
        By which they are standardised, (names,).
    x, y
        Standardised descriptors, (N, names), and labels, (N,), that it is conditioned on.
    families
        Of those rows.
    hyperparameters
        Of its covariance.
    """

    names: tuple[str, ...]
    center: Array
    scale: Array
    x: Array
    y: Array
    families: tuple[str, ...]
    hyperparameters: Hyperparameters

    @cached_property
    def conditioned(self) -> GaussianProcess:
        """The process, conditioned once."""
        return GaussianProcess(self.x, self.y, self.families, self.hyperparameters)

    def predict(self, rows: Sequence[Row]) -> Array:
        """Means, (n,)."""
        return self.conditioned.predict((descriptor_matrix(rows, self.names) - self.center) / self.scale)[0]

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "kind": "gaussian process",
            "names": list(self.names),
            "center": self.center.tolist(),
            "scale": self.scale.tolist(),
            "x": self.x.tolist(),
            "y": self.y.tolist(),
            "families": list(self.families),
            "hyperparameters": self.hyperparameters.to_json(),
        }

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Process:
        """The process that `to_dict` wrote.

        Raises
        ------
        KeyError, TypeError, ValueError
            If it is none.
        """
        names, families = tuple(map(str, stored["names"])), tuple(map(str, stored["families"]))
        x = np.array(stored["x"], dtype=float).reshape(len(families), len(names))
        center, scale, y = (np.array(stored[key], dtype=float) for key in ("center", "scale", "y"))
        numbers = np.concatenate([x.ravel(), center, scale, y])
        if len(center) != len(names) or len(scale) != len(names) or len(y) != len(families) or not len(y):
            raise ValueError("shapes do not agree")
        if not np.isfinite(numbers).all() or not (scale > 0).all():
            raise ValueError("not finite")
        return cls(names, center, scale, x, y, families, Hyperparameters(**stored["hyperparameters"]))


def fit_process(rows: Sequence[Row], values: ArrayLike, families: Sequence[str], names: Sequence[str]) -> Process:
    """Gaussian process with a radial kernel, whose hyperparameters maximise the evidence."""
    matrix = descriptor_matrix(rows, names)
    center, spread = matrix.mean(axis=0), matrix.std(axis=0)
    scale = np.where(spread > 1e-12, spread, 1.0)
    x, y = (matrix - center) / scale, np.asarray(values, dtype=float)
    found = fit(x, y, list(families), "rbf")
    return Process(tuple(names), center, scale, x, y, tuple(families), found.parameters)
