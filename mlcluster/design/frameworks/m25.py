"""M25(SR)18: a centred icosahedron under six dimeric staples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlcluster.design.frameworks.assembly import Assembly
from mlcluster.design.frameworks.polyhedra import icosahedron_twofold
from mlcluster.design.frameworks.staples import CYCLIC, RADIUS, dimeric_staple
from mlcluster.structure.cluster import Cluster


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
