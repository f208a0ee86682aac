"""Small structures for tests of models."""

from __future__ import annotations

import numpy as np

from mlcluster.structure.cluster import Cluster


def random_cluster(seed: int, n: int = 14, **state: int | None) -> Cluster:
    """Atoms on a jittered grid, no two on one spot, none isolated."""
    rng = np.random.default_rng(seed)
    grid = np.array([(x, y, z) for x in range(3) for y in range(3) for z in range(3)], dtype=float)
    compact = grid[np.argsort(np.linalg.norm(grid - rng.integers(0, 3, 3), axis=1), kind="stable")[:n]]
    points = compact * 2.2 + rng.normal(scale=0.25, size=(n, 3))
    return Cluster(numbers=rng.choice([1, 16, 47, 79], n), positions=points, **state)


def pair(distance: float = 2.7) -> Cluster:
    """Two gold atoms."""
    return Cluster(numbers=np.array([79, 79]), positions=np.array([[0, 0, 0], [0, 0, distance]]), charge=0)


def close_packed_m13(hexagonal: bool, edge: float = 2.8) -> Cluster:
    """A gold atom with its 12 neighbours: cuboctahedron (fcc) or anticuboctahedron (hcp)."""
    angle = np.arange(6) * np.pi / 3
    ring = np.column_stack([np.cos(angle), np.sin(angle), np.zeros(6)])
    angle = np.pi / 6 + np.arange(3) * 2 * np.pi / 3
    cap = np.column_stack([np.cos(angle) / 3**0.5, np.sin(angle) / 3**0.5, np.full(3, (2 / 3) ** 0.5)])
    below = cap * [1, 1, -1] if hexagonal else -cap
    points = np.concatenate([np.zeros((1, 3)), ring, cap, below]) * edge
    return Cluster(numbers=np.full(13, 79), positions=points, charge=5)


def ml4(tetrahedral: bool, bond: float = 2.3) -> Cluster:
    """A platinum atom with four chlorine atoms, square-planar or tetrahedral."""
    square = np.array([[1, 0, 0], [0, 1, 0], [-1, 0, 0], [0, -1, 0]], dtype=float)
    corners = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) / 3**0.5
    points = np.concatenate([np.zeros((1, 3)), (corners if tetrahedral else square) * bond])
    return Cluster(numbers=np.array([78, 17, 17, 17, 17]), positions=points, charge=-2)
