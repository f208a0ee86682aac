"""Which disordered atoms cannot be present together, and which belong together, by distance and stated group.

No list of groups is needed: atoms that overlap, that stand nearer than a bonded pair or a pair on one centre ever
does, or that the file puts into different groups, exclude each other as long as their occupancies leave room for both
as alternatives (add up to one at most).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from mlcluster.chem.elements import COVALENT_RADIUS, HALOGENS, NUMBERS, is_metal
from mlcluster.geometry.bonds import bond_limits
from mlcluster.geometry.neighbours import NeighbourPairs
from mlcluster.structure.crystal import Crystal
from mlcluster.structure.symmetry import Atoms

FULL = 0.99
"""An occupancy above this counts as full."""

ALIKE = 0.02
"""Occupancies that differ by less belong to one alternative, and two that miss one by less make up a whole."""

OVERLAP_FRACTION = 0.8
"""Two atoms nearer than this share of their covalent radii cannot both be present (C-C 1.22, Au-Au 2.18 angstrom)."""

SAME_PLACE = 0.3
"""Two metals nearer than this (angstrom) share one site: a mixed-metal position, not a displacement."""

SHORTEST_METAL_BOND = 0.88
"""Share of the covalent radii below which partly occupied metals are one metal in two places (Ag-Ag 2.55 angstrom)."""

SHORTEST_HEAVY_BOND = 0.93
"""The same between two alike non-metals of the third row and below: S-S from 1.95, Cl-Cl from 1.90 angstrom."""

LONGEST_SURE_BOND = 1.10
"""Share of the covalent radii up to which a contact of partly occupied non-metals is a bond (C-C to 1.67 angstrom)."""

ONE_THREE = 0.45
"""Added to a covalent radius: half the distance that two atoms on one centre keep, C..C 2.42, F..F 2.04, S..S 3.00
angstrom; about the one-angle radii of Bartell (J. Chem. Phys. 1960, 10.1063/1.1700939) and Glidewell (Inorg. Chim.
Acta 1975, 10.1016/S0020-1693(00)85690-X)."""

ONE_THREE_SHARE, ONE_THREE_SHARE_H = 0.85, 0.80
"""Share of that distance below which two atoms cannot both be present unless they are bonded; with hydrogen, which
X-rays see too near to its atom, less: F..F 1.73, C..C 2.06, H..H 1.22 angstrom."""

CONTACT = 2.4
"""Non-metals nearer than this (angstrom) that no short path of bonds joins cannot both be present: strong hydrogen
bonds reach down to 2.4."""

REACH = 3.0
"""Contacts up to this distance (angstrom) decide on disorder."""


class Relations(NamedTuple):
    """Pairs of disordered atoms, ``first < second``.

    Attributes
    ----------
    first, second
        Expanded atoms, (E,).
    together
        The pair belongs to one alternative unless something else forbids it, (E,).
    exclude
        The two cannot be present together, (E,).
    rank
        Order in which pairs of `together` are believed: the whole part is the kind of evidence, the rest how far a
        bond is from its usual length, (E,).
    sibling
        The two stand on one ordered non-metal, (E,).
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    together: NDArray[np.bool_]
    exclude: NDArray[np.bool_]
    rank: NDArray[np.float64]
    sibling: NDArray[np.bool_]

    def take(self, rows: NDArray[np.int64]) -> Relations:
        """Those of some rows."""
        return Relations(
            self.first[rows],
            self.second[rows],
            self.together[rows],
            self.exclude[rows],
            self.rank[rows],
            self.sibling[rows],
        )


def overlap_limit(z_first: NDArray, z_second: NDArray) -> NDArray[np.float64]:
    """Distance below which two atoms of any occupancy cannot both be present, angstrom."""
    return OVERLAP_FRACTION * (COVALENT_RADIUS[z_first] + COVALENT_RADIUS[z_second])


