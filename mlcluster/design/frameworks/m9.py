"""The crown [M9(PR3)8]3+: a puckered ring of eight around one atom, D4d."""

from __future__ import annotations

import numpy as np

from mlcluster.design.frameworks.assembly import Assembly
from mlcluster.design.frameworks.donors import phosphine
from mlcluster.design.frameworks.polyhedra import cylinder, unit
from mlcluster.structure.cluster import Cluster

RADIUS = 2.70
PUCKER = 0.39
"""Height of the ring atoms over their mean plane, as a fraction of its radius."""


def m9_phosphine(r: str = "H", *, metal: str = "Au", centre: str = "", charge: int = 3) -> Cluster:
    """[M9(PR3)8]3+, 6 superatom electrons; [PdAu8(PR3)8]2+ and [PtAu8(PR3)8]2+ with ``charge=2``."""
    centre = centre or metal
    assembly = Assembly(f"{centre}{metal}8(P{r}3)8", charge)
    assembly.add(centre, np.zeros(3))
    ring = [RADIUS * unit(cylinder(45 * k, 1.0, PUCKER if k % 2 else -PUCKER)) for k in range(8)]
    atoms = assembly.add_all(metal, ring)
    assembly.tie_metals()
    for atom in atoms:
        phosphine(assembly, atom, assembly.points[atom], r)
    return assembly.finish()
