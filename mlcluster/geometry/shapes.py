"""Ideal coordination polyhedra and how far a set of points is from them."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from mlcluster.geometry.correspondence import correspond
from mlcluster.geometry.superposition import superpose

_PHI = (1 + 5**0.5) / 2


@cache
def centred_polyhedra() -> dict[str, NDArray[np.float64]]:
    """Centre and twelve neighbours of each kind of 13-atom core, (13, 3), neighbours at distance 1 (mean).

    ``icosahedron``; ``cuboctahedron`` (ccp) and ``anticuboctahedron`` (hcp); ``decahedron``, the pentagonal prism
    with two caps that is the middle of an Ino decahedron and of two eclipsed pentagons.
    """
    signs = [(a, b) for a in (1, -1) for b in (1, -1)]
    icosahedron = np.array([np.roll((0, a, b * _PHI), k) for a, b in signs for k in range(3)]) / np.sqrt(1 + _PHI**2)
    cuboctahedron = np.array([np.roll((0, a, b), k) for a, b in signs for k in range(3)]) / np.sqrt(2.0)
    turn = np.arange(6) * np.pi / 3
    hexagon = np.column_stack([np.cos(turn), np.sin(turn), np.zeros(6)])
    third = np.pi / 6 + np.arange(3) * 2 * np.pi / 3
    cap = np.column_stack([np.cos(third) / np.sqrt(3), np.sin(third) / np.sqrt(3), np.full(3, np.sqrt(2 / 3))])
    hcp = np.vstack([hexagon, cap, cap * [1, 1, -1]])
    # Edge-to-radius of the prism as in five fused tetrahedra: ring radius 0.8507 and half height 0.5 of an edge.
    fifth = np.arange(5) * 2 * np.pi / 5
    ring = np.column_stack([0.8507 * np.cos(fifth), 0.8507 * np.sin(fifth), np.full(5, 0.5)])
    prism = np.vstack([ring, ring * [1, 1, -1], [[0, 0, 1.0], [0, 0, -1.0]]])
    shapes = {
        "icosahedron": icosahedron,
        "cuboctahedron": cuboctahedron,
        "anticuboctahedron": hcp,
        "decahedron": prism / np.linalg.norm(prism, axis=1).mean(),
    }
    return {name: np.vstack([np.zeros((1, 3)), points]) for name, points in shapes.items()}


def shape_measure(points: NDArray[np.float64], ideal: NDArray[np.float64]) -> float:
    """Continuous shape measure of points against an ideal polyhedron, 0 (perfect) to 100.

    ``S = 100 min sum |q - s R p|^2 / sum |q - q0|^2`` over rotation R, scale s and pairing of the points (Pinsky &
    Avnir, Inorg. Chem. 1998, 37, 5575, 10.1021/ic9804925).

    Parameters
    ----------
    points
        (n, 3) with n at most the number of ideal points; fewer are measured against the best part of it.
    ideal
        (m, 3), any scale.

    Examples
    --------
    >>> shapes = centred_polyhedra()
    >>> round(shape_measure(2.8 * shapes["icosahedron"], shapes["icosahedron"]), 6)
    0.0
    """
    centred = points - points.mean(axis=0)
    radius = np.linalg.norm(points - points[0], axis=1)[1:].mean() if len(points) > 1 else 1.0
    scaled = ideal * radius / np.linalg.norm(ideal - ideal[0], axis=1)[1:].mean()
    found = correspond(points, scaled)
    partner = scaled[found.partner] - scaled[found.partner].mean(axis=0)
    rotation = superpose(partner, centred, improper=found.improper).rotation
    overlap = float((centred * (partner @ rotation.T)).sum())
    return 100.0 * max(1.0 - overlap**2 / float((centred**2).sum() * (partner**2).sum()), 0.0)
