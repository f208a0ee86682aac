"""A model cluster under construction, and the directions and polyhedra it is made from."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mlcluster.chem.elements import NUMBERS, is_metal
from mlcluster.design.frameworks.settle import Springs, settle
from mlcluster.structure.cluster import Cluster, Source

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


class Assembly:
    """A model cluster under construction.

    Every method that adds something returns the indices of the new atoms.

    Parameters
    ----------
    name
        Name of the finished cluster.
    charge
        Its total charge, e.
    """

    def __init__(self, name: str, charge: int) -> None:
        self.name, self.charge = name, charge
        self.symbols: list[str] = []
        self.points: list[NDArray[np.float64]] = []
        self._springs: dict[tuple[int, int], tuple[float, float]] = {}

    def add(self, symbol: str, point: ArrayLike) -> int:
        """Put down one atom; coordinates in angstrom."""
        self.symbols.append(symbol)
        self.points.append(np.array(point, dtype=np.float64))
        return len(self.symbols) - 1

    def add_all(self, symbol: str, points: ArrayLike) -> list[int]:
        """Put down atoms of one element."""
        return [self.add(symbol, point) for point in np.asarray(points, dtype=np.float64)]

    def tie(self, a: int, b: int, length: float | None = None, stiffness: float = 1.0) -> None:
        """Let two atoms keep a distance in angstrom; the present one when `length` is None."""
        distance = float(np.linalg.norm(self.points[a] - self.points[b])) if length is None else length
        self._springs[min(a, b), max(a, b)] = (distance, stiffness)

    def tie_body(self, atoms: Sequence[int]) -> None:
        """Keep every distance within a rigid group."""
        for a, b in combinations(atoms, 2):
            self.tie(a, b)

    def tie_metals(self, cutoff: float = 3.2, stiffness: float = 1.0) -> None:
        """Keep the metal-metal distances up to `cutoff` angstrom."""
        for a, b in combinations(self.metals, 2):
            if np.linalg.norm(self.points[a] - self.points[b]) < cutoff:
                self.tie(a, b, stiffness=stiffness)

    @property
    def metals(self) -> list[int]:
        """Indices of the metal atoms so far."""
        return np.flatnonzero(is_metal(np.array([NUMBERS[s] for s in self.symbols], dtype=np.int64))).tolist()

    def clearance(self, points: ArrayLike, ignoring: Collection[int] = ()) -> float:
        """Shortest distance of `points` to the atoms so far, angstrom."""
        others = np.array([p for k, p in enumerate(self.points) if k not in set(ignoring)])
        if not len(others):
            return np.inf
        return float(np.linalg.norm(others[None] - np.asarray(points)[:, None], axis=-1).min())

    def finish(self, *, hold_metals: float | None = None) -> Cluster:
        """Settle the ligands and return the cluster.

        Parameters
        ----------
        hold_metals
            Stiffness that draws the metals back to where they were put; None keeps them exactly there.
        """
        numbers = np.array([NUMBERS[s] for s in self.symbols])
        pairs = np.array(list(self._springs), dtype=np.int64)
        lengths, stiffness = np.array(list(self._springs.values())).T
        positions = settle(numbers, np.array(self.points), Springs(pairs, lengths, stiffness), hold_metals)
        return Cluster(
            numbers=numbers,
            positions=positions,
            charge=self.charge,
            multiplicity=1,
            name=self.name,
            source=Source(path="model built by mlcluster"),
        )
