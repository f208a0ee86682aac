"""How far a cluster lies from what an ensemble has learned from, in the space of the ensemble's own features.

The embedding of a cluster, features of all members side by side, is turned onto the principal axes of the training
families and scaled to their spread along each (the metric of Mahalanobis). The distance of a cluster is that to the
nearest of a few entries of each family, in units of the typical distance from one training family to the nearest other.
1 is then as far as families lie apart, whatever the network, and members trained without one family can be compared
with those trained without another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mlcluster.errors import ModelError

Array = NDArray[np.float64]

AXES = 8
"""Principal axes kept at most."""

SMALLEST_AXIS = 1e-2
"""Axes along which the families spread by less than this share of the longest are noise and left out."""

REFERENCES_A_FAMILY, MOST_REFERENCES = 32, 512
"""Entries kept of each family, and of all families."""

_DIGITS = 5


@dataclass(frozen=True, eq=False)
class LatentSpace:
    """A summary of the embeddings of the training entries.

    Parameters
    ----------
    center
        Mean over the families, (D,).
    axes
        Map from a centred embedding to scaled principal axes, (D, A).
    references
        Training entries on those axes, (R, A).
    unit
        Typical distance between a family and the nearest other one.
    """

    center: Array
    axes: Array
    references: Array
    unit: float

    @classmethod
    def of(cls, embedding: ArrayLike, families: Sequence[str]) -> LatentSpace:
        """Summarise the embeddings (N, D) of training entries and their families; families weigh the same."""
        x, names = np.asarray(embedding, dtype=np.float64), np.asarray(families, dtype=str)
        kept = representatives(names)
        x, (_, member, counts) = x[kept], np.unique(names[kept], return_inverse=True, return_counts=True)
        weight = 1.0 / (len(counts) * counts[member])
        center = weight @ x
        spread = np.sqrt(weight @ (x - center) ** 2)
        scale = np.where(spread > 0, spread, 1.0)[:, None]
        _, lengths, turned = np.linalg.svd(np.sqrt(weight)[:, None] * (x - center) / scale.T, full_matrices=False)
        # K families differ along K - 1 axes; scaled up, the noise within them would drown that.
        most = min(AXES, max(len(counts) - 1, 1))
        long = lengths[:most] > SMALLEST_AXIS * lengths[0]
        axes = (turned[:most].T / scale)[:, long] / lengths[:most][long]
        points = (x - center) @ axes
        apart = [_nearest(points[member == k], points[member != k]).mean() for k in range(len(counts))]
        unit = float(np.median(apart)) if len(counts) > 1 else 0.0
        # Of many families fewer entries each: the file stays small.
        few = representatives(names[kept], max(MOST_REFERENCES // len(counts), 1))
        return cls(
            center=center.round(_DIGITS),
            axes=axes.round(_DIGITS),
            references=points[few].round(_DIGITS),
            unit=unit if unit > 0 else 1.0,
        )

    def distance(self, embedding: ArrayLike) -> Array:
        """Distances (G,) of embeddings (G, D)."""
        points = (np.asarray(embedding, dtype=np.float64) - self.center) @ self.axes
        return _nearest(points, self.references) / self.unit

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        arrays = {name: getattr(self, name).tolist() for name in ("center", "axes", "references")}
        return arrays | {"unit": self.unit}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> LatentSpace:
        """Summary from what `to_json` gave.

        Raises
        ------
        ModelError
            If something is missing or the shapes do not fit.
        """
        try:
            center, axes, references = (
                np.array(values[name], dtype=float) for name in ("center", "axes", "references")
            )
            unit = float(values["unit"])
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError("cannot read the latent space of a model.", site="domain", found=error) from error
        if center.ndim != 1 or axes.shape != (len(center), references.shape[-1]) or references.ndim != 2 or unit <= 0:
            found = f"shapes {center.shape}, {axes.shape}, {references.shape}, unit {unit:g}"
            raise ModelError("cannot read the latent space of a model.", site="domain", found=found)
        return cls(center, axes, references, unit)


def representatives(families: ArrayLike, most: int = REFERENCES_A_FAMILY) -> NDArray[np.int64]:
    """Rows that stand for their families: of each at most so many, evenly spread over the order of its rows."""
    names = np.asarray(families, dtype=str)
    chosen = []
    for name in np.unique(names):
        rows = np.flatnonzero(names == name)
        chosen.append(rows[np.unique(np.linspace(0, len(rows) - 1, min(len(rows), most)).round().astype(int))])
    return np.sort(np.concatenate(chosen))


def _nearest(points: Array, references: Array) -> Array:
    if not len(references):
        return np.zeros(len(points))
    squared = (points**2).sum(axis=1)[:, None] + (references**2).sum(axis=1) - 2 * points @ references.T
    return np.sqrt(np.maximum(squared.min(axis=1), 0.0))
