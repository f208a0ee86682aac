"""How clusters stand in their crystal: distances between centres, and hydrogen contacts between neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlcluster.chem.elements import is_metal
from mlcluster.geometry.bonds import longest_bond, select_bonds
from mlcluster.geometry.neighbours import neighbour_pairs
from mlcluster.structure.cluster import Cluster
from mlcluster.structure.fragments import Fragment, find_fragments

HYDROGEN_CONTACT = 2.4
"""H...H contacts up to twice the van der Waals radius of hydrogen, angstrom (Bondi, J. Phys. Chem. 1964, 68, 441)."""
CH_PI_CONTACT = 3.05
"""C-H...pi contacts: hydrogen to the middle of a six-membered carbon ring, angstrom (Nishio, CrystEngComm 2004, 6, 130,
10.1039/b313104a)."""


@dataclass(frozen=True)
class Contacts:
    """Number, mean and shortest of the contacts of one cluster with its neighbours, angstrom; None without any."""

    count: int
    mean: float | None
    shortest: float | None


@dataclass(frozen=True)
class Packing:
    """Surroundings of one cluster.

    Parameters
    ----------
    centre_distances
        Distances between metal centroids to the nearest twelve copies, ascending, angstrom.
    hydrogen_contacts, ch_pi_contacts
        H...H and C-H...pi contacts with other copies.
    """

    centre_distances: tuple[float, ...]
    hydrogen_contacts: Contacts
    ch_pi_contacts: Contacts


def packing_of(cluster: Cluster) -> Packing | None:
    """Packing of a cluster cut from a crystal; None where there was none.

    Copies are the fragments of the cell with the formula of the cluster, mirror images included.
    """
    crystal = cluster.crystal
    if crystal is None:
        return None
    reach = max(longest_bond(crystal.numbers), CH_PI_CONTACT)
    pairs = neighbour_pairs(crystal.positions, reach, crystal.cell)
    bonds = select_bonds(crystal.numbers, pairs)
    fragments = find_fragments(crystal.numbers, crystal.positions, crystal.cell, bonds)
    copies = [f for f in fragments if f.formula == cluster.formula]
    if not copies:
        return None
    centres = np.array([_centre(copy) for copy in copies])
    around = neighbour_pairs(centres, _reach(centres, crystal.cell), crystal.cell)
    distances = np.sort(around.distance[around.first == 0])[:12]
    rings = [_ring_centres(copy) for copy in copies]
    hydrogens = [copy.positions[copy.numbers == 1] for copy in copies]
    return Packing(
        tuple(distances.tolist()),
        _contacts(hydrogens, hydrogens, crystal.cell, HYDROGEN_CONTACT),
        _contacts(hydrogens, rings, crystal.cell, CH_PI_CONTACT),
    )


def _centre(fragment: Fragment) -> NDArray[np.float64]:
    metal = is_metal(fragment.numbers)
    return fragment.positions[metal if metal.any() else slice(None)].mean(axis=0)


def _reach(centres: NDArray[np.float64], cell: NDArray[np.float64]) -> float:
    """Far enough for twelve neighbours at the density of the copies."""
    volume = abs(np.linalg.det(cell)) / len(centres)
    return float(2.2 * volume ** (1 / 3))


def _contacts(
    first: list[NDArray[np.float64]], second: list[NDArray[np.float64]], cell: NDArray[np.float64], limit: float
) -> Contacts:
    """Contacts from points of the first copy to points of any other copy or image, each pair of points once."""
    a, b = first[0], np.concatenate(second)
    if not len(a) or not len(b):
        return Contacts(0, None, None)
    owner = np.concatenate([np.full(len(points), k) for k, points in enumerate(second)])
    pairs = neighbour_pairs(np.concatenate([a, b]), limit, cell)
    across = (pairs.first < len(a)) & (pairs.second >= len(a))
    target = pairs.second[across] - len(a)
    # A fragment is unwrapped: its own atoms are those without a shift, and they are no neighbours.
    foreign = (owner[target] != 0) | pairs.shift[across].any(axis=1)
    distance = pairs.distance[across][foreign]
    if not distance.size:
        return Contacts(0, None, None)
    return Contacts(int(distance.size), float(distance.mean()), float(distance.min()))


def _ring_centres(fragment: Fragment) -> NDArray[np.float64]:
    """Middles of planar six-membered carbon rings, (R, 3)."""
    carbon = np.flatnonzero(fragment.numbers == 6)
    points = fragment.positions[carbon]
    near = neighbour_pairs(points, 1.6)
    partners: dict[int, set[int]] = {}
    for i, j in zip(near.first.tolist(), near.second.tolist(), strict=True):
        partners.setdefault(i, set()).add(j)
    rings = {ring for start in partners for ring in _six_rings(start, partners)}
    centres = []
    for ring in rings:
        corners = points[list(ring)]
        spread = np.linalg.svd(corners - corners.mean(axis=0), compute_uv=False)
        if spread[2] < 0.15 * spread[1]:
            centres.append(corners.mean(axis=0))
    return np.array(centres).reshape(-1, 3)


def _six_rings(start: int, partners: dict[int, set[int]]) -> set[frozenset[int]]:
    """Rings of six through `start`: two different paths of three bonds that meet."""
    rings = set()
    paths = [(a, b, c) for a in partners[start] for b in partners[a] - {start} for c in partners[b] - {a, start}]
    for a, b, c in paths:
        for d, e, f in paths:
            if c == f and len({a, b, d, e}) == 4:
                rings.add(frozenset((start, a, b, c, e, d)))
    return rings
