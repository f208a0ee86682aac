"""M11(PR3)7X3: a centred icosahedron with one face replaced by a single atom, C3v."""

from __future__ import annotations

import numpy as np

from mlcluster.design.frameworks.assembly import Assembly
from mlcluster.design.frameworks.donors import halide, phosphine
from mlcluster.design.frameworks.polyhedra import icosahedron_twofold, unit
from mlcluster.structure.cluster import Cluster

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
