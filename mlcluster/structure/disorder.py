"""Disorder groups and partial occupancy -> independent places, each with the alternatives that may stand there.

pymatgen keeps every alternative on top of the others. Here the stated groups, assemblies and occupancies decide
which atoms belong together and which exclude each other; `alternatives` then picks one at each place.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from mlcluster.chem.elements import COVALENT_RADIUS, is_metal
from mlcluster.geometry.bonds import bond_limits
from mlcluster.geometry.neighbours import NeighbourPairs
from mlcluster.structure.crystal import Crystal
from mlcluster.structure.symmetry import Atoms

FULL = 0.99
"""An occupancy above this counts as full."""

OVERLAP_FRACTION = 0.8
"""Two atoms nearer than this share of their covalent radii cannot both be present (C-C 1.22, Au-Au 2.18 angstrom)."""

SAME_PLACE = 0.3
"""Two metals nearer than this (angstrom) share one site: a mixed-metal position, not a displacement."""

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
    site and ``"partial"`` for partly occupied atoms with no alternative stated.
    """

    kind: Kind
    options: tuple[Option, ...]

    @property
    def sites(self) -> tuple[int, ...]:
        """Every stated site involved."""
        return tuple(sorted({site for option in self.options for site in option.sites}))


def full_at_special_position(crystal: Crystal, atoms: Atoms, pairs: NeighbourPairs) -> NDArray[np.bool_]:
    """Sites whose occupancy is 1/m only because the file counts an m-fold special position twice."""
    suspect = (crystal.group == 0) & (crystal.occupancy < FULL) & (atoms.merged > 1)
    suspect &= np.abs(crystal.occupancy * atoms.merged - 1.0) < 0.02
    first, second = atoms.site[pairs.first], atoms.site[pairs.second]
    crowded = pairs.distance < _overlap_limit(crystal.numbers[first], crystal.numbers[second])
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


def find_places(crystal: Crystal, atoms: Atoms, pairs: NeighbourPairs, occupancy: NDArray[np.float64]) -> list[Place]:
    """Every place of disorder of a crystal.

    Parameters
    ----------
    crystal, atoms
        Stated sites and their images.
    pairs
        Contacts between the images, at least to the longest bond of the elements present.
    occupancy
        Occupancy of each site after `full_at_special_position`.
    """
    disordered = (crystal.group != 0) | (occupancy < FULL)
    if not disordered.any():
        return []
    first, second = atoms.site[pairs.first], atoms.site[pairs.second]
    both = disordered[first] & disordered[second] & (first != second)
    contacts = _Contacts(first[both], second[both], pairs.distance[both], crystal)
    mixed = _mixed_sites(crystal, contacts, disordered)
    places = [_mixed_place(crystal, atoms, group, occupancy) for group in mixed]
    in_mixed = np.zeros(len(crystal), dtype=bool)
    in_mixed[[site for group in mixed for site in group]] = True
    overlaps = _overlapping_images(crystal, atoms, pairs, disordered)
    for members in _groups_of(contacts.linked(crystal, occupancy), np.flatnonzero(disordered & ~in_mixed)):
        places.append(_positional_place(crystal, atoms, members, occupancy, contacts, overlaps))
    return places


class _Contacts:
    """Contacts between disordered sites, with the two questions asked of them."""

    def __init__(self, first: NDArray, second: NDArray, distance: NDArray, crystal: Crystal) -> None:
        self.first, self.second, self.distance = first, second, distance
        z = crystal.numbers
        limit = bond_limits()[z[first], z[second]]
        self.bonded = distance < limit
        self.overlap = distance < np.maximum(_overlap_limit(z[first], z[second]), SAME_PLACE)

    def linked(self, crystal: Crystal, occupancy: NDArray[np.float64]) -> coo_array:
        """Graph joining sites of one place: bonded in one group, or excluding each other across groups."""
        a, b = self.first, self.second
        group, assembly = crystal.group, np.array(crystal.assembly, dtype=object)
        same = (group[a] == group[b]) & (assembly[a] == assembly[b])
        implicit = (group[a] == 0) & (group[b] == 0)
        alike = np.abs(occupancy[a] - occupancy[b]) < 0.02
        complement = (group[a] != group[b]) & (np.abs(occupancy[a] + occupancy[b] - 1.0) < 0.02)
        join = same & self.bonded & (~implicit | alike) | self.overlap | complement & self.bonded
        rows, columns = [a[join]], [b[join]]
        for name in {name for name in crystal.assembly if name}:
            members = np.flatnonzero(assembly == name)
            rows.append(members[:-1])
            columns.append(members[1:])
        row, column = np.concatenate(rows), np.concatenate(columns)
        return coo_array((np.ones(len(row), dtype=bool), (row, column)), shape=(len(crystal),) * 2)


def _overlap_limit(z_first: NDArray, z_second: NDArray) -> NDArray[np.float64]:
    return OVERLAP_FRACTION * (COVALENT_RADIUS[z_first] + COVALENT_RADIUS[z_second])


