"""Staples of metal and thiolate, and the six dimeric ones around an icosahedron."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mlcluster.design.frameworks.assembly import Assembly
from mlcluster.design.frameworks.donors import thiolate
from mlcluster.design.frameworks.polyhedra import GOLDEN, unit

RADIUS = 2.80
"""Centre to vertex of the icosahedra that staples protect, angstrom."""

Motion = Callable[[NDArray[np.float64]], NDArray[np.float64]]

CYCLIC = tuple(np.roll(np.eye(3), k, axis=0) for k in range(3))
"""Rotations about the space diagonal that permute x, y, z."""
_SULFUR = np.array([(3.60, 0.0, 3.27), (0.0, 0.0, 6.23), (-3.60, 0.0, 3.27)])
_METALS = np.array([(1.80, 0.0, 4.75), (-1.80, 0.0, 4.75)])


def dimeric_staple(
    assembly: Assembly,
    kernel: list[int],
    place: Motion,
    *,
    signs: tuple[int, int, int],
    metal: str,
    donor: str,
    r: str,
) -> None:
    """SR-M-SR-M-SR over the icosahedron edge (±1, 0, golden ratio), carried to another edge by `place`.

    Parameters
    ----------
    kernel
        Atoms of the kernel; those at the images of the vertices (±golden ratio, 0, 1) anchor the staple.
    place
        Rigid motion from the frame of `icosahedron_twofold` to where the staple stands.
    signs
        Side of the staple's plane to which each of the three substituents points.
    """
    side = place(np.array([0.0, 1.0, 0.0])) - place(np.zeros(3))
    points = np.array([assembly.points[k] for k in kernel])
    anchors = [place(RADIUS * unit((x, 0.0, 1.0))) for x in (GOLDEN, -GOLDEN)]
    ends = [kernel[int(np.argmin(np.linalg.norm(points - anchor, axis=1)))] for anchor in anchors]
    first, second = assembly.add_all(metal, [place(p) for p in _METALS])
    bonded = ((ends[0], first), (first, second), (ends[1], second))
    for k in (1, 0, 2):
        length = 2.33 if k == 1 else 2.36
        point = place(_SULFUR[k])
        thiolate(assembly, point, bonded[k], r, element=donor, length=length, side=signs[k] * side)
