"""What disorder is: places with the options that may stand there, and what an occupancy in a file means.

pymatgen keeps every alternative on top of the others. Here `place_search` finds the places of disorder of a crystal,
and `alternatives` picks one option at each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from mlcluster.chem.elements import is_metal
from mlcluster.geometry.neighbours import NeighbourPairs
from mlcluster.structure.crystal import Crystal
from mlcluster.structure.exclusion import ALIKE, FULL, SAME_PLACE, overlap_limit
from mlcluster.structure.symmetry import MERGE_TOLERANCE, Atoms

SPECIAL_OCCUPANCY = 0.01
"""An occupancy this near to 1/m at an m-fold special position means a full atom counted m times (0.33, 0.17)."""

Kind = Literal["positional", "mixed", "partial"]


@dataclass(frozen=True)
class Option:
    """Atoms that are present together at one place of disorder.

    Parameters
    ----------
    sites
        Stated sites, as indices.
    atoms
        The images of them that are kept when this option is chosen, as indices into the expanded atoms.
    weight
        Mean occupancy.
    """

    sites: tuple[int, ...]
    atoms: NDArray[np.int64]
    weight: float


@dataclass(frozen=True)
class Place:
    """One place of disorder, its options sorted by weight; independent of every other place.

    `kind` is ``"positional"`` for alternatives that exclude each other, ``"mixed"`` for several metals on one
    site and ``"partial"`` for partly occupied atoms with no alternative stated. `total` is how often one of the
    options is there.
    """

    kind: Kind
    options: tuple[Option, ...]
    total: float = 1.0

    @property
    def sites(self) -> tuple[int, ...]:
        """Every stated site involved."""
        return tuple(sorted({site for option in self.options for site in option.sites}))


def full_at_special_position(crystal: Crystal, atoms: Atoms, pairs: NeighbourPairs) -> NDArray[np.bool_]:
    """Sites whose occupancy is 1/m only because the file counts an m-fold special position twice."""
    suspect = (crystal.group == 0) & (crystal.occupancy < FULL) & (atoms.merged > 1)
    suspect &= np.abs(crystal.occupancy - 1.0 / atoms.merged) < SPECIAL_OCCUPANCY
    first, second = atoms.site[pairs.first], atoms.site[pairs.second]
    crowded = pairs.distance < overlap_limit(crystal.numbers[first], crystal.numbers[second])
    suspect[first[crowded]] = False
    return suspect


def duplicates(crystal: Crystal, atoms: Atoms, pairs: NeighbourPairs) -> NDArray[np.int64]:
    """Expanded atoms that repeat another, ordered one of the same element at the same spot (within 0.1 angstrom)."""
    near = pairs.distance < 0.1
    first, second = pairs.first[near], pairs.second[near]
    a, b = atoms.site[first], atoms.site[second]
    ordered = (crystal.group == 0) & (crystal.occupancy >= FULL)
    repeats = ordered[a] & ordered[b] & (crystal.numbers[a] == crystal.numbers[b]) & (a < b)
    return np.unique(second[repeats])


def coincident(
    crystal: Crystal, atoms: Atoms, pairs: NeighbourPairs, occupancy: NDArray[np.float64]
) -> NDArray[np.int64]:
    """The atom that stands for each expanded atom, (M,): parts of one atom listed apart at one place become one.

    Parts are of one element and one group, and none is fully occupied; a methyl on a three-fold axis is often listed
    with three hydrogens of a third, whose images fall on each other.
    """
    n = len(atoms.site)
    near = pairs.distance < MERGE_TOLERANCE
    first, second = pairs.first[near], pairs.second[near]
    a, b = atoms.site[first], atoms.site[second]
    assembly = np.array(crystal.assembly, dtype=object)
    same = (crystal.numbers[a] == crystal.numbers[b]) & (crystal.group[a] == crystal.group[b])
    same &= (assembly[a] == assembly[b]).astype(bool) & (occupancy[first] < FULL) & (occupancy[second] < FULL)
    same &= occupancy[first] + occupancy[second] <= 1.0 + ALIKE
    if not same.any():
        return np.arange(n)
    graph = coo_array((np.ones(int(same.sum()), dtype=bool), (first[same], second[same])), shape=(n, n))
    _, label = connected_components(graph, directed=False)
    leader = np.full(n, n)
    np.minimum.at(leader, label, np.arange(n))
    return leader[label]


def mixed_sites(
    crystal: Crystal, atoms: Atoms, pairs: NeighbourPairs, disordered: NDArray[np.bool_]
) -> list[list[int]]:
    """Sites of different metals at one place."""
    metal = is_metal(crystal.numbers)
    both = disordered[pairs.first] & disordered[pairs.second] & (pairs.distance < SAME_PLACE)
    a, b = atoms.site[pairs.first[both]], atoms.site[pairs.second[both]]
    join = metal[a] & metal[b] & (crystal.numbers[a] != crystal.numbers[b])
    if not join.any():
        return []
    n = len(crystal)
    graph = coo_array((np.ones(int(join.sum()), dtype=bool), (a[join], b[join])), shape=(n, n))
    _, label = connected_components(graph, directed=False)
    sets: dict[int, list[int]] = {}
    for site in np.unique(a[join]).tolist():
        sets.setdefault(int(label[site]), []).append(site)
    return [group for group in sets.values() if len(group) > 1]
