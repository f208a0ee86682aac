"""Bond lengths and radial distances of two clusters, for distributions side by side."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from mlcluster.chem.elements import SYMBOLS, is_metal
from mlcluster.geometry.bonds import cluster_bonds
from mlcluster.structure.cluster import Cluster

Panel = tuple[str, list[float], list[float]]


def bond_panels(a: Cluster, b: Cluster, most: int = 6) -> list[Panel]:
    """Lengths of the bonds with a metal by element pair, the most frequent pairs first, angstrom."""
    left, right = _bond_lengths(a), _bond_lengths(b)
    pairs = sorted({*left, *right}, key=lambda pair: (-len(left[pair]) - len(right[pair]), pair))
    return [(pair, left[pair], right[pair]) for pair in pairs[:most]]


def radial_panels(a: Cluster, b: Cluster) -> list[Panel]:
    """Distances of metals and donors from the centre of the metals, and between metals up to 6 angstrom."""
    left, right = _radial(a), _radial(b)
    return [(title, left[title], right[title]) for title in left if left[title] and right.get(title)]


def _bond_lengths(cluster: Cluster) -> dict[str, list[float]]:
    bonds = cluster_bonds(cluster.numbers, cluster.positions)
    metal = is_metal(cluster.numbers)
    found: dict[str, list[float]] = defaultdict(list)
    for i, j, length in zip(bonds.first.tolist(), bonds.second.tolist(), bonds.distance.tolist(), strict=True):
        if metal[i] and (not metal[j] or (cluster.numbers[i], -i) > (cluster.numbers[j], -j)):
            found[f"{SYMBOLS[cluster.numbers[i]]}-{SYMBOLS[cluster.numbers[j]]}"].append(length)
    return found


def _radial(cluster: Cluster) -> dict[str, list[float]]:
    metal = is_metal(cluster.numbers)
    if not metal.any():
        return {}
    bonds = cluster_bonds(cluster.numbers, cluster.positions)
    donor = np.zeros(len(cluster), dtype=bool)
    donor[bonds.second[metal[bonds.first]]] = True
    donor &= ~metal
    core = cluster.positions[metal]
    centre = core.mean(axis=0)
    between = np.linalg.norm(core[:, None] - core[None], axis=2)[np.triu_indices(len(core), 1)]
    return {
        "metals from the centre": np.linalg.norm(core - centre, axis=1).tolist(),
        "donors from the centre": np.linalg.norm(cluster.positions[donor] - centre, axis=1).tolist(),
        "metal to metal": between[between < 6.0].tolist(),
    }
