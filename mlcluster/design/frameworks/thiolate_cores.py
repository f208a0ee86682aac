"""Thiolate-protected clusters by rule: M25(SR)18, M38(SR)24 with their staples, and M14(SR)12(PR3)8."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from mlcluster.design.frameworks.assembly import GOLDEN, Assembly, icosahedron_twofold, rotation, unit
from mlcluster.design.frameworks.donors import phosphine, thiolate
from mlcluster.structure.cluster import Cluster

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


def m25_thiolate(r: str = "H", *, metal: str = "Au", centre: str = "", donor: str = "S", charge: int = -1) -> Cluster:
    """[M25(SR)18]-, 8 superatom electrons, kernel Th.

    Parameters
    ----------
    r
        Substituent of the thiolates.
    metal, centre
        Metal, and the central atom when it is another (Pd and Pt go with ``charge=-2``).
    donor
        ``"S"`` or ``"Se"``.
    """
    centre = centre or metal
    assembly = Assembly(f"{centre}{metal}24({donor}{r})18", charge)
    assembly.add(centre, np.zeros(3))
    kernel = assembly.add_all(metal, icosahedron_twofold(RADIUS))
    assembly.tie_metals()
    for turn in CYCLIC:
        for half_turn in (np.eye(3), np.diag([1.0, -1.0, -1.0])):
            motion = turn @ half_turn

            def place(point: NDArray, motion: NDArray = motion) -> NDArray:
                return motion @ point

            dimeric_staple(assembly, kernel, place, signs=(1, -1, 1), metal=metal, donor=donor, r=r)
    return assembly.finish(hold_metals=0.5)


_WAIST = 3.3
"""Distance of the waist's staple metals beyond the shared face's atoms, angstrom."""


def m38_thiolate(r: str = "H", *, metal: str = "Au", donor: str = "S", charge: int = 0) -> Cluster:
    """M38(SR)24 with an M23 kernel, 14 superatom electrons, D3.

    After the crystal of Au38(SC2H4Ph)24 (Qian et al., J. Am. Chem. Soc. 2010, 132, 8280).
    """
    assembly = Assembly(f"{metal}38({donor}{r})24", charge)
    frame, shift = _face_down()
    vertices = icosahedron_twofold(RADIUS) @ frame.T + shift
    in_face = np.abs(vertices[:, 2]) < 1e-6
    face = assembly.add_all(metal, vertices[in_face])
    # The half-turn about a face atom's direction carries the first icosahedron onto the second.
    half_turn = rotation((*assembly.points[face[0]][:2], 0.0), 180)
    halves = []
    for motion in (np.eye(3), half_turn):
        assembly.add(metal, motion @ shift)
        halves.append(assembly.add_all(metal, vertices[~in_face] @ motion.T))
    assembly.tie_metals()
    for half, motion in zip(halves, (np.eye(3), half_turn), strict=True):
        for turn in CYCLIC:

            def place(point: NDArray, motion: NDArray = motion, turn: NDArray = turn) -> NDArray:
                return motion @ (frame @ turn @ point + shift)

            dimeric_staple(assembly, half, place, signs=(1, -1, 1), metal=metal, donor=donor, r=r)
    for atom in face:
        _waist_staple(assembly, halves, atom, metal, donor, r)
    return assembly.finish(hold_metals=0.5)


def _face_down() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rotation that turns a three-fold axis to z, and the shift that puts the lowest face at z = 0."""
    axis = unit((1, 1, 1))
    x = unit(np.cross(axis, (0, 0, 1)))
    lowest = (icosahedron_twofold(RADIUS) @ axis).min()
    return np.array([x, np.cross(axis, x), axis]), np.array([0.0, 0.0, -lowest])


def _waist_staple(assembly: Assembly, halves: list[list[int]], face: int, metal: str, donor: str, r: str) -> None:
    """SR-M-SR beside one atom of the shared face, between the nearest upper atoms of both icosahedra."""
    outwards = unit((*assembly.points[face][:2], 0.0))
    radius = float(assembly.points[face] @ outwards) + _WAIST
    centre = assembly.add(metal, radius * outwards)
    around = np.cross((0.0, 0.0, 1.0), outwards)
    for half, sign in zip(halves, (1, -1), strict=True):
        point = (radius + 0.05) * outwards + (0.0, 0.0, 2.3 * sign)
        anchor = min(_ring(assembly, half), key=lambda k: float(np.linalg.norm(_sideways(assembly, k) - outwards)))
        thiolate(assembly, point, (centre, anchor), r, element=donor, length=2.34, side=sign * around)


def _ring(assembly: Assembly, half: list[int]) -> list[int]:
    """The three atoms in the second layer from the far end of an icosahedron."""
    by_height = sorted(half, key=lambda k: -abs(assembly.points[k][2]))
    return by_height[3:6]


def _sideways(assembly: Assembly, atom: int) -> NDArray[np.float64]:
    return unit((*assembly.points[atom][:2], 0.0))


OCTAHEDRON = 2.02
"""Centre to vertex of the octahedron, angstrom."""
CUBE = 2.22
"""Half an edge of the cube, angstrom."""


def m14_thiolate(r: str = "H", *, metal: str = "Ag", donor: str = "S", charge: int = 0) -> Cluster:
    """M14(SR)12(PR3)8, 2 superatom electrons."""
    assembly = Assembly(f"{metal}14({donor}{r})12(P{r}3)8", charge)
    small = 0.92 if metal == "Cu" else 1.0
    inner = assembly.add_all(metal, small * OCTAHEDRON * np.vstack([np.eye(3), -np.eye(3)]))
    corners = assembly.add_all(metal, small * CUBE * np.array(list(product((1, -1), repeat=3)), dtype=float))
    assembly.tie_metals(3.3, stiffness=0.5)
    for a, b in combinations(corners, 2):
        edge = assembly.points[a] - assembly.points[b]
        if np.count_nonzero(np.abs(edge) > 0.1) != 1:
            continue
        middle = (assembly.points[a] + assembly.points[b]) / 2
        # Each thiolate leans to one of the two octahedron atoms beside its edge, by turns of x, y, z.
        lean_axis = (int(np.argmax(np.abs(edge))) + 1) % 3
        lean = np.sign(middle[lean_axis]) * np.eye(3)[lean_axis]
        third = next(k for k in inner if unit(assembly.points[k]) @ lean > 0.9)
        thiolate(
            assembly, middle + 0.8 * unit(middle) + 0.9 * lean, (a, b, third), r, element=donor, length=2.55 * small
        )
    for corner in corners:
        phosphine(assembly, corner, assembly.points[corner], r)
    return assembly.finish(hold_metals=0.3)
