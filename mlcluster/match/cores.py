"""Correspondence of two metal cores, also when one lacks atoms of the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlcluster.chem.elements import is_metal
from mlcluster.geometry.correspondence import correspond
from mlcluster.structure.cluster import Cluster

ELEMENT_PENALTY = 0.5
"""Squared angstrom added to the cost of pairing different metals: geometry decides first, element between equals."""


@dataclass(frozen=True)
class CoreMatch:
    """Correspondence of the metal atoms of two clusters.

    Parameters
    ----------
    pairs
        Matched atoms as indices into A and B, (k, 2); k is the number of metals of the smaller core.
    rmsd
        Of the matched metals after superposition, angstrom.
    improper
        Whether the better superposition needs a reflection.
    only_a, only_b
        Metals without a partner.
    """

    pairs: NDArray[np.int64]
    rmsd: float
    improper: bool
    only_a: NDArray[np.int64]
    only_b: NDArray[np.int64]


def match_cores(a: Cluster, b: Cluster) -> CoreMatch | None:
    """Match the metals of two clusters under rotation, reflection and permutation; None if either has no metal.

    Every metal of the smaller core gets a partner.
    """
    metals_a, metals_b = np.flatnonzero(is_metal(a.numbers)), np.flatnonzero(is_metal(b.numbers))
    if not metals_a.size or not metals_b.size:
        return None
    swapped = metals_a.size > metals_b.size
    small, large = (b, a) if swapped else (a, b)
    ids_small, ids_large = (metals_b, metals_a) if swapped else (metals_a, metals_b)
    different = small.numbers[ids_small][:, None] != large.numbers[ids_large][None, :]
    found = correspond(small.positions[ids_small], large.positions[ids_large], ELEMENT_PENALTY * different)
    own, other = ids_small, ids_large[found.partner]
    free = np.setdiff1d(ids_large, other)
    nothing = np.zeros(0, dtype=np.int64)
    pairs = np.stack([other, own] if swapped else [own, other], axis=1)
    return CoreMatch(
        pairs=pairs[np.argsort(pairs[:, 0])],
        rmsd=found.fit.rmsd,
        improper=found.improper,
        only_a=free if swapped else nothing,
        only_b=nothing if swapped else free,
    )
