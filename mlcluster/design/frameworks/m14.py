"""M14(SR)12(PR3)8: an octahedron of six inside a cube of eight, thiolates over the edges, phosphines on the corners."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np

from mlcluster.design.frameworks.assembly import Assembly
from mlcluster.design.frameworks.donors import phosphine, thiolate
from mlcluster.design.frameworks.polyhedra import unit
from mlcluster.structure.cluster import Cluster

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