def relate(
    crystal: Crystal,
    atoms: Atoms,
    pairs: NeighbourPairs,
    occupancy: NDArray[np.float64],
    copies: NDArray[np.bool_],
    nodes: NDArray[np.bool_],
) -> Relations:
    """Relations between the disordered atoms `nodes`.

    Parameters
    ----------
    pairs
        Contacts of all expanded atoms, at least to `REACH` and to the longest bond.
    occupancy
        Occupancy of each expanded atom, (M,).
    copies
        Operations that make each expanded atom from a stated site, (M, k).
    nodes
        Disordered atoms to relate, (M,).
    """
    a, b, d = _shortest(pairs, nodes)
    contact = _Contact(crystal, atoms, occupancy, copies, a, b, d)
    nonmetal_centre, metal_centre = _common_centres(crystal, atoms, pairs, occupancy, a, b)
    exclude = contact.exclusions(nonmetal_centre, metal_centre)
    rest = contact.candidates_for_contact() & ~exclude
    if rest.any():
        near = np.flatnonzero(rest)
        exclude[near[~_joined(crystal, atoms, pairs, a[near], b[near])]] = True
    together, rank = contact.bonds(exclude, nonmetal_centre)
    use = np.flatnonzero(together | exclude | nonmetal_centre)
    return Relations(a, b, together, exclude, rank, nonmetal_centre).take(use)


class _Contact:
    """Pairs of disordered atoms with what is asked of them again and again."""

    def __init__(
        self,
        crystal: Crystal,
        atoms: Atoms,
        occupancy: NDArray[np.float64],
        copies: NDArray[np.bool_],
        a: NDArray[np.int64],
        b: NDArray[np.int64],
        distance: NDArray[np.float64],
    ) -> None:
        site_a, site_b = atoms.site[a], atoms.site[b]
        names = {name: k for k, name in enumerate(sorted(set(crystal.assembly)))}
        assembly = np.array([names[name] for name in crystal.assembly])
        named = np.array([bool(name) for name in crystal.assembly])
        group = crystal.group
        self.z_a, self.z_b = crystal.numbers[site_a], crystal.numbers[site_b]
        self.distance = distance
        self.sum = COVALENT_RADIUS[self.z_a] + COVALENT_RADIUS[self.z_b]
        self.ratio = distance / self.sum
        self.metals = is_metal(self.z_a).astype(int) + is_metal(self.z_b)
        self.hydrogens = (self.z_a == 1).astype(int) + (self.z_b == 1)
        self.total = occupancy[a] + occupancy[b]
        self.alike = np.abs(occupancy[a] - occupancy[b]) < ALIKE
        self.stated = (group[site_a] != 0) & (group[site_b] != 0)
        self.same_key = self.stated & (group[site_a] == group[site_b]) & (assembly[site_a] == assembly[site_b])
        self.negative = self.same_key & (group[site_a] < 0)
        apart = named[site_a] & named[site_b] & (assembly[site_a] != assembly[site_b])
        self.rivals = self.stated & (group[site_a] != group[site_b]) & ~apart
        self.same_copy = (copies[a] & copies[b]).any(axis=1)
        self.bonded = (distance < bond_limits()[self.z_a, self.z_b]) & (self.hydrogens < 2)

    def exclusions(self, nonmetal_centre: NDArray[np.bool_], metal_centre: NDArray[np.bool_]) -> NDArray[np.bool_]:
        room = self.total <= 1.0 + ALIKE
        light = self.metals == 0
        share = np.where(self.hydrogens > 0, ONE_THREE_SHARE_H, ONE_THREE_SHARE)
        crowded = light & (self.distance < share * (self.sum + 2 * ONE_THREE))
        # Carbon, nitrogen and oxygen bound side-on to a metal are bonded to each other; heavier atoms hardly ever.
        side_on = (self.z_a < 10) & (self.z_b < 10)
        soft = crowded & (~self._sure_bond() | nonmetal_centre | metal_centre & ~side_on)
        soft |= (self.metals == 2) & (self.ratio < SHORTEST_METAL_BOND)
        soft |= self.rivals & self.bonded & (light | (np.abs(self.total - 1.0) < ALIKE))
        # Where no group is stated, a bond between 0.6 and 0.4 says the same as one between two groups.
        soft |= ~self.stated & self.bonded & (self.metals < 2) & (np.abs(self.total - 1.0) < ALIKE) & ~self.alike
        # Bonds to symmetry images are what a negative group forbids, where its occupancy leaves room for that.
        soft |= self.negative & ~self.same_copy & self.bonded
        hard = self.distance < np.maximum(overlap_limit(self.z_a, self.z_b), SAME_PLACE)
        return (hard | soft & room) & ~(self.same_key & self.same_copy)

    def candidates_for_contact(self) -> NDArray[np.bool_]:
        inner = self.same_key & self.same_copy
        room = self.total <= 1.0 + ALIKE
        return (self.metals == 0) & (self.hydrogens == 0) & (self.distance < CONTACT) & room & ~self.bonded & ~inner

    def bonds(
        self, exclude: NDArray[np.bool_], nonmetal_centre: NDArray[np.bool_]
    ) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        stated = self.same_key & (self.bonded | nonmetal_centre & self.alike & self.same_copy)
        implied = ~self.stated & self.alike & self.bonded & (self._sure_bond() | (self.metals > 0))
        kind = np.where(self.same_key, 0, 2) + np.where(self.same_copy, 0, 1)
        usual = np.where(self.hydrogens > 0, 0.89, 0.97)
        return (stated | implied) & ~exclude, kind + np.clip(np.abs(self.ratio - usual), 0.0, 0.9)

    def _sure_bond(self) -> NDArray[np.bool_]:
        """Contacts between non-metals that look like a bond, not like two places of one atom."""
        heavy = (self.z_a == self.z_b) & (self.z_a > 10)
        least = np.where(heavy, SHORTEST_HEAVY_BOND, OVERLAP_FRACTION)
        never = (self.z_a == self.z_b) & np.isin(self.z_a, [NUMBERS["O"], NUMBERS["F"]])
        never |= np.isin(self.z_a, list(HALOGENS)) & np.isin(self.z_b, list(HALOGENS)) & (self.z_a != self.z_b)
        most = np.where(self.hydrogens > 0, np.inf, LONGEST_SURE_BOND)
        return self.bonded & (self.metals == 0) & (self.ratio >= least) & (self.ratio <= most) & ~never


