"""A structure as a histogram of distances: blind to orientation, order of atoms and which metal it is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mlcluster.chem.elements import is_metal
from mlcluster.structure.cluster import Cluster

REACH = 8.0
"""Longest distance counted, angstrom."""
WIDTH = 0.5
"""Width of a bin, angstrom; a distance is shared linearly between the two bins nearest to it."""
DONOR = 2.9
"""Longest distance of a donor to its metal, angstrom; the carbon of a thiolate is beyond."""
_BINS = int(REACH / WIDTH)
_CHUNK = 1 << 22  # numbers compared at a time


def fingerprint(cluster: Cluster) -> NDArray[np.float32]:
    """Counts of distances up to `REACH` between two metals, a metal and a donor, and two donors, (48,).

    A donor is a non-metal other than hydrogen within `DONOR` of a metal: what follows behind it differs between two
    models of one ligand, not between frameworks. A complex of one metal, or a molecule, is told by all its heavy atoms
    instead; pairs without metal count there by a tenth if there is one.
    """
    from scipy.spatial import cKDTree

    metal = is_metal(cluster.numbers)
    kept = (cluster.numbers > 1) | metal
    if metal.sum() > 1:
        distance, _ = cKDTree(cluster.positions[metal]).query(cluster.positions)
        kept &= distance < DONOR
    elif not kept.any():
        kept[:] = True
    points, metal = cluster.positions[kept], metal[kept]
    pairs = cKDTree(points).query_pairs(REACH, output_type="ndarray")
    distance = np.linalg.norm(points[pairs[:, 0]] - points[pairs[:, 1]], axis=1)
    kind = 2 - metal[pairs[:, 0]].astype(int) - metal[pairs[:, 1]].astype(int)
    place = np.clip(distance / WIDTH - 0.5, 0, _BINS - 1)
    low = np.minimum(place.astype(int), _BINS - 2)
    share = place - low
    weight = np.where((kind == 2) & (metal.sum() == 1), 0.1, 1.0)
    counts = np.bincount(kind * _BINS + low, weight * (1 - share), minlength=3 * _BINS)
    counts += np.bincount(kind * _BINS + low + 1, weight * share, minlength=3 * _BINS)
    return counts.astype(np.float32)


def overlap(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float64]:
    """Share of distances that structures have in common, (A, B): 1 for the same structure, 0 for nothing alike.

    The sum of the smaller counts over the sum of the larger ones (Ruzicka), so size counts as well as shape.
    """
    from scipy.spatial.distance import cdist

    apart = cdist(a, b, "cityblock")
    total = a.sum(axis=1, dtype=np.float64)[:, None] + b.sum(axis=1, dtype=np.float64)[None, :]
    return np.divide(total - apart, total + apart, out=np.ones_like(total), where=total > 0)


def nearest(queries: Sequence[Cluster], known: Sequence[Cluster]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Index of the most similar known structure of each query, (Q,), and their overlap, (Q,)."""
    a = np.stack([fingerprint(cluster) for cluster in queries])
    b = np.stack([fingerprint(cluster) for cluster in known])
    index, value = np.zeros(len(a), dtype=np.int64), np.zeros(len(a))
    rows = max(1, _CHUNK // len(b))
    for start in range(0, len(a), rows):
        shared = overlap(a[start : start + rows], b)
        index[start : start + rows] = shared.argmax(axis=1)
        value[start : start + rows] = shared.max(axis=1)
    return index, value
