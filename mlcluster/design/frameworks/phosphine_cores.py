"""Phosphine-protected cores by rule: M3, M4, M6, M7, M9, M11, M20, the cubane M4X4 and the capped M3X2."""

from __future__ import annotations

from itertools import product

import numpy as np

from mlcluster.design.frameworks.assembly import Assembly, cylinder, icosahedron_twofold, tetrahedron, unit
from mlcluster.design.frameworks.donors import bridging_halide, halide, phosphine
from mlcluster.structure.cluster import Cluster

CONTACT = {"Au": 2.75, "Ag": 2.80, "Cu": 2.55}
"""Metal-metal distance in angstrom."""


def m3_phosphine(r: str = "H", *, metal: str = "Au", charge: int = 1) -> Cluster:
    """Triangular [M3(PR3)3]+, 2 superatom electrons, D3h."""
    ring = [cylinder(120 * k, 3**-0.5) for k in range(3)]
    return _radial(f"{metal}3(P{r}3)3", charge, metal, CONTACT[metal] * np.array(ring), r)


def m3_capped(r: str = "H", *, metal: str = "Cu", element: str = "Cl", charge: int = 1) -> Cluster:
    """Triangular [M3(PR3)6X2]+ with a halide over each side, no superatom electrons, D3h.

    After [Cu3(dppm)3(alkynyl)2]+, whose diphosphines lie along the edges.
    """
    assembly = Assembly(f"{metal}3(P{r}3)6{element}2", charge)
    metals = assembly.add_all(metal, [cylinder(120 * k, CONTACT[metal] * 3**-0.5) for k in range(3)])
    assembly.tie_metals(3.4)
    for side in (1, -1):
        bridging_halide(assembly, (0, 0, 1.9 * side), metals, {"Cu": 2.38, "Ag": 2.55}.get(metal, 2.5), element)
    for k, m in enumerate(metals):
        for side in (1, -1):
            phosphine(assembly, m, cylinder(120 * k + 55 * side, 1.0), r)
    return assembly.finish()


def m4_phosphine(r: str = "H", *, metal: str = "Au", charge: int = 2) -> Cluster:
    """Tetrahedral [M4(PR3)4]2+, 2 superatom electrons, after [Au4(PtBu3)4]2+."""
    return _radial(f"{metal}4(P{r}3)4", charge, metal, CONTACT[metal] * tetrahedron((3 / 8) ** 0.5), r)


def m6_phosphine(r: str = "H", *, metal: str = "Au", charge: int = 2) -> Cluster:
    """Two tetrahedra that share an edge, [M6(PR3)6]2+, 4 superatom electrons, D2h, after [Au6(PPh3)6]2+."""
    high = 0.5**0.5
    shared = [(0, 0.5, 0), (0, -0.5, 0)]
    # Each outer edge is perpendicular to the shared one and at the height of a regular tetrahedron.
    outer = [(x, 0, z) for x in (high, -high) for z in (0.5, -0.5)]
    return _radial(f"{metal}6(P{r}3)6", charge, metal, CONTACT[metal] * np.array(shared + outer), r)


def m7_phosphine(r: str = "H", *, metal: str = "Au", charge: int = 1) -> Cluster:
    """Pentagonal bipyramid [M7(PR3)7]+, 6 superatom electrons, D5h, after [Au7(PPh3)7]+."""
    ring_radius = 0.5 / np.sin(np.pi / 5)
    ring = [cylinder(72 * k, ring_radius) for k in range(5)]
    # The two apexes of regular faces nearly touch, as in the crystal.
    height = (1 - ring_radius**2) ** 0.5
    apexes = [(0, 0, height), (0, 0, -height)]
    return _radial(f"{metal}7(P{r}3)7", charge, metal, CONTACT[metal] * np.array([*ring, *apexes]), r)


