"""M38(SR)24: two icosahedra that share a face, six dimeric staples at the ends and three monomeric ones around it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlcluster.design.frameworks.assembly import Assembly
from mlcluster.design.frameworks.donors import thiolate
from mlcluster.design.frameworks.polyhedra import icosahedron_twofold, rotation, unit
from mlcluster.design.frameworks.staples import CYCLIC, RADIUS, dimeric_staple
from mlcluster.structure.cluster import Cluster

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
