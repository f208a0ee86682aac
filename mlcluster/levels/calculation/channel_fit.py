"""What is learned on top of descriptors: a line, a Gaussian process or trees per channel, and how well.

All take descriptors by name and give a mean. Their intervals come from errors on families held out, each family
counting once; the half-width is the quantile that conformal prediction asks for (Lei et al., J. Am. Stat. Assoc. 2018,
113, 1094), with families in the place of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mlcluster.errors import ModelError
from mlcluster.levels.calculation.lines import Line, Row
from mlcluster.levels.calculation.process import Process
from mlcluster.levels.calculation.random_trees import Trees


class ChannelModel(Protocol):
    """A fitted model of one channel."""

    @property
    def names(self) -> tuple[str, ...]:
        """Descriptors it uses."""

    def predict(self, rows: Sequence[Row]) -> NDArray[np.float64]:
        """Means, (n,), in the unit of the labels it was fitted to."""

    def to_dict(self) -> dict[str, Any]:
        """Everything that predicts, as JSON."""


Fit = Callable[[Sequence[Row], NDArray[np.float64], Sequence[str]], ChannelModel]
"""From rows, labels and the family of each to a model."""


def from_dict(stored: Mapping[str, Any]) -> ChannelModel:
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
            nodes = np.array(stored["nodes"], dtype=float).reshape(-1, 5)
            trees = Trees(names, nodes, np.array(stored["starts"], dtype=np.int64).reshape(-1))
            if trees.is_sound():
                return trees
        if stored["kind"] == "gaussian process":
            return Process.from_dict(dict(stored))
    except (KeyError, TypeError, ValueError):
        pass
    raise ModelError("this is no stored model of a channel.", found=str(stored)[:80])


def held_out(
    rows: Sequence[Row],
    values: ArrayLike,
    groups: Sequence[str],
    fit: Fit,
    families: Sequence[str] | None = None,
) -> NDArray[np.float64]:
    """Prediction of each row by a model that saw none of its group, (n,).

    Parameters
    ----------
    groups
        What is held out together.
    fit
        Fits the others.
    families
        Of the rows, where they are not the groups.
    """
    target, group = np.asarray(values, dtype=float), np.asarray(groups)
    family = list(groups if families is None else families)
    predicted = np.empty(len(target))
    for one in np.unique(group):
        out = group == one
        learned, asked = np.flatnonzero(~out).tolist(), np.flatnonzero(out).tolist()
        model = fit([rows[k] for k in learned], target[learned], [family[k] for k in learned])
        predicted[out] = model.predict([rows[k] for k in asked])
    return predicted


def dealt(groups: Sequence[str], count: int, seed: int = 0) -> list[str]:
    """Number of the part, of so many, that each row is in: whole groups, the largest first into the emptiest part.

    Parameters
    ----------
    groups
        Of each row, (n,).
    count
        Parts; fewer where there are fewer groups.
    seed
        Orders groups of one size.
    """
    names, sizes = np.unique(np.asarray(groups, dtype=str), return_counts=True)
    order = np.random.default_rng(seed).permutation(len(names)).tolist()
    load, part = np.zeros(min(count, max(len(names), 1)), dtype=int), {}
    for k in sorted(order, key=lambda k: -sizes[k]):
        part[names[k]] = int(load.argmin())
        load[part[names[k]]] += sizes[k]
    return [str(part[group]) for group in groups]


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
