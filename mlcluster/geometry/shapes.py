"""Ideal coordination polyhedra and how far a set of points is from them."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

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


def shape_measures(cores: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """`shape_measure` of many 13-atom cores against each of `centred_polyhedra`, (B,) per name.

    Many times faster: two neighbours of each core are laid on every pair of like angle of the ideal polyhedron, all
    cores at once, and only the best of these starts are refined.

    Parameters
    ----------
    cores
        Centre first, then its twelve neighbours, (B, 13, 3).

    Examples
    --------
    >>> ideal = centred_polyhedra()["decahedron"]
    >>> float(np.round(shape_measures(2.8 * ideal[None])["decahedron"][0], 6))
    0.0
    """
    if not len(cores):
        return {name: np.zeros(0) for name in centred_polyhedra()}
    arms = cores[:, 1:] - cores[:, :1]
    arms = arms / np.linalg.norm(arms, axis=2).mean(axis=1)[:, None, None]
    return {name: _measures(cores, arms, ideal) for name, ideal in centred_polyhedra().items()}


_STARTS = 3
"""Starts refined for each core: the best of about a hundred."""


def _measures(cores: NDArray, arms: NDArray, ideal: NDArray[np.float64]) -> NDArray[np.float64]:
    corners = ideal[1:]
    onto = _frames(*(corners[k] for k in _adjacent(corners[None])[1:]))
    mine = [_frames(arms[np.arange(len(arms)), a], arms[np.arange(len(arms)), b]) for a, b in _anchor_pairs(arms)]
    # The ideal polyhedra are their own mirror images: proper rotations are enough.
    rotations = np.concatenate([np.einsum("kij,blj->bkil", onto, frame) for frame in mine], axis=1)
    moved = np.einsum("bkij,bnj->bkni", rotations, arms)
    squared = 2.0 - 2.0 * np.einsum("bkni,mi->bknm", moved, corners)
    score = squared.min(axis=3).sum(axis=2) + squared.min(axis=2).sum(axis=2)
    chosen = np.argsort(score, axis=1, kind="stable")[:, :_STARTS]
    found = [_refined(core, rotations[b, chosen[b]], ideal) for b, core in enumerate(cores)]
    return np.array(found)


def _adjacent(arms: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Ordered pairs of neighbours at less than 80 degrees: core, first and second, of (B, 12, 3) directions."""
    unit = arms / np.linalg.norm(arms, axis=2, keepdims=True)
    cosine = unit @ unit.transpose(0, 2, 1)
    cosine[:, np.arange(arms.shape[1]), np.arange(arms.shape[1])] = -1.0
    return np.nonzero(cosine > np.cos(np.radians(80.0)))  # type: ignore[return-value]


def _anchor_pairs(arms: NDArray[np.float64]) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Two pairs of adjacent neighbours a core: the first neighbour and the one farthest from it, each with its next."""
    cosine = arms @ arms.transpose(0, 2, 1)
    rows = np.arange(len(arms))
    far = cosine[:, 0].argmin(axis=1)
    pairs = []
    for anchor in (np.zeros_like(far), far):
        beside = cosine[rows, anchor].copy()
        beside[rows, anchor] = -np.inf
        pairs.append((anchor, beside.argmax(axis=1)))
    return pairs


def _frames(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Right-handed frames with the first axis along a and the second in the plane of a and b, columns, (..., 3, 3)."""
    x = a / np.linalg.norm(a, axis=-1, keepdims=True)
    y = b - (b * x).sum(axis=-1, keepdims=True) * x
    y = y / np.linalg.norm(y, axis=-1, keepdims=True)
    return np.stack([x, y, np.cross(x, y)], axis=-1)


def _refined(core: NDArray[np.float64], rotations: NDArray[np.float64], ideal: NDArray[np.float64]) -> float:
    """Smallest measure from these starting rotations, pairing and rotation improved in turn."""
    centred = core - core.mean(axis=0)
    arms = core[1:] - core[0]
    norm = float((centred**2).sum() * ((ideal - ideal.mean(axis=0)) ** 2).sum())
    best = 0.0
    for start in rotations:
        turn, before = start, None
        for _ in range(10):
            _, partner = linear_sum_assignment(-(arms @ turn.T) @ ideal[1:].T)
            if before is not None and np.array_equal(partner, before):
                break
            before = partner
            target = np.vstack([ideal[:1], ideal[1:][partner]])
            u, strength, vt = np.linalg.svd((target - target.mean(axis=0)).T @ centred)
            hand = np.sign(np.linalg.det(u @ vt))
            turn = u @ np.diag([1.0, 1.0, hand]) @ vt
            overlap = float(strength[0] + strength[1] + hand * strength[2])
        best = max(best, overlap)
    return 100.0 * max(1.0 - best**2 / norm, 0.0)
