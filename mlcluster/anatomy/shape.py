"""Sizes and distances of a cluster: metal core, metal-metal and metal-donor contacts."""

from __future__ import annotations

import numpy as np

from mlcluster.chem.elements import SYMBOLS, is_metal
from mlcluster.geometry.bonds import Bonds
from mlcluster.structure.cluster import Cluster


def core_extents(cluster: Cluster) -> tuple[float, float, float] | None:
    """Longest to shortest extent of the metal atoms along their own principal axes, angstrom; None below two."""
    points = cluster.positions[is_metal(cluster.numbers)]
    if len(points) < 2:
        return None
    centred = points - points.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=True)
    spans = sorted(np.ptp(centred @ axes.T, axis=0).tolist(), reverse=True)
    return spans[0], spans[1], spans[2]


def contact_distances(cluster: Cluster, bonds: Bonds) -> dict[str, dict[str, float]]:
    """Number, mean, shortest and longest of each kind of bond that involves a metal, by element pair.

    Examples
    --------
    ``{"Au-S": {"count": 36, "mean": 2.35, "min": 2.30, "max": 2.41}}``; metals are named first, distances are
    in angstrom.
    """
    once = (bonds.first < bonds.second) & (
        is_metal(cluster.numbers)[bonds.first] | is_metal(cluster.numbers)[bonds.second]
    )
    first, second = cluster.numbers[bonds.first[once]], cluster.numbers[bonds.second[once]]
    swap = ~is_metal(first) | (is_metal(second) & (second > first))
    first, second = np.where(swap, second, first), np.where(swap, first, second)
    distances: dict[str, list[float]] = {}
    for a, b, d in zip(first.tolist(), second.tolist(), bonds.distance[once].tolist(), strict=True):
        distances.setdefault(f"{SYMBOLS[a]}-{SYMBOLS[b]}", []).append(d)
    return {
        pair: {"count": len(values), "mean": float(np.mean(values)), "min": min(values), "max": max(values)}
        for pair, values in sorted(distances.items())
    }
