"""What is learned on top of descriptors: a line or trees per channel, stored as plain JSON.

Both take descriptors by name and give a mean. Their intervals come from errors on families held out, each family
counting once; the half-width is the quantile that conformal prediction asks for (Lei et al., J. Am. Stat. Assoc. 2018,
113, 1094), with families in the place of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mlcluster.errors import DataError, ModelError

Row = Mapping[str, float]
"""Descriptors of one cluster by name, as `mlcluster.electronic.descriptors.Descriptors.values` gives them."""

TREES = 300
FEATURES_TRIED = 0.5
"""Share of the descriptors among which each split of a tree is chosen."""


class ChannelModel(Protocol):
    """A fitted model of one channel."""

    def predict(self, rows: Sequence[Row]) -> NDArray[np.float64]:
        """Means, (n,), in the unit of the labels it was fitted to."""

    def to_dict(self) -> dict[str, Any]:
        """Everything that predicts, as JSON."""


Fit = Callable[[Sequence[Row], NDArray[np.float64]], ChannelModel]


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
        return _matrix(rows, self.names) @ np.array(self.slopes) + self.offset

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {"kind": "line", "names": list(self.names), "slopes": list(self.slopes), "offset": self.offset}


@dataclass(frozen=True)
class Trees:
    """Mean of extremely randomised trees (Geurts, Ernst, Wehenkel, Mach. Learn. 2006, 63, 3).

    Parameters
    ----------
    names
        Descriptors in the order of their index in the trees.
    trees
        Each a table with one row a node, (nodes, 5): descriptor (-1 in a leaf), threshold, node for values up to it,
        node for values above, and the mean of the labels.
    """

    names: tuple[str, ...]
    trees: tuple[NDArray[np.float64], ...]

    def predict(self, rows: Sequence[Row]) -> NDArray[np.float64]:
        """Means, (n,)."""
        # The trees were grown on single precision: a value at a threshold must fall on the same side here.
        matrix = _matrix(rows, self.names).astype(np.float32).astype(np.float64)
        values: NDArray[np.float64] = np.mean([_descend(tree, matrix) for tree in self.trees], axis=0)
        return values

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {"kind": "trees", "names": list(self.names), "trees": [tree.tolist() for tree in self.trees]}


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
    matrix, target = _matrix(rows, names), np.asarray(values, dtype=float)
    if len(rows) <= len(names) and not ridge:
        raise DataError("too few labels for this line.", found=len(rows), expected=f"more than {len(names)}")
    centre, scale = matrix.mean(axis=0), matrix.std(axis=0)
    scale = np.where(scale > 1e-12, scale, 1.0)
    standard = (matrix - centre) / scale
    gram = standard.T @ standard + ridge * len(rows) * np.eye(len(names))
    slopes = np.linalg.lstsq(gram, standard.T @ (target - target.mean()), rcond=None)[0] / scale
    return Line(tuple(names), tuple(slopes.tolist()), float(target.mean() - centre @ slopes))


def fit_trees(
    rows: Sequence[Row], values: ArrayLike, names: Sequence[str], *, seed: int = 0, trees: int = TREES
) -> Trees:
    """Extremely randomised trees on named descriptors, grown by scikit-learn."""
    from sklearn.ensemble import ExtraTreesRegressor

    forest = ExtraTreesRegressor(trees, max_features=FEATURES_TRIED, random_state=seed, n_jobs=1)
    forest.fit(_matrix(rows, names), np.asarray(values, dtype=float))
    return Trees(tuple(names), tuple(_table(one.tree_) for one in forest.estimators_))


def from_dict(stored: Mapping[str, Any]) -> Line | Trees:
    """The model that `to_dict` wrote.

    Raises
    ------
    ModelError
        If it is none.
    """
    try:
        names = tuple(str(name) for name in stored["names"])
        if stored["kind"] == "line":
            slopes = tuple(float(slope) for slope in stored["slopes"])
            if len(slopes) == len(names):
                return Line(names, slopes, float(stored["offset"]))
        if stored["kind"] == "trees":
            trees = tuple(np.array(tree, dtype=float).reshape(-1, 5) for tree in stored["trees"])
            if trees and all(len(tree) and _is_sound(tree, len(names)) for tree in trees):
                return Trees(names, trees)
    except (KeyError, TypeError, ValueError):
        pass
    raise ModelError("this is no stored model of a channel.", found=str(stored)[:80])


def held_out(rows: Sequence[Row], values: ArrayLike, groups: Sequence[str], fit: Fit) -> NDArray[np.float64]:
    """Prediction of each row by a model that saw none of its group, (n,)."""
    target, group = np.asarray(values, dtype=float), np.asarray(groups)
    predicted = np.empty(len(target))
    for one in np.unique(group):
        out = group == one
        model = fit([row for row, gone in zip(rows, out, strict=True) if not gone], target[~out])
        predicted[out] = model.predict([row for row, gone in zip(rows, out, strict=True) if gone])
    return predicted


def family_half_width(errors: ArrayLike, families: Sequence[str], level: float = 0.9) -> float:
    """Half-width that covers the errors of a new family with this probability, in their unit.

    Each family weighs one, spread over its rows; infinite where there are too few families for the level.
    """
    size, family = np.abs(np.asarray(errors, dtype=float)), np.asarray(families)
    names, counts = np.unique(family, return_counts=True)
    weight = 1.0 / counts[np.searchsorted(names, family)]
    order = np.argsort(size)
    # One weight more for the family to come.
    reached = np.cumsum(weight[order]) / (len(names) + 1)
    enough = np.flatnonzero(reached >= level - 1e-12)
    return float(size[order][enough[0]]) if enough.size else float("inf")


def family_coverage(errors: ArrayLike, families: Sequence[str], level: float = 0.9) -> tuple[float, float]:
    """Share of families covered by half-widths made of all other families, and the mean of those half-widths."""
    size, family = np.abs(np.asarray(errors, dtype=float)), np.asarray(families)
    names = np.unique(family)
    widths = [family_half_width(size[family != name], family[family != name].tolist(), level) for name in names]
    covered = [float((size[family == name] <= width).mean()) for name, width in zip(names, widths, strict=True)]
    return float(np.mean(covered)), float(np.mean(widths))


def _matrix(rows: Sequence[Row], names: Sequence[str]) -> NDArray[np.float64]:
    missing = sorted({name for row in rows for name in names if name not in row})
    if missing:
        raise ModelError("a descriptor is missing.", found=f"none of {', '.join(missing[:5])}")
    return np.array([[row[name] for name in names] for row in rows], dtype=float).reshape(len(rows), len(names))


def _table(tree: Any) -> NDArray[np.float64]:
    feature = np.where(tree.children_left < 0, -1, tree.feature)
    columns = (feature, tree.threshold, tree.children_left, tree.children_right, tree.value[:, 0, 0])
    return np.column_stack([np.asarray(column, dtype=float) for column in columns])


def _descend(tree: NDArray[np.float64], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    node = np.zeros(len(matrix), dtype=int)
    rows = np.arange(len(matrix))
    while True:
        feature = tree[node, 0].astype(int)
        inner = feature >= 0
        if not inner.any():
            return tree[node, 4]
        low = matrix[rows, np.maximum(feature, 0)] <= tree[node, 1]
        node = np.where(inner, np.where(low, tree[node, 2], tree[node, 3]).astype(int), node)


def _is_sound(tree: NDArray[np.float64], descriptors: int) -> bool:
    """Whether every path ends: children stand behind their parent, within the table."""
    inner = tree[:, 0] >= 0
    parent = np.flatnonzero(inner)[:, None]
    children = tree[inner, 2:4]
    return bool(
        np.isfinite(tree).all()
        and (tree[:, 0] < descriptors).all()
        and (children > parent).all()
        and (children < len(tree)).all()
    )
