"""Lines on named descriptors, and the rows of descriptors that every model of this level is fitted to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mlcluster.errors import DataError, ModelError

Row = Mapping[str, float]
"""Descriptors of one cluster by name, as `mlcluster.electronic.descriptors.Descriptors.values` gives them."""


def descriptor_matrix(rows: Sequence[Row], names: Sequence[str]) -> NDArray[np.float64]:
    """Named descriptors of rows, (n, names).

    Raises
    ------
    ModelError
        If a row lacks one.
    """
    missing = sorted({name for row in rows for name in names if name not in row})
    if missing:
        raise ModelError("a descriptor is missing.", found=f"none of {', '.join(missing[:5])}")
    return np.array([[row[name] for name in names] for row in rows], dtype=float).reshape(len(rows), len(names))


@dataclass(frozen=True)
class Line:
    """Linear in named descriptors.

    Parameters
    ----------
    names
        Descriptors it uses.
    slopes
        One each, in the unit of the label per unit of the descriptor.
    offset
        In the unit of the label.
    """

    names: tuple[str, ...]
    slopes: tuple[float, ...]
    offset: float

    def predict(self, rows: Sequence[Row]) -> NDArray[np.float64]:
        """Means, (n,)."""
        return descriptor_matrix(rows, self.names) @ np.array(self.slopes) + self.offset

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {"kind": "line", "names": list(self.names), "slopes": list(self.slopes), "offset": self.offset}


def fit_line(rows: Sequence[Row], values: ArrayLike, names: Sequence[str], *, ridge: float = 0.0) -> Line:
    """Least squares on named descriptors.

    Parameters
    ----------
    ridge
        Penalty on slopes of standardised descriptors, in units of the number of rows; 0 for none.

    Raises
    ------
    DataError
        If there are fewer rows than parameters and no penalty.
    """
    matrix, target = descriptor_matrix(rows, names), np.asarray(values, dtype=float)
    if len(rows) <= len(names) and not ridge:
        raise DataError("too few labels for this line.", found=len(rows), expected=f"more than {len(names)}")
    centre, scale = matrix.mean(axis=0), matrix.std(axis=0)
    scale = np.where(scale > 1e-12, scale, 1.0)
    standard = (matrix - centre) / scale
    gram = standard.T @ standard + ridge * len(rows) * np.eye(len(names))
    slopes = np.linalg.lstsq(gram, standard.T @ (target - target.mean()), rcond=None)[0] / scale
    return Line(tuple(names), tuple(slopes.tolist()), float(target.mean() - centre @ slopes))
