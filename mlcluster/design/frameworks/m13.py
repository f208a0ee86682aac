"""The centred icosahedron M13 with ten phosphines or five bridging diphosphines and two halides."""

from __future__ import annotations

import numpy as np

from mlcluster.design.frameworks.assembly import Assembly
from mlcluster.design.frameworks.diphosphine import diphosphine
from mlcluster.design.frameworks.donors import halide, phosphine
from mlcluster.design.frameworks.polyhedra import icosahedron_fivefold
from mlcluster.structure.cluster import Cluster

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
        The halide.
    """
    centre = centre or metal
    assembly = Assembly(f"{centre}{metal}12(P{r}3)10{element}2", charge)
    shell = _kernel(assembly, metal, centre)
    _apex_halides(assembly, shell, element)
    for k in range(1, 11):
        phosphine(assembly, shell[k], assembly.points[shell[k]], r)
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