def m20_phosphine(r: str = "H", *, metal: str = "Au", charge: int = 0) -> Cluster:
    """Tetrahedral M20 cut from a close-packed metal, phosphines on its vertices, 20 superatom electrons, Td.

    After bare Au20 (10.1126/science.1079879); four phosphines are an assumption.
    """
    steps = [c for c in product(range(4), repeat=4) if sum(c) == 3]
    vertices = 3 * CONTACT[metal] * tetrahedron((3 / 8) ** 0.5)
    points = np.array(steps) / 3 @ vertices
    assembly = Assembly(f"{metal}20(P{r}3)4", charge)
    metals = assembly.add_all(metal, points)
    assembly.tie_metals(3.4)
    for m, weights in zip(metals, steps, strict=True):
        if max(weights) == 3:
            phosphine(assembly, m, assembly.points[m], r)
    return assembly.finish()


def m4_cubane(r: str = "H", *, metal: str = "Cu", element: str = "I", charge: int = 0) -> Cluster:
    """Cubane M4X4(PR3)4, no superatom electrons: metals and halides on alternate corners."""
    assembly = Assembly(f"{metal}4{element}4(P{r}3)4", charge)
    metals = assembly.add_all(metal, 1.1 * CONTACT[metal] * tetrahedron((3 / 8) ** 0.5))
    assembly.tie_metals(3.4)
    for k in range(4):
        opposite = -assembly.points[metals[k]]
        face = [m for m in metals if m != metals[k]]
        bridging_halide(assembly, 1.5 * opposite, face, {"Cu": 2.38, "Ag": 2.55}.get(metal, 2.5), element)
    for m in metals:
        phosphine(assembly, m, assembly.points[m], r)
    return assembly.finish()


def _radial(name: str, charge: int, metal: str, points: np.ndarray, r: str) -> Cluster:
    assembly = Assembly(name, charge)
    metals = assembly.add_all(metal, points)
    assembly.tie_metals(3.4)
    for m in metals:
        phosphine(assembly, m, assembly.points[m], r)
    return assembly.finish()


CROWN_RADIUS = 2.70
CROWN_PUCKER = 0.39
"""Height of the ring atoms over their mean plane, as a fraction of its radius."""


def m9_phosphine(r: str = "H", *, metal: str = "Au", centre: str = "", charge: int = 3) -> Cluster:
    """[M9(PR3)8]3+, 6 superatom electrons; [PdAu8(PR3)8]2+ and [PtAu8(PR3)8]2+ with ``charge=2``."""
    centre = centre or metal
    assembly = Assembly(f"{centre}{metal}8(P{r}3)8", charge)
    assembly.add(centre, np.zeros(3))
    ring = [CROWN_RADIUS * unit(cylinder(45 * k, 1.0, CROWN_PUCKER if k % 2 else -CROWN_PUCKER)) for k in range(8)]
    atoms = assembly.add_all(metal, ring)
    assembly.tie_metals()
    for atom in atoms:
        phosphine(assembly, atom, assembly.points[atom], r)
    return assembly.finish()


RADIUS, CAP = 2.72, 2.75
"""Centre to vertex, and to the atom in place of the face, angstrom."""


def m11_phosphine(r: str = "H", *, metal: str = "Au", element: str = "Cl", charge: int = 0) -> Cluster:
    """M11(PR3)7X3, 8 superatom electrons; the halides on the face opposite to the single atom (assumed)."""
    assembly = Assembly(f"{metal}11(P{r}3)7{element}3", charge)
    axis = unit((1, 1, 1))
    vertices = icosahedron_twofold(RADIUS)
    height = vertices @ axis
    assembly.add(metal, np.zeros(3))
    cap = assembly.add(metal, -CAP * axis)
    middle = assembly.add_all(metal, vertices[np.abs(height) < 1.5])
    face = assembly.add_all(metal, vertices[height > 1.5])
    assembly.tie_metals()
    for k in face:
        halide(assembly, k, assembly.points[k], element)
    for k in (*middle, cap):
        phosphine(assembly, k, assembly.points[k], r)
    return assembly.finish(hold_metals=0.5)
