"""M13 icosahedra with phosphines or diphosphines and two halides."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlcluster.design.frameworks.assembly import Assembly, icosahedron_fivefold, unit
from mlcluster.design.frameworks.donors import (
    METAL_PHOSPHORUS,
    TO_CARBON,
    TO_HYDROGEN,
    attach,
    halide,
    phosphine,
    substituent,
)
from mlcluster.structure.cluster import Cluster

_P_C, _C_C = 1.85, 1.53
_ANGLE_M_P_R, _ANGLE_C_P_R, _ANGLE_R_P_R = 114.0, 103.0, 102.0


def diphosphine(assembly: Assembly, first: int, second: int, r: str = "H") -> None:
    """Bridge two surface metals of a kernel centred at the origin."""
    metals = (first, second)
    length = METAL_PHOSPHORUS.get(assembly.symbols[first], 2.30)
    phosphorus = [assembly.add("P", assembly.points[m] + length * unit(assembly.points[m])) for m in metals]
    middle = (assembly.points[phosphorus[0]] + assembly.points[phosphorus[1]]) / 2
    outwards = unit(middle)
    along = unit(assembly.points[phosphorus[1]] - assembly.points[phosphorus[0]])
    sideways = np.cross(outwards, along)
    carbons = [assembly.add("C", middle + 1.1 * outwards + sign * (0.74 * along + 0.15 * sideways)) for sign in (-1, 1)]
    _tie_chain(assembly, metals, phosphorus, carbons)
    for end in (0, 1):
        _methylene(assembly, phosphorus[end], carbons[end], carbons[1 - end], outwards, sideways)
        _two_groups(assembly, metals[end], phosphorus[end], carbons[end], phosphorus[1 - end], sideways, r)


def _tie_chain(assembly: Assembly, metals: tuple[int, int], phosphorus: list[int], carbons: list[int]) -> None:
    assembly.tie(carbons[0], carbons[1], _C_C)
    for metal, p, c, other in zip(metals, phosphorus, carbons, reversed(carbons), strict=True):
        assembly.tie(metal, p)
        assembly.tie(p, c, _P_C)
        assembly.tie(p, other, 2.80, 0.5)
        assembly.tie(metal, c, 3.4, 0.3)


def _methylene(assembly: Assembly, p: int, c: int, other: int, outwards: NDArray, sideways: NDArray) -> None:
    hydrogens = [
        assembly.add("H", assembly.points[c] + TO_HYDROGEN["C"] * unit(0.5 * outwards + sign * 0.85 * sideways))
        for sign in (1, -1)
    ]
    for hydrogen in hydrogens:
        assembly.tie(c, hydrogen, TO_HYDROGEN["C"])
        assembly.tie(other, hydrogen, 2.16, 0.5)
        assembly.tie(p, hydrogen, 2.45, 0.5)
    assembly.tie(hydrogens[0], hydrogens[1], 1.78, 0.5)


def _two_groups(assembly: Assembly, metal: int, p: int, c: int, other_p: int, sideways: NDArray, r: str) -> None:
    points = assembly.points
    prolonged, away = unit(points[p] - points[metal]), unit(points[p] - points[other_p])
    heads = []
    for sign in (1, -1):
        direction = 0.55 * prolonged + 0.35 * away + sign * 0.85 * sideways
        heads.append(attach(assembly, p, substituent("P", points[p], direction, r, azimuth=40.0 * sign))[0])
    bond = TO_HYDROGEN["P"] if r == "H" else TO_CARBON["P"]
    metal_p = float(np.linalg.norm(points[metal] - points[p]))
    for head in heads:
        assembly.tie(metal, head, _third_side(metal_p, bond, _ANGLE_M_P_R), 0.5)
        assembly.tie(c, head, _third_side(_P_C, bond, _ANGLE_C_P_R), 0.5)
    assembly.tie(heads[0], heads[1], _third_side(bond, bond, _ANGLE_R_P_R), 0.5)


def _third_side(a: float, b: float, degrees: float) -> float:
    return float(np.sqrt(a * a + b * b - 2 * a * b * np.cos(np.radians(degrees))))


RADIUS = 2.75
"""Centre to vertex, angstrom."""
_APEXES = (0, 11)


def m13_phosphine(
    r: str = "H", *, metal: str = "Au", centre: str = "", element: str = "Cl", charge: int = 3
) -> Cluster:
    """[M13(PR3)10X2]3+, 8 superatom electrons; halides at opposite vertices.

    Parameters
    ----------
    r
        Substituent of the phosphines.
    metal, centre
        Metal of the shell, and of the central atom when it is another (Pd and Pt go with ``charge=2``).
    element
        The halide; ``""`` for phosphines in their place as well (``charge=5``).
    """
    centre = centre or metal
    ligands = f"(P{r}3)10{element}2" if element else f"(P{r}3)12"
    assembly = Assembly(f"{centre}{metal}12{ligands}", charge)
    shell = _kernel(assembly, metal, centre)
    if element:
        _apex_halides(assembly, shell, element)
    for k, atom in enumerate(shell):
        if not (element and k in _APEXES):
            phosphine(assembly, atom, assembly.points[atom], r)
    return assembly.finish()


def m13_diphosphine(
    r: str = "H", *, metal: str = "Au", centre: str = "", element: str = "Cl", charge: int = 3
) -> Cluster:
    """[M13(R2PCH2CH2PR2)5X2]3+, 8 superatom electrons; each diphosphine joins the two five-rings."""
    centre = centre or metal
    assembly = Assembly(f"{centre}{metal}12(P{r}2C2H4P{r}2)5{element}2", charge)
    shell = _kernel(assembly, metal, centre)
    _apex_halides(assembly, shell, element)
    for k in range(1, 6):
        diphosphine(assembly, shell[k], shell[k + 5], r)
    return assembly.finish()


def _kernel(assembly: Assembly, metal: str, centre: str) -> list[int]:
    assembly.add(centre, np.zeros(3))
    # Copper is smaller: its icosahedron shrinks with the covalent radius.
    shell = assembly.add_all(metal, icosahedron_fivefold(RADIUS * (0.92 if metal == "Cu" else 1.0)))
    assembly.tie_metals()
    return shell


def _apex_halides(assembly: Assembly, shell: list[int], element: str) -> None:
    for k in _APEXES:
        halide(assembly, shell[k], assembly.points[shell[k]], element)