def _shortest(
    pairs: NeighbourPairs, nodes: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Each pair of `nodes` once, with its shortest distance over the images in other cells."""
    use = (pairs.first < pairs.second) & nodes[pairs.first] & nodes[pairs.second]
    first, second, distance = pairs.first[use], pairs.second[use], pairs.distance[use]
    order = np.lexsort((distance, second, first))
    first, second, distance = first[order], second[order], distance[order]
    new = np.ones(len(first), dtype=bool)
    new[1:] = (first[1:] != first[:-1]) | (second[1:] != second[:-1])
    return first[new], second[new], distance[new]


def _common_centres(
    crystal: Crystal,
    atoms: Atoms,
    pairs: NeighbourPairs,
    occupancy: NDArray[np.float64],
    a: NDArray[np.int64],
    b: NDArray[np.int64],
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether the two atoms of each pair are bonded to one fully occupied non-metal, and to one such metal."""
    z = crystal.numbers[atoms.site]
    bonded = (pairs.distance < bond_limits()[z[pairs.first], z[pairs.second]]) & (occupancy[pairs.second] >= FULL)
    metal = is_metal(z[pairs.second])
    answers = []
    for centres in (bonded & ~metal & (z[pairs.second] != 1), bonded & metal):
        table = _adjacency(pairs.first[centres], pairs.second[centres], len(z))
        answers.append(np.asarray(table[a].multiply(table[b]).sum(axis=1)).ravel() > 0)
    return answers[0], answers[1]


def _joined(
    crystal: Crystal, atoms: Atoms, pairs: NeighbourPairs, a: NDArray[np.int64], b: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Whether at most three bonds lead from one atom to the other."""
    z = crystal.numbers[atoms.site]
    bonded = pairs.distance < bond_limits()[z[pairs.first], z[pairs.second]]
    table = _adjacency(pairs.first[bonded], pairs.second[bonded], len(z))
    two = table[a] @ table
    reached = table[a] + two + two @ table
    return np.asarray(reached[np.arange(len(a)), b]).ravel() > 0


def _adjacency(first: NDArray[np.int64], second: NDArray[np.int64], n: int) -> csr_array:
    table = csr_array((np.ones(len(first)), (first, second)), shape=(n, n))
    table.data[:] = 1.0
    return table