def _groups_of(graph: coo_array, members: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Connected sets of `members`, in the order of their first site."""
    sub = graph.tocsr()[members][:, members]
    _, label = connected_components(sub, directed=False)
    order: dict[int, list[int]] = {}
    for member, name in zip(members.tolist(), label.tolist(), strict=True):
        order.setdefault(name, []).append(member)
    return [np.array(group) for group in order.values()]


def _mixed_sites(crystal: Crystal, contacts: _Contacts, disordered: NDArray[np.bool_]) -> list[list[int]]:
    metal = is_metal(crystal.numbers)
    a, b = contacts.first, contacts.second
    join = metal[a] & metal[b] & (crystal.numbers[a] != crystal.numbers[b]) & (contacts.distance < SAME_PLACE)
    graph = coo_array((np.ones(int(join.sum()), dtype=bool), (a[join], b[join])), shape=(len(crystal),) * 2)
    groups = _groups_of(graph, np.flatnonzero(disordered & metal)) if join.any() else []
    return [group.tolist() for group in groups if len(group) > 1]


def _images(atoms: Atoms, sites: Iterable[int]) -> NDArray[np.int64]:
    return np.flatnonzero(np.isin(atoms.site, list(sites)))


def _mixed_place(crystal: Crystal, atoms: Atoms, sites: list[int], occupancy: NDArray[np.float64]) -> Place:
    options = [Option((site,), _images(atoms, [site]), float(occupancy[site])) for site in sites]
    return Place("mixed", tuple(sorted(options, key=lambda o: (-o.weight, -crystal.numbers[o.sites[0]]))))


def _positional_place(
    crystal: Crystal,
    atoms: Atoms,
    members: NDArray[np.int64],
    occupancy: NDArray[np.float64],
    contacts: _Contacts,
    overlaps: dict[tuple[int, int], None],
) -> Place:
    groups: dict[tuple, list[int]] = {}
    for site in members[crystal.group[members] != 0].tolist():
        groups.setdefault(("stated", int(crystal.group[site])), []).append(site)
    implicit = members[crystal.group[members] == 0]
    for colour, sites in enumerate(_exclusive_sets(implicit, occupancy, contacts)):
        groups[("implied", colour)] = sites
    options = []
    for key in sorted(groups, key=lambda k: (k[0], abs(k[1]))):
        sites = groups[key]
        weight = float(occupancy[sites].mean())
        kept, shared = _compatible_images(crystal, atoms, sites, weight, overlaps)
        options.append((Option(tuple(sites), kept, weight), shared))
    ranked = sorted(options, key=lambda pair: -pair[0].weight)
    # One option whose own images exclude each other is disorder about a special position: that is an alternative too.
    alone = len(ranked) == 1 and not ranked[0][1] and ranked[0][0].weight < FULL
    return Place("partial" if alone else "positional", tuple(option for option, _ in ranked))


def _exclusive_sets(sites: NDArray[np.int64], occupancy: NDArray[np.float64], contacts: _Contacts) -> list[list[int]]:
    """Partly occupied sites without a stated group: alike occupancies go together unless they overlap."""
    excluded: dict[int, set[int]] = {int(s): set() for s in sites}
    for a, b in zip(contacts.first[contacts.overlap].tolist(), contacts.second[contacts.overlap].tolist(), strict=True):
        if a in excluded and b in excluded:
            excluded[a].add(b)
    sets: list[list[int]] = []
    for site in sorted(excluded, key=lambda s: (-occupancy[s], s)):
        for members in sets:
            alike = abs(occupancy[members[0]] - occupancy[site]) < 0.02
            if alike and not excluded[site].intersection(members):
                members.append(site)
                break
        else:
            sets.append([site])
    return sets


def _overlapping_images(
    crystal: Crystal, atoms: Atoms, pairs: NeighbourPairs, disordered: NDArray[np.bool_]
) -> dict[tuple[int, int], None]:
    """Pairs of expanded atoms, from images of disordered sites by different operations, that exclude each other."""
    a, b = atoms.site[pairs.first], atoms.site[pairs.second]
    z = crystal.numbers
    near = disordered[a] & disordered[b] & (atoms.operation[pairs.first] != atoms.operation[pairs.second])
    near &= pairs.distance < _overlap_limit(z[a], z[b])
    return dict.fromkeys(zip(pairs.first[near].tolist(), pairs.second[near].tolist(), strict=True))


def _compatible_images(
    crystal: Crystal, atoms: Atoms, sites: list[int], weight: float, overlaps: dict[tuple[int, int], None]
) -> tuple[NDArray[np.int64], bool]:
    """Images of one option that can be present together, whole copies only, and whether any had to go.

    A group about a special position is copied by the operations of that position onto itself. Of copies that
    overlap only the first is kept; where a stated negative group does not overlap its own copies, its occupancy
    1/m says that one of each m neighbouring copies is present.
    """
    images = _images(atoms, sites)
    inside = set(images.tolist())
    clash = {(int(atoms.operation[i]), int(atoms.operation[j])) for i, j in overlaps if i in inside and j in inside}
    operations = np.unique(atoms.operation[images]).tolist()
    if not clash and crystal.group[sites[0]] < 0 and weight < FULL:
        clash = _neighbouring_copies(crystal, atoms, sites[0], round(1.0 / max(weight, 1e-3)))
    if not clash:
        return images, False
    chosen: list[int] = []
    for operation in operations:
        if not any((operation, other) in clash for other in chosen):
            chosen.append(operation)
    return images[np.isin(atoms.operation[images], chosen)], True


def _neighbouring_copies(crystal: Crystal, atoms: Atoms, site: int, per_place: int) -> set[tuple[int, int]]:
    """Pairs of operations whose images of one site share a place that holds `per_place` of them."""
    images = _images(atoms, [site])
    if crystal.cell is None or len(images) < 2:
        return set()
    delta = atoms.positions[images][:, None] - atoms.positions[images][None]
    fractional = delta @ np.linalg.inv(crystal.cell)
    distance = np.linalg.norm((fractional - np.round(fractional)) @ crystal.cell, axis=2)
    pairs: set[tuple[int, int]] = set()
    free = set(range(len(images)))
    while free:
        first = min(free)
        place = sorted(free, key=lambda k: (distance[first, k], k))[:per_place]
        free -= set(place)
        names = [int(atoms.operation[images[k]]) for k in place]
        pairs |= {(a, b) for a in names for b in names if a != b}
    return pairs
