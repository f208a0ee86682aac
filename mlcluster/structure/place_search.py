"""Disorder of a crystal -> independent places, each with the alternatives that may stand there.

Distances, stated groups, assemblies and occupancies decide which atoms belong together and which exclude each other
(`exclusion`, `rigid_groups`), and which of them are present together (`configurations`). The work is done on the atoms
of the cell, so that disorder about an axis, a mirror or a centre is disorder like any other, and once for all places
that symmetry makes of one.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from mlcluster.geometry.neighbours import NeighbourPairs
from mlcluster.structure.configurations import configurations
from mlcluster.structure.crystal import Crystal
from mlcluster.structure.disorder import SPECIAL_OCCUPANCY, Option, Place, mixed_sites
from mlcluster.structure.exclusion import ALIKE, FULL, Relations, relate
from mlcluster.structure.partial import Bodies, share_of_copies
from mlcluster.structure.rigid_groups import RigidGroup, components, conflicts, rigid_groups, turned_together, within
from mlcluster.structure.symmetry import Atoms, products


def find_places(
    crystal: Crystal,
    atoms: Atoms,
    pairs: NeighbourPairs,
    occupancy: NDArray[np.float64],
    leader: NDArray[np.int64],
) -> list[Place]:
    """Every place of disorder of a crystal.

    Parameters
    ----------
    crystal, atoms
        Stated sites and their images.
    pairs
        Contacts between the images, at least to the longest bond of the elements present and to `exclusion.REACH`.
    occupancy
        Occupancy of each expanded atom after `full_at_special_position` and `coincident`, (M,).
    leader
        Answer of `coincident`.
    """
    disordered = (crystal.group[atoms.site] != 0) | (occupancy < FULL)
    disordered &= leader == np.arange(len(leader))
    if not disordered.any():
        return []
    search = _Search(crystal, atoms, pairs, occupancy, leader, disordered)
    places = [search.mixed_place(sites) for sites in search.mixed]
    for members in search.connected_sets():
        places += search.places(members)
    return sorted(places, key=lambda place: [search.names[i] for i in _first_atoms(place)])


def _first_atoms(place: Place) -> list[int]:
    return [int(option.atoms.min()) for option in place.options]


class _Search:
    """One crystal on its way to places."""

    def __init__(
        self,
        crystal: Crystal,
        atoms: Atoms,
        pairs: NeighbourPairs,
        occupancy: NDArray[np.float64],
        leader: NDArray[np.int64],
        disordered: NDArray[np.bool_],
    ) -> None:
        self.crystal, self.atoms, self.pairs, self.occupancy = crystal, atoms, pairs, occupancy
        self.image = leader[atoms.image]
        self.numbers = crystal.numbers[atoms.site]
        self.ordered = (leader == np.arange(len(leader))) & ~disordered
        self.copies = np.zeros((len(leader), atoms.image.shape[1]), dtype=bool)
        self.copies[self.image, np.arange(atoms.image.shape[1])] = True
        self.names = [f"{crystal.labels[s]} {op}" for s, op in zip(atoms.site, atoms.operation, strict=True)]
        self.keys = [(crystal.assembly[s], int(crystal.group[s])) for s in atoms.site]
        self.mixed = mixed_sites(crystal, atoms, pairs, disordered)
        in_mixed = np.zeros(len(crystal), dtype=bool)
        in_mixed[[site for group in self.mixed for site in group]] = True
        self.nodes = disordered & ~in_mixed[atoms.site]
        self.relations = relate(crystal, atoms, pairs, occupancy, self.copies, self.nodes)
        self.chains, self.assembled = self._assemblies()
        self.table = products(crystal)
        self.bodies = Bodies(self.atoms.positions, crystal.cell, pairs, self.numbers, self.ordered)

    def _assemblies(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Pairs of atoms that a stated assembly joins: those of one group and occupancy, and all, (E, 2)."""
        crystal = self.crystal
        site_occupancy = np.round(self.occupancy[self.image[:, 0]] / ALIKE)
        alike: list[tuple[int, int]] = []
        linked: list[tuple[int, int]] = []
        for name in sorted({name for name in crystal.assembly if name}):
            members = [s for s, other in enumerate(crystal.assembly) if other == name and crystal.group[s]]
            members = [s for s in members if self.nodes[self.image[s, 0]]]
            members.sort(key=lambda s: (abs(crystal.group[s]), crystal.group[s], site_occupancy[s], crystal.labels[s]))
            linked += list(zip(members[:-1], members[1:], strict=True))
            heavy = [s for s in members if crystal.numbers[s] != 1] or members
            alike += [
                (s, t)
                for s, t in zip(heavy[:-1], heavy[1:], strict=True)
                if crystal.group[s] == crystal.group[t]
                and abs(self.occupancy[self.image[s, 0]] - self.occupancy[self.image[t, 0]]) < ALIKE
            ]
        return self._images_of_pairs(alike), self._images_of_pairs(linked)

    def _images_of_pairs(self, sites: list[tuple[int, int]]) -> NDArray[np.int64]:
        index = np.array(sites, dtype=np.int64).reshape(-1, 2)
        return np.stack([self.image[index[:, 0]].ravel(), self.image[index[:, 1]].ravel()], axis=1)

    def mixed_place(self, sites: list[int]) -> Place:
        options = []
        for site in sites:
            images = np.unique(self.image[site])
            options.append(Option((site,), images, float(self.occupancy[images[0]])))
        ranked = sorted(options, key=lambda o: (-o.weight, -self.crystal.numbers[o.sites[0]]))
        return Place("mixed", tuple(ranked))

    def connected_sets(self) -> Iterator[NDArray[np.int64]]:
        """One connected set of disordered atoms out of its symmetry copies, with `self.maps` to the others."""
        n = len(self.nodes)
        edges = np.concatenate(
            [np.stack([self.relations.first, self.relations.second], axis=1), self.chains, self.assembled]
        )
        graph = coo_array((np.ones(len(edges), dtype=bool), (edges[:, 0], edges[:, 1])), shape=(n, n))
        _, self.label = connected_components(graph, directed=False)
        nodes = np.flatnonzero(self.nodes)
        order = nodes[np.argsort(self.label[nodes], kind="stable")]
        sets = np.split(order, np.flatnonzero(np.diff(self.label[order])) + 1)
        self.related = _by_set(self.relations, self.label)
        self.chained: dict[int, list[tuple[int, int]]] = {}
        for a, b in self.chains.tolist():
            if a != b:
                self.chained.setdefault(int(self.label[a]), []).append((a, b))
        seen: set[int] = set()
        for members in sorted((m for m in sets if m.size), key=lambda m: int(m[0])):
            if int(self.label[members[0]]) not in seen:
                self.maps = self._copies_of(int(members[0]), seen)
                yield members

    def _copies_of(self, atom: int, seen: set[int]) -> list[int]:
        """Operations that make the distinct copies of the set an atom belongs to; the sets go to `seen`."""
        if self.table is None:
            seen.add(int(self.label[atom]))
            return [-1]
        found = []
        site, operation = self.atoms.site[atom], self.atoms.operation[atom]
        for g, target in enumerate(self.image[site, self.table[:, operation]].tolist()):
            if int(self.label[target]) not in seen:
                seen.add(int(self.label[target]))
                found.append(g)
        return found

    def places(self, members: NDArray[np.int64]) -> list[Place]:
        """Places of one connected set, with the atoms of its copies."""
        label = int(self.label[members[0]])
        relations = self.related.get(label) or self.relations.take(np.zeros(0, dtype=np.int64))
        groups = rigid_groups(
            members.tolist(),
            relations,
            [(0.99, a, b) for a, b in self.chained.get(label, [])] + self._one_copy(members),
            self.numbers,
            self.occupancy,
            self.keys,
            self.names,
        )
        groups.sort(key=lambda group: (abs(group.key[1]), sorted(self.names[i] for i in group.atoms)))
        excluded = conflicts(groups, relations, self.copies)
        sets = turned_together(components(excluded), groups, relations)
        return [self._place([groups[k] for k in one], within(one, excluded), relations) for one in sets]

    def _one_copy(self, members: NDArray[np.int64]) -> list[tuple[float, int, int]]:
        """Pairs of atoms without a group that one operation makes, of sites whose images here add up to one atom.

        That is a molecule or ion about a special position, of which one copy is present.
        """
        site = self.atoms.site[members]
        images = np.bincount(site, minlength=len(self.crystal))[site]
        single = (images > 1) & (self.crystal.group[site] == 0)
        single &= np.abs(self.occupancy[members] - 1.0 / images) < SPECIAL_OCCUPANCY
        found = []
        for operation in np.unique(self.atoms.operation[members[single]]):
            copy = members[single & (self.atoms.operation[members] == operation)].tolist()
            copy.sort(key=lambda atom: self.names[atom])
            found += [(2.95, a, b) for a, b in zip(copy[:-1], copy[1:], strict=True)]
        return found

    def _place(self, groups: list[RigidGroup], excluded: list[set[int]], relations: Relations) -> Place:
        if len(groups) == 1:
            return self._lone(groups[0])
        alike = len({tuple(sorted(self.numbers[list(group.atoms)].tolist())) for group in groups}) == 1
        ranked = []
        for chosen in configurations([group.weight for group in groups], excluded, alike):
            inside = self._with_shared({atom for k in chosen for atom in groups[k].atoms}, groups, relations)
            weight = float(np.mean([groups[k].weight for k in chosen]))
            order = sorted(abs(groups[k].key[1]) for k in chosen)
            ranked.append((-round(weight, 2), order, -int(self.numbers[inside].sum()), chosen, inside, weight))
        unlike = len({(w, tuple(order), size) for w, order, size, *_ in ranked}) < len(ranked)
        atoms = [atom for group in groups for atom in group.atoms]
        near = np.flatnonzero(np.isin(self.pairs.first, atoms)) if unlike else np.zeros(0, dtype=np.int64)
        rank = [
            (*first, self._strain(inside, near) if unlike else 0.0, sorted(self.names[i] for i in inside))
            for *first, _, inside, _ in ranked
        ]
        options: dict[tuple[int, ...], tuple[NDArray[np.int64], float]] = {}
        used: set[int] = set()
        for k in sorted(range(len(ranked)), key=lambda k: rank[k]):
            *_, chosen, inside, weight = ranked[k]
            if used.intersection(chosen):
                continue
            used.update(chosen)
            # Sets of the same sites are copies of each other about a special position: one alternative, shared by them.
            sites = tuple(sorted(self.atoms.site[inside].tolist()))
            kept, so_far = options.get(sites, (inside, 0.0))
            options[sites] = (kept, min(1.0, so_far + weight))
        made = [self._option(inside, weight) for inside, weight in options.values()]
        sorted_options = tuple(sorted(made, key=lambda option: -round(option.weight, 2)))
        held = sum(group.weight * len(group.atoms) for group in groups) / len(next(iter(options.values()))[0])
        total = min(1.0, max(held, sum(option.weight for option in sorted_options)))
        return Place("positional", sorted_options, total)

    def _with_shared(self, inside: set[int], groups: list[RigidGroup], relations: Relations) -> NDArray[np.int64]:
        """A set of atoms with those on a special position that it shares with the copies it excludes."""
        shared = {a for group in groups for a in group.atoms if a not in inside and self.copies[a].sum() > 1}
        while shared:
            a, b = relations.first, relations.second
            one, other = np.isin(a, list(inside)), np.isin(b, list(inside))
            out = {*b[relations.exclude & one].tolist(), *a[relations.exclude & other].tolist()}
            near = {*b[relations.together & one].tolist(), *a[relations.together & other].tolist()}
            found = (shared & near) - out
            if not found:
                break
            inside |= found
            shared -= found
        return np.array(sorted(inside))

    def _lone(self, group: RigidGroup) -> Place:
        """A group without alternative: all its copies, or as many at each body as their occupancies add up to."""
        inside = np.array(group.atoms)
        option = self._option(inside, group.weight)
        if group.weight >= FULL:
            return Place("positional", (option,))
        kept = share_of_copies(group.weight, self._copies(inside), self.bodies)
        if kept is None:
            return Place("partial", (option,))
        return Place("positional", (Option(option.sites, kept, option.weight),))

    def _strain(self, inside: NDArray[np.int64], near: NDArray[np.int64]) -> float:
        """Crowding of a set of atoms among themselves and with ordered ones: the sum of 1/d^6 over pairs, angstrom^-6.

        `near` holds the pairs that start at any atom of the place.
        """
        chosen = np.zeros(len(self.nodes), dtype=bool)
        chosen[inside] = True
        first, second = self.pairs.first[near], self.pairs.second[near]
        use = chosen[first] & (chosen | self.ordered)[second]
        return round(float((self.pairs.distance[near][use] ** -6.0).sum()), 4)

    def _copies(self, inside: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        if self.table is None:
            return [inside]
        site, operation = self.atoms.site[inside], self.atoms.operation[inside]
        return [np.unique(self.image[site, self.table[g, operation]]) for g in self.maps]

    def _option(self, inside: NDArray[np.int64], weight: float) -> Option:
        atoms = np.unique(np.concatenate(self._copies(inside)))
        return Option(tuple(sorted(set(self.atoms.site[inside].tolist()))), atoms, weight)


def _by_set(relations: Relations, label: NDArray[np.int64]) -> dict[int, Relations]:
    """Relations of each connected set."""
    owner = label[relations.first]
    order = np.argsort(owner, kind="stable")
    found: dict[int, Relations] = {}
    for rows in np.split(order, np.flatnonzero(np.diff(owner[order])) + 1):
        if rows.size:
            found[int(owner[rows[0]])] = relations.take(rows)
    return found
