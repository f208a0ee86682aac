"""Which site of a framework each metal of an alloy takes, by a rule, where nobody has told it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from mlcluster.chem.elements import SYMBOLS, is_metal
from mlcluster.design.edits.records import Substitution
from mlcluster.structure.cluster import Cluster

HOSTS = ("Au", "Ag", "Cu")
"""Metals that frameworks are built of."""

RULE = (
    "Ru, Rh, Pd, Ir, Pt, and Au in Ag or Cu, take the sites with most metal neighbours; Ag, Cd and Hg in Au those with "
    "most but fewer than twelve; other metals those with fewest; of equal sites the nearest to the centre, then the "
    "first built"
)
"""As in crystals of doped M25(SR)18: Pd and Pt in the centre, Ag on the icosahedron, Cu in the staples."""

_INNERMOST = ("Ru", "Rh", "Pd", "Ir", "Pt", "Ni")
_BELOW_THE_SURFACE = 12
"""Metal neighbours of an atom that no ligand can reach."""
_CONTACT = 3.4
"""Metals closer than this are neighbours, angstrom."""


def host_of(metals: Mapping[str, int]) -> str | None:
    """Commonest metal that a framework can be built of."""
    return max((metal for metal in HOSTS if metal in metals), key=lambda metal: metals[metal], default=None)


def placed(cluster: Cluster, metals: Mapping[str, int], host: str) -> list[Substitution]:
    """Substitutions that turn the metals of a framework into those of a compound; none where they are the same.

    Parameters
    ----------
    cluster
        The framework.
    metals
        Wanted atoms by element, as many as the framework has.
    host
        Metal of all sites that no other one takes.
    """
    here = np.flatnonzero(is_metal(cluster.numbers))
    now = {int(k): SYMBOLS[cluster.numbers[k]] for k in here}
    if Counter(now.values()) == Counter(metals):
        return []
    wanted = dict.fromkeys(now, host)
    free = _by_neighbours(cluster, here)
    guests = sorted((metal for metal in metals if metal != host), key=lambda metal: (_turn(metal, host), metal))
    neighbours = _neighbours(cluster, here)
    for metal in guests:
        order = list(free)
        if _turn(metal, host) == 1:
            order.sort(key=lambda k: neighbours[k] >= _BELOW_THE_SURFACE)
        elif _turn(metal, host) == 2:
            order.sort(key=lambda k: neighbours[k])
        for k in order[: metals[metal]]:
            wanted[k] = metal
            free.remove(k)
    changed = {k: metal for k, metal in wanted.items() if now[k] != metal}
    return [
        Substitution(tuple(cluster.labels[k] for k, other in changed.items() if other == metal), metal)
        for metal in dict.fromkeys(changed.values())
    ]


def is_certain(cluster: Cluster, edits: list[Substitution]) -> bool:
    """Whether the edits put one innermost metal into the only site without ligands."""
    if len(edits) != 1 or len(edits[0].sites) != 1 or edits[0].element not in _INNERMOST:
        return not edits
    here = np.flatnonzero(is_metal(cluster.numbers))
    inside = [k for k, n in _neighbours(cluster, here).items() if n >= _BELOW_THE_SURFACE]
    return [cluster.labels[k] for k in inside] == list(edits[0].sites)


def _turn(metal: str, host: str) -> int:
    """0: takes the innermost sites; 1: those under the staples; 2: the outermost ones."""
    if metal in _INNERMOST or (metal == "Au" and host in ("Ag", "Cu")):
        return 0
    return 1 if metal in ("Ag", "Cd", "Hg") and host == "Au" else 2


def _by_neighbours(cluster: Cluster, here: np.ndarray) -> list[int]:
    """Metals, those with most metal neighbours first, of equal ones the nearest to the centre."""
    neighbours, points = _neighbours(cluster, here), cluster.positions[here]
    away = dict(zip(here.tolist(), np.linalg.norm(points - points.mean(axis=0), axis=1).round(2).tolist(), strict=True))
    return sorted(neighbours, key=lambda k: (-neighbours[k], away[k], k))


def _neighbours(cluster: Cluster, here: np.ndarray) -> dict[int, int]:
    points = cluster.positions[here]
    near = np.linalg.norm(points[:, None] - points[None], axis=-1) < _CONTACT
    return dict(zip(here.tolist(), (near.sum(axis=1) - 1).tolist(), strict=True))
