"""How much of a ligand a calculation needs: its donors, what bridges them, and the ring or multiple bond of a donor.

Everything beyond a single bond to what is kept becomes a hydrogen. A trimming is taken only if the atoms it removes
hold as many electrons, modulo two, as the hydrogens that replace them: so a charged or radical group is never lost,
and an aromatic or double bond is never cut into a radical.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlcluster.anatomy.bound_ligands import SIGMA_CARBON, Ligand
from mlcluster.chem.elements import CHALCOGENS, COVALENT_RADIUS, HALOGENS, NUMBERS, is_metal
from mlcluster.geometry.bonds import Bonds
from mlcluster.structure.cluster import Cluster

_H, _C, _N, _O, _P, _S, _AS = (NUMBERS[s] for s in ("H", "C", "N", "O", "P", "S", "As"))
CAP_LENGTH = {
    "B": 1.19,
    "C": 1.09,
    "N": 1.01,
    "O": 0.96,
    "Si": 1.48,
    "P": 1.42,
    "S": 1.35,
    "As": 1.51,
    "Se": 1.47,
    "Te": 1.66,
}
"""Bond to hydrogen in the hydrides, angstrom (experimental values of BH3, CH4, NH3, H2O, SiH4, PH3, thiols, AsH3,
selenols and H2Te; CRC Handbook of Chemistry and Physics)."""
OTHER_CAP = 0.31
"""Covalent radius of hydrogen (angstrom), added to that of any other atom."""
CLOSEST_CAP = 1.2
"""Angstrom between a cap and any atom but its own; nearer is a clash."""
LARGEST_RING = 7
"""Atoms of the largest ring that is kept because a donor is part of it."""
SHORT_CARBON_NITROGEN = 1.38
"""Longest bond (angstrom) taken for a multiple one between carbon and nitrogen or oxygen where the angles do not say:
between C=N 1.28 and C-N 1.47, and C=O 1.22 and C-O 1.43 (Allen et al., J. Chem. Soc. Perkin Trans. 2 1987, S1)."""

SHORT_BOND_TO_SULFUR = {_C: 1.73, _P: 2.02}
"""The same for sulfur: C=S of bound thiones 1.68 to 1.72, C-S of arenethiolates 1.76; P=S 1.95, P-S 2.10."""


@dataclass(frozen=True)
class Trimming:
    """What stays of a ligand.

    Parameters
    ----------
    kept
        Indices of its atoms that stay, ascending.
    cuts
        Bonds replaced by one to hydrogen, as (atom that stays, atom that leaves).
    note
        What is special about it; empty as a rule.
    """

    kept: tuple[int, ...]
    cuts: tuple[tuple[int, int], ...]
    note: str = ""


class LigandGraph:
    """Bonds between the non-metals of a cluster, asked for atom by atom.

    Parameters
    ----------
    cluster, bonds
        The structure and its bonds, each in both directions.
    """

    def __init__(self, cluster: Cluster, bonds: Bonds) -> None:
        self.cluster = cluster
        self.numbers = cluster.numbers
        metal = is_metal(cluster.numbers)
        inner = ~metal[bonds.first] & ~metal[bonds.second]
        self._partners: dict[int, list[int]] = {}
        self._length: dict[tuple[int, int], float] = {}
        pairs = zip(bonds.first[inner].tolist(), bonds.second[inner].tolist(), bonds.distance[inner], strict=True)
        for a, b, length in pairs:
            self._partners.setdefault(a, []).append(b)
            self._length[a, b] = float(length)
        to_metal = metal[bonds.second] & ~metal[bonds.first]
        self.nearest_metal = np.full(len(cluster), np.inf)
        np.minimum.at(self.nearest_metal, bonds.first[to_metal], bonds.distance[to_metal])

    def partners(self, atom: int) -> list[int]:
        """Non-metals bonded to an atom."""
        return self._partners.get(atom, [])

    def heavy(self, atom: int) -> list[int]:
        """Non-metals other than hydrogen bonded to an atom."""
        return [b for b in self.partners(atom) if self.numbers[b] != _H]

    def length(self, a: int, b: int) -> float:
        """Length of a bond, angstrom."""
        return self._length[a, b]

    def ring(self, atom: int) -> tuple[int, ...]:
        """Atoms of the smallest ring through an atom, at most `LARGEST_RING`; empty if there is none."""
        for limit in range(3, LARGEST_RING + 1):
            found = next(self._rings(atom, (atom,), limit), None)
            if found is not None:
                return found
        return ()

    def _rings(self, start: int, path: tuple[int, ...], limit: int) -> Iterator[tuple[int, ...]]:
        for following in sorted(self.heavy(path[-1])):
            if following == start and len(path) == limit:
                yield path
            elif following not in path and len(path) < limit:
                yield from self._rings(start, (*path, following), limit)


def trim(ligand: Ligand, graph: LigandGraph) -> Trimming:
    """The smallest part of a ligand that binds as the whole does, or the whole where none can be told.

    Parameters
    ----------
    ligand
        One ligand of the cluster `graph` was made of.
    """
    whole = tuple(sorted(ligand.atoms))
    donors = binding_donors(ligand, graph)
    if not donors:
        return Trimming(whole, (), "bonded side-on: kept whole")
    for widen in (_smallest, _with_multiple_bonds, _with_rings):
        kept = _closed({atom for donor in donors for atom in widen(donor, graph)}, ligand, graph)
        if widen is _with_rings:
            kept = _rings_uncut(kept, ligand, graph)
        trimming = _cut(kept, ligand, graph)
        if trimming is not None:
            return trimming
    return Trimming(whole, (), "no part of it has the same electrons: kept whole")


def binding_donors(ligand: Ligand, graph: LigandGraph) -> list[int]:
    """Donors that hold the ligand: heteroatoms and sigma-bonded carbon, not C-H near a metal or a pi system alone."""
    z = graph.numbers
    sigma = [
        d
        for d in ligand.donors
        if z[d] == _C and (graph.nearest_metal[d] < SIGMA_CARBON or len(graph.heavy(d)) == len(graph.partners(d)) == 1)
    ]
    lone = [d for d in ligand.donors if z[d] == _H and not graph.partners(d)]
    return sorted([d for d in ligand.donors if z[d] not in (_H, _C)] + sigma + lone)


def _smallest(donor: int, graph: LigandGraph) -> Sequence[int]:
    """The donor and what its bonding needs.

    C2 of an alkynyl, CN of an isocyanide or nitrile, the ring of a carbene or pyridyl, the nitrogens of an open
    carbene, the oxygens of an oxo anion.
    """
    z, heavy = graph.numbers, graph.heavy(donor)
    element = z[donor]
    if element in (_C, _N):
        if len(graph.partners(donor)) == 1 and heavy:
            return (donor, heavy[0])
        flat = element == _C or len(graph.partners(donor)) == 2
        ring = graph.ring(donor) if flat else ()
        if ring:
            return ring
        if element == _C:
            return (donor, *(b for b in heavy if z[b] == _N))
    if element == _O and len(heavy) == len(graph.partners(donor)) == 1:
        others = [b for b in graph.partners(heavy[0]) if z[b] == _O and len(graph.partners(b)) == 1]
        if len(others) > 1:
            return (heavy[0], *others)
    return (donor,)


def _with_multiple_bonds(donor: int, graph: LigandGraph) -> Sequence[int]:
    """As `_smallest`, with the partners a donor may be double-bonded to: imines, ketones, sulfoxides, thiones."""
    z = graph.numbers
    kept = list(_smallest(donor, graph))
    for partner in graph.heavy(donor):
        bonded = len(graph.partners(partner))
        flat = z[partner] in (_C, _N) and bonded <= 3 and graph.length(donor, partner) < SHORT_CARBON_NITROGEN
        thione = z[donor] == _S and graph.length(donor, partner) < SHORT_BOND_TO_SULFUR.get(int(z[partner]), 0.0)
        if flat or thione or z[donor] == _O and z[partner] in (_P, _S, _AS):
            kept.append(partner)
    return kept


def _with_rings(donor: int, graph: LigandGraph) -> Sequence[int]:
    """As `_with_multiple_bonds`; the rings that a cut would open are added when all donors are known."""
    return _with_multiple_bonds(donor, graph)


def _rings_uncut(kept: set[int], ligand: Ligand, graph: LigandGraph) -> set[int]:
    """With the small rings that have bonds both inside and across the border, until none has."""
    while True:
        border = [a for a in kept if any(b not in kept for b in graph.heavy(a))]
        rings = {b for a in border for b in graph.ring(a)} - kept
        if not rings:
            return _closed(kept, ligand, graph)
        kept = kept | rings


def _closed(kept: set[int], ligand: Ligand, graph: LigandGraph) -> set[int]:
    """With every atom bonded to two that are kept, hydrogen on them and single-bonded halogens of small anions.

    An atom between two donors is a bridge (S-C-S, P-CH2-P, N-C-N): two hydrogens in its place would meet.
    """
    while True:
        bridges = {
            a
            for a in ligand.atoms
            if a not in kept and graph.numbers[a] != _H and sum(b in kept for b in graph.partners(a)) >= 2
        }
        if not bridges:
            break
        kept = kept | bridges
    return kept | {b for a in kept for b in graph.partners(a) if graph.numbers[b] == _H}


def _cut(kept: set[int], ligand: Ligand, graph: LigandGraph) -> Trimming | None:
    """The trimming that keeps these atoms, or None if its electrons do not fit or its hydrogens have no room."""
    z = graph.numbers
    cuts = [(a, b) for a in sorted(kept) for b in sorted(graph.partners(a)) if b not in kept]
    gone = [a for a in ligand.atoms if a not in kept]
    trimming = Trimming(tuple(sorted(kept)), tuple(cuts))
    if _crowded(trimming, graph):
        return None
    if (int(z[gone].sum()) - len(cuts)) % 2 == 0:
        return trimming
    without_hydrogen = not {int(z[a]) for a in ligand.atoms} & {_H, *HALOGENS}
    organic = sum(z[a] == _C for a in gone) * 2 > len(gone)
    if without_hydrogen and organic and all(z[a] in _CAPPED_DONORS and z[b] == _C for a, b in cuts):
        return Trimming(trimming.kept, trimming.cuts, "the file lacks its hydrogens")
    return None


_CAPPED_DONORS = frozenset({_P, _AS, *CHALCOGENS})


def _crowded(trimming: Trimming, graph: LigandGraph) -> bool:
    """Whether two hydrogens, or a hydrogen and an atom of the ligand it is not bonded to, would meet."""
    if not trimming.cuts:
        return False
    at = graph.cluster.positions
    caps = np.array([cap_position(graph.cluster, a, at[b] - at[a]) for a, b in trimming.cuts])
    between = np.linalg.norm(caps[:, None] - caps[None], axis=2) + 9.0 * np.eye(len(caps))
    to_kept = np.linalg.norm(caps[:, None] - at[list(trimming.kept)][None], axis=2)
    own = np.array([[a == k for k in trimming.kept] for a, _ in trimming.cuts])
    return bool(between.min() < CLOSEST_CAP or (to_kept + 9.0 * own).min() < CLOSEST_CAP)


def cap_position(cluster: Cluster, anchor: int, direction: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where a hydrogen on an atom stands, angstrom (3,), in a direction of any length."""
    usual = float(COVALENT_RADIUS[cluster.numbers[anchor]]) + OTHER_CAP
    length = CAP_LENGTH.get(cluster.symbols[anchor], usual)
    position: NDArray[np.float64] = cluster.positions[anchor] + direction / np.linalg.norm(direction) * length
    return position


def lacks_its_group(atom: int, graph: LigandGraph) -> bool:
    """Whether an atom is S, Se or Te bonded to metals only, or beside them to one more such atom (a disulfide)."""
    z, partners = graph.numbers, graph.partners(atom)
    return int(z[atom]) in CHALCOGENS and len(partners) <= 1 and all(z[b] == z[atom] for b in partners)
