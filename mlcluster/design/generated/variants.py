"""Copies of a generated cluster: displaced as by heat, and with one to three metals substituted."""

from __future__ import annotations

import numpy as np

from mlcluster.chem.elements import is_metal
from mlcluster.design.relax import survival, why_lost
from mlcluster.design.verbs import substitute
from mlcluster.errors import StructureError
from mlcluster.structure.cluster import Cluster

AMPLITUDES = (0.02, 0.03, 0.04, 0.05, 0.06)
"""Root mean square displacements along one axis, angstrom; those of crystals at 100 to 300 K lie between."""
METAL_SHARE, HYDROGEN_SHARE = 0.8, 1.3
"""Displacement of metals and hydrogens in units of that of other atoms."""
TRIES = 5
_COINAGE = ("Au", "Ag", "Cu")
# Not platinum: GFN1-xTB often fails on it, or converges to charges of -20 e.
_SHARE_PALLADIUM = 0.25
KINDS = 3
"""`variant` makes in turn: a displaced copy, a substitution neighbour, a displaced substitution neighbour."""


def displaced(cluster: Cluster, rng: np.random.Generator) -> Cluster:
    """Copy with every atom displaced at random, all bonds whole.

    Raises
    ------
    StructureError
        If bonds break at every amplitude tried.
    """
    metal, hydrogen = is_metal(cluster.numbers), cluster.numbers == 1
    weight = np.where(metal, METAL_SHARE, np.where(hydrogen, HYDROGEN_SHARE, 1.0))[:, None]
    for _ in range(TRIES):
        amplitude = float(rng.choice(AMPLITUDES))
        step = amplitude * weight * rng.normal(size=cluster.positions.shape)
        moved = cluster.replace(positions=cluster.positions + step)
        if why_lost(survival(cluster, moved)) is None:
            return moved
    raise StructureError("bonds break in every displaced copy.", site=cluster.name)


def neighbour(cluster: Cluster, rng: np.random.Generator) -> tuple[Cluster, str]:
    """Copy with other metals at one to three sites, charge and electrons as `substitute` keeps them; and what was done.

    Raises
    ------
    StructureError
        If there is none.
    """
    seed = int(rng.integers(2**31))
    if rng.random() < _SHARE_PALLADIUM:
        drawn = substitute(cluster, to="Pd", k=1, sample=1, seed=seed)
    else:
        drawn = substitute(cluster, to=_COINAGE, k=int(rng.integers(1, 4)), sample=1, seed=seed)
    for candidate in drawn:
        return candidate.cluster, "; ".join(str(edit) for edit in candidate.edits)
    raise StructureError("no metal to substitute.", site=cluster.name)


def variant(parent: Cluster, number: int, seed: int) -> tuple[Cluster, str]:
    """The variant of that number, and what was done to the parent.

    Parameters
    ----------
    parent
        A relaxed cluster.
    number
        Counts from 0; the kinds take turns.
    seed
        Of the draws.
    """
    rng = np.random.default_rng([seed, number])
    kind = number % KINDS
    if kind == 0:
        return displaced(parent, rng), "displaced"
    cluster, edits = neighbour(parent, rng)
    return (cluster, edits) if kind == 1 else (displaced(cluster, rng), f"{edits}; displaced")
