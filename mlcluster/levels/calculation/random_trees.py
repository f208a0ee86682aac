"""Extremely randomised trees as plain tables of numbers: grown by scikit-learn, read by a few lines of numpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mlcluster.levels.calculation.lines import Row, descriptor_matrix

Array = NDArray[np.float64]

TREES = 100
"""Two hundred more change errors held out by 1 %."""
FEATURES_TRIED = 0.5
"""Share of the descriptors among which each split of a tree is chosen."""


@dataclass(frozen=True, eq=False)
class Trees:
    """Mean of extremely randomised trees (Geurts, Ernst, Wehenkel, Mach. Learn. 2006, 63, 3).

    Parameters
    ----------
    names
        Descriptors in the order of their index in the trees.
    nodes
        Tables of all trees, one below the other, (nodes, 5): descriptor (-1 in a leaf), threshold, node for values up
        to it, node for values above, both counted within the tree, and the mean of the labels.
    starts
        First row of each tree, (trees,).
    """

    names: tuple[str, ...]
    nodes: Array
    starts: NDArray[np.int64]

    def predict(self, rows: Sequence[Row]) -> Array:
        """Means, (n,)."""
        # The trees were grown on single precision: a value at a threshold must fall on the same side here.
        matrix = descriptor_matrix(rows, self.names).astype(np.float32).astype(np.float64)
        values: Array = np.mean([_descend(tree, matrix) for tree in self.tables()], axis=0)
        return values

    def tables(self) -> list[Array]:
        """The table of each tree."""
        return np.split(self.nodes, self.starts[1:])

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "kind": "trees",
            "names": list(self.names),
            "nodes": self.nodes.tolist(),
            "starts": self.starts.tolist(),
        }

    def is_sound(self) -> bool:
        """Whether every path ends: children stand behind their parent, within the table of its tree."""
        starts = self.starts
        rising = len(starts) and starts[0] == 0 and (np.diff(starts) > 0).all() and starts[-1] < len(self.nodes)
        return bool(rising) and all(_is_sound(tree, len(self.names)) for tree in self.tables())


def fit_trees(
    rows: Sequence[Row], values: ArrayLike, names: Sequence[str], *, seed: int = 0, trees: int = TREES
) -> Trees:
    """Extremely randomised trees on named descriptors."""
    from sklearn.ensemble import ExtraTreesRegressor

    forest = ExtraTreesRegressor(trees, max_features=FEATURES_TRIED, random_state=seed, n_jobs=1)
    forest.fit(descriptor_matrix(rows, names), np.asarray(values, dtype=float))
    tables = [_table(one.tree_) for one in forest.estimators_]
    starts = np.cumsum([0, *(len(table) for table in tables[:-1])]).astype(np.int64)
    return Trees(tuple(names), np.concatenate(tables), starts)


def _table(tree: Any) -> Array:
    feature = np.where(tree.children_left < 0, -1, tree.feature)
    columns = (feature, tree.threshold, tree.children_left, tree.children_right, tree.value[:, 0, 0])
    return np.column_stack([np.asarray(column, dtype=float) for column in columns])


def _descend(tree: Array, matrix: Array) -> Array:
    node = np.zeros(len(matrix), dtype=int)
    rows = np.arange(len(matrix))
    while True:
        feature = tree[node, 0].astype(int)
        inner = feature >= 0
        if not inner.any():
            return tree[node, 4]
        low = matrix[rows, np.maximum(feature, 0)] <= tree[node, 1]
        node = np.where(inner, np.where(low, tree[node, 2], tree[node, 3]).astype(int), node)


def _is_sound(tree: Array, descriptors: int) -> bool:
    inner = tree[:, 0] >= 0
    own = np.arange(len(tree))[inner]
    children = tree[inner][:, 2:4]
    if not np.isfinite(tree).all() or not (children == children.astype(int)).all():
        return False
    later = (children > own[:, None]).all() and (children < len(tree)).all()
    return bool(later) and bool((tree[inner, 0] < descriptors).all())
