"""Kernels of metal atoms: cuts of packings about their special points, and polyhedra fused by vertex, edge or face.

All lengths are in units of the contact between two metals.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from mlcluster.design.frameworks.assembly import (
    cylinder,
    icosahedron_fivefold,
    icosahedron_twofold,
    tetrahedron,
    unit,
)
from mlcluster.errors import ConfigError

Points = NDArray[np.float64]

CONTACT = 1.2
"""Distance up to which two metals touch."""
CLOSEST = 0.85
"""Distance below which a fused kernel has no room for both atoms."""
_SAME = 0.4
"""Points nearer than this are one atom that two polyhedra share."""
_SHELLS = 5


def _fcc() -> Points:
    steps = np.array([c for c in product(range(-_SHELLS, _SHELLS + 1), repeat=3) if sum(c) % 2 == 0], dtype=float)
    return steps / 2**0.5


def _bcc() -> Points:
    steps = np.array([c for c in product(range(-_SHELLS, _SHELLS + 1), repeat=3) if len({k % 2 for k in c}) == 1])
    return steps.astype(float) / 3**0.5


def _hcp() -> Points:
    high = (2 / 3) ** 0.5
    points = []
    for a, b, layer in product(range(-_SHELLS, _SHELLS + 1), repeat=3):
        shift = np.array([0.5, 3**0.5 / 6, 0.0]) if layer % 2 else np.zeros(3)
        points.append(np.array([a + b / 2, b * 3**0.5 / 2, layer * high]) + shift)
    return np.array(points)


def _decahedral() -> Points:
    """Five twins about one axis along z, each strained from 70.5 to 72 degrees."""
    row = 0.75**0.5
    points = []
    for twin in range(5):
        first, second = cylinder(72 * twin, row), cylinder(72 * (twin + 1), row)
        for i, j in product(range(1, _SHELLS), range(_SHELLS)):
            points += [i * first + j * second + (0, 0, z + (i + j) % 2 / 2) for z in range(-_SHELLS, _SHELLS + 1)]
    return np.array(points + [np.array([0.0, 0.0, z]) for z in range(-_SHELLS, _SHELLS + 1)])


def _icosahedral() -> Points:
    """Mackay shells 1, 13, 55, 147."""
    vertices = icosahedron_twofold(1.0)
    edge = np.linalg.norm(vertices[:, None] - vertices[None], axis=-1)
    near = (edge > 0.1) & (edge < 1.1)
    faces = [f for f in combinations(range(12), 3) if all(near[a, b] for a, b in combinations(f, 2))]
    points = {(0.0, 0.0, 0.0)}
    for shell, face in product(range(1, 4), faces):
        for i, j in product(range(shell + 1), repeat=2):
            if i + j <= shell:
                point = np.array([i, j, shell - i - j]) @ vertices[list(face)]
                points.add(tuple((np.round(point, 9) + 0.0).tolist()))
    return np.array(sorted(points))


PACKINGS: dict[str, Callable[[], Points]] = {
    "fcc": _fcc,
    "hcp": _hcp,
    "bcc": _bcc,
    "decahedral": _decahedral,
    "icosahedral": _icosahedral,
}
CENTRES: dict[str, dict[str, tuple[float, float, float]]] = {
    "fcc": {
        "atom": (0, 0, 0),
        "octahedron": (2**-0.5, 0, 0),
        "tetrahedron": (8**-0.5, 8**-0.5, 8**-0.5),
        "bond": (8**-0.5, 8**-0.5, 0),
        "triangle": (2 / 3 * 2**-0.5, 1 / 3 * 2**-0.5, 1 / 3 * 2**-0.5),
    },
    "hcp": {
        "atom": (0, 0, 0),
        "octahedron": (1.0, 3**-0.5, 6**-0.5),
        "bond": (0.5, 0, 0),
        "triangle": (0.5, 12**-0.5, 0),
    },
    "bcc": {
        "atom": (0, 0, 0),
        "octahedron": (3**-0.5, 0, 0),
        "bond": (12**-0.5, 12**-0.5, 12**-0.5),
        "tetrahedron": (3**-0.5, 12**-0.5, 0),
    },
    "decahedral": {"atom": (0, 0, 0), "bond": (0, 0, 0.5), "aside": (0.45, 0, 0.2)},
    "icosahedral": {"atom": (0, 0, 0), "aside": (0.35, 0.2, 0.0)},
}
"""Points that a cut may be centred at, by packing."""


def cut(packing: str, centre: str, size: int, rng: np.random.Generator) -> Points:
    """The atoms of a packing nearest to a point of it.

    Parameters
    ----------
    packing, centre
        Keys of `PACKINGS` and of its `CENTRES`.
    size
        Number of atoms.
    rng
        Chooses among atoms at equal distances, those on one side together.

    Returns
    -------
    Points
        Points (size, 3) about their centroid.
    """
    if packing not in PACKINGS or centre not in CENTRES[packing]:
        raise ConfigError("no such cut.", found=f"{packing} {centre}", expected=", ".join(PACKINGS))
    points = PACKINGS[packing]() - np.array(CENTRES[packing][centre])
    tilt = 1e-3 * points @ unit(rng.normal(size=3))
    chosen = points[np.argsort(np.round(np.linalg.norm(points, axis=1), 6) - tilt, kind="stable")[:size]]
    return chosen - chosen.mean(axis=0)


def _with_centre(points: Points) -> Points:
    return np.vstack([np.zeros((1, 3)), points])


def _five_bipyramid() -> Points:
    wide = 0.5 / np.sin(np.pi / 5)
    high = (1 - wide**2) ** 0.5
    return np.array([*(cylinder(72 * k, wide) for k in range(5)), (0, 0, high), (0, 0, -high)])


POLYHEDRA: dict[str, Callable[[], Points]] = {
    "tetrahedron": lambda: tetrahedron((3 / 8) ** 0.5),
    "octahedron": lambda: 2**-0.5 * np.vstack([np.eye(3), -np.eye(3)]),
    "bipyramid": _five_bipyramid,
    "centred-cube": lambda: _with_centre(3**-0.5 * np.array(list(product((1, -1), repeat=3)), dtype=float)),
    "icosahedron": lambda: _with_centre(icosahedron_fivefold(1.0)),
    "cuboctahedron": lambda: _with_centre(_fcc()[np.isclose(np.linalg.norm(_fcc(), axis=1), 1.0)]),
}
SHARED = {"vertex": 1, "edge": 2, "face": 3, "ring": 1}
"""Atoms in the mirror plane; "ring" is the plane midway between the middle and a vertex, as in double icosahedra."""


def fused(polyhedron: str, shared: str, count: int) -> Points | None:
    """A polyhedron and its mirror images in planes through vertices, edges or faces, as far apart as they may be.

    Parameters
    ----------
    polyhedron, shared
        Keys of `POLYHEDRA` and `SHARED`.
    count
        Polyhedra altogether.

    Returns
    -------
    Points | None
        Points (N, 3) about their centroid; None where the images have no room beside each other.
    """
    base = POLYHEDRA[polyhedron]()
    touch = np.linalg.norm(base[:, None] - base[None], axis=-1) < CONTACT
    outer = [k for k, point in enumerate(base) if np.linalg.norm(point) > 0.1]
    groups = [g for g in combinations(outer, SHARED[shared]) if all(touch[a, b] for a, b in combinations(g, 2))]
    middles = np.array([base[list(g)].mean(axis=0) for g in groups]).reshape(-1, 3)
    middles = middles[np.linalg.norm(middles, axis=1) > 0.1]
    if not len(middles):
        return None
    directions = middles / np.linalg.norm(middles, axis=1)[:, None]
    points = base
    nearest = np.full(len(middles), -1.0)
    for _ in range(count - 1):
        choice = int(np.argmin(np.round(nearest, 6)))
        normal = directions[choice]
        nearest = np.maximum(nearest, directions @ normal)
        height = middles[choice] @ normal * (0.5 if shared == "ring" else 1.0)
        mirrored = base - 2 * np.outer(base @ normal - height, normal)
        distance = np.linalg.norm(mirrored[:, None] - points[None], axis=-1).min(axis=1)
        points = np.vstack([points, mirrored[distance > _SAME]])
    closest = np.linalg.norm(points[:, None] - points[None], axis=-1)[np.triu_indices(len(points), 1)].min()
    return points - points.mean(axis=0) if closest > CLOSEST else None


def capped_faces(points: Points, extra: int, rng: np.random.Generator) -> Points:
    """Atoms added one by one where they touch most others, those nearest to the middle first.

    Parameters
    ----------
    points
        Kernel (N, 3) to start from.
    extra
        How many atoms come.
    rng
        Chooses among equal places.
    """
    for _ in range(extra):
        touch = np.linalg.norm(points[:, None] - points[None], axis=-1) < CONTACT
        places = []
        for a, b, c in combinations(range(len(points)), 3):
            if touch[a, b] and touch[b, c] and touch[a, c]:
                middle = points[[a, b, c]].mean(axis=0)
                normal = np.cross(points[b] - points[a], points[c] - points[a])
                rise = max(1 - np.sum((points[a] - middle) ** 2), 0.1) ** 0.5
                places += [middle + sign * rise * unit(normal) for sign in (1, -1)]
        distance = np.linalg.norm(np.array(places)[:, None] - points[None], axis=-1)
        free = distance.min(axis=1) > 0.9
        if not free.any():
            break
        open_places, distance = np.array(places)[free], distance[free]
        worth = (distance < CONTACT).sum(axis=1) - 0.3 * np.linalg.norm(open_places, axis=1)
        worth = np.round(worth, 6) + 1e-3 * rng.random(len(worth))
        points = np.vstack([points, open_places[int(np.argmax(worth))]])
        points = points - points.mean(axis=0)
    return points
