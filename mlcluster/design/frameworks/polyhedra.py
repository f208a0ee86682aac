"""Vectors, rotations and the polyhedra that kernels are made of."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

GOLDEN = (1 + 5**0.5) / 2


def unit(vector: ArrayLike) -> NDArray[np.float64]:
    """The vector, of length one."""
    v = np.asarray(vector, dtype=np.float64)
    return v / np.linalg.norm(v)


def perpendicular(vector: ArrayLike) -> NDArray[np.float64]:
    """Some unit vector at right angles."""
    v = unit(vector)
    other = np.array([1.0, 0.0, 0.0]) if abs(v[0]) < 0.8 else np.array([0.0, 1.0, 0.0])
    return unit(np.cross(v, other))


def rotation(axis: ArrayLike, degrees: float) -> NDArray[np.float64]:
    """Matrix (3, 3) that turns column vectors counter-clockwise about `axis` (Rodrigues' formula)."""
    x, y, z = unit(axis)
    k = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = np.radians(degrees)
    return np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * k @ k


def cylinder(azimuth: float, radius: float, height: float = 0.0) -> NDArray[np.float64]:
    """Cartesian point of cylinder coordinates about z; azimuth in degrees."""
    angle = np.radians(azimuth)
    return np.array([radius * np.cos(angle), radius * np.sin(angle), height])


def icosahedron_fivefold(radius: float) -> NDArray[np.float64]:
    """Twelve vertices (12, 3) with a five-fold axis along z: top, upper ring, lower ring, bottom."""
    wide, high = 2 * radius / 5**0.5, radius / 5**0.5
    upper = [cylinder(72 * k, wide, high) for k in range(5)]
    lower = [cylinder(72 * k + 36, wide, -high) for k in range(5)]
    return np.array([[0, 0, radius], *upper, *lower, [0, 0, -radius]], dtype=np.float64)


def icosahedron_twofold(radius: float) -> NDArray[np.float64]:
    """Twelve vertices (12, 3) with two-fold axes along x, y, z and three-fold axes along the space diagonals."""
    short = radius / np.sqrt(1 + GOLDEN**2)
    signs = [(a, b) for a in (1, -1) for b in (1, -1)]
    vertices = [p for a, b in signs for p in ((0, a, b * GOLDEN), (b * GOLDEN, 0, a), (a, b * GOLDEN, 0))]
    return short * np.array(vertices, dtype=np.float64)


def tetrahedron(radius: float) -> NDArray[np.float64]:
    """Four vertices (4, 3) with three-fold axes along the space diagonals."""
    return radius / 3**0.5 * np.array([(1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)], dtype=np.float64)
