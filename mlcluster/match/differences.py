"""What differs between two matched cores, atom by atom: sites without a partner, exchanged elements, broken bonds."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from mlcluster.chem.elements import HALOGENS, SYMBOLS
from mlcluster.geometry.bonds import bond_limits
from mlcluster.match.alignment import Core
from mlcluster.match.cores import CoreMatch

METAL_BOND_SLACK = 1.15
"""A metal-metal bond of one cluster counts as broken in the other beyond this share of its longest length: contacts
near the limit flicker from crystal to crystal."""
DONOR_BOND_SLACK = 1.25
"""The same for metal-donor bonds."""


@dataclass(frozen=True)
class Unit:
    """Metals and ligands of one cluster, bonded to each other, for which the other has nothing.

    Parameters
    ----------
    metals, ligands
        Counts by element and by ligand.
    next_to
        Labels of the metals around it, nearest first.
    """

    metals: Counter[str]
    ligands: Counter[str]
    next_to: tuple[str, ...]


@dataclass(frozen=True)
class CoreDifferences:
    """Differences of two matched cores.

    Parameters
    ----------
    units_a, units_b
        What only A has, and only B.
    exchanged
        Sites with different elements: label in A, element there, element in B.
    replaced
        Ligands on one site that are different: name in A, name in B, number.
    halides
        Halides by how many metals each bridges in A and in B, where these differ.
    metal_bonds_broken, donor_bonds_broken
        Share of the metal-metal and of the metal-donor bonds of either that the other does not have.
    """

    units_a: tuple[Unit, ...]
    units_b: tuple[Unit, ...]
    exchanged: tuple[tuple[str, str, str], ...]
    replaced: Counter[tuple[str, str]]
    halides: Counter[tuple[int, int]]
    metal_bonds_broken: float
    donor_bonds_broken: float


def core_differences(match: CoreMatch) -> CoreDifferences:
    """Differences of two matched cores."""
    a, b = match.core_a, match.core_b
    alone_a, alone_b, replaced = _ligand_changes(match)
    za, zb = a.cluster.numbers, b.cluster.numbers
    metal, donor = _broken(match)
    return CoreDifferences(
        units_a=_units(a, match.only_a.tolist(), alone_a),
        units_b=_units(b, match.only_b.tolist(), alone_b),
        exchanged=tuple(
            (a.cluster.labels[i], SYMBOLS[za[i]], SYMBOLS[zb[j]]) for i, j in match.pairs.tolist() if za[i] != zb[j]
        ),
        replaced=replaced,
        halides=_halides(match),
        metal_bonds_broken=metal,
        donor_bonds_broken=donor,
    )


def _ligand_changes(match: CoreMatch) -> tuple[list[int], list[int], Counter[tuple[str, str]]]:
    """Ligands only A has, those only B has (their places in the cores), and those replaced on their site.

    A ligand without a partner on its site that the other cluster also has without a partner has moved: it is no gain.
    """
    a, b = match.core_a, match.core_b
    holder = {donor: k for k, ligand in enumerate(b.anatomy.ligands) for donor in ligand.donors}
    partner = {int(i): int(j) for i, j in match.donor_pairs}
    free_a, taken, replaced = [], set(), Counter[tuple[str, str]]()
    for place, ligand in enumerate(a.anatomy.ligands):
        votes = Counter(holder[partner[donor]] for donor in ligand.donors if donor in partner)
        sites = [k for k, _ in votes.most_common() if k not in taken]
        if not sites:
            free_a.append(place)
            continue
        taken.add(sites[0])
        if a.anatomy.ligand_names[place] != b.anatomy.ligand_names[sites[0]]:
            replaced[a.anatomy.ligand_names[place], b.anatomy.ligand_names[sites[0]]] += 1
    free_b = [k for k in range(len(b.anatomy.ligands)) if k not in taken]
    moved = Counter(a.anatomy.ligand_names[k] for k in free_a) & Counter(b.anatomy.ligand_names[k] for k in free_b)
    return _without(a, free_a, moved), _without(b, free_b, moved), replaced


def _without(core: Core, ligands: list[int], moved: Counter[str]) -> list[int]:
    left, kept = Counter(moved), []
    for k in ligands:
        if left[core.anatomy.ligand_names[k]]:
            left[core.anatomy.ligand_names[k]] -= 1
        else:
            kept.append(k)
    return kept


def _units(core: Core, metals: list[int], ligands: list[int]) -> tuple[Unit, ...]:
    """Join metals and ligands without a partner that are bonded to each other."""
    groups: list[tuple[set[int], list[int]]] = [({metal}, []) for metal in metals]
    bonded = _metal_partners(core)
    for k in ligands:
        around = {m for donor in core.anatomy.ligands[k].donors for m in bonded.get(donor, [])}
        for members, held in groups:
            if around & members:
                held.append(k)
                break
        else:
            groups.append((set(), [k]))
    return tuple(_unit(core, members, held, bonded) for members, held in groups)


def _unit(core: Core, metals: set[int], ligands: list[int], bonded: dict[int, list[int]]) -> Unit:
    inside = sorted(metals) or sorted(donor for k in ligands for donor in core.anatomy.ligands[k].donors)
    positions = core.cluster.positions
    around = {m for atom in inside for m in bonded.get(atom, [])} - metals

    def order(metal: int) -> tuple[float, int]:
        return round(min(float(np.linalg.norm(positions[metal] - positions[i])) for i in inside), 2), metal

    nearest = sorted(around, key=order)
    return Unit(
        Counter(SYMBOLS[core.cluster.numbers[m]] for m in metals),
        Counter(core.anatomy.ligand_names[k] for k in ligands),
        tuple(core.cluster.labels[m] for m in nearest),
    )


def _metal_partners(core: Core) -> dict[int, list[int]]:
    """Metals bonded to each atom of the core, by atom of the cluster."""
    return {
        int(core.atoms[k]): [int(core.atoms[p]) for p in partners if p < core.n_metals]
        for k, partners in enumerate(core.partners)
    }


def _halides(match: CoreMatch) -> Counter[tuple[int, int]]:
    bonded_a, bonded_b = _metal_partners(match.core_a), _metal_partners(match.core_b)
    ligands = (core.anatomy.ligands for core in (match.core_a, match.core_b))
    lone_a, lone_b = ({ligand.donors[0] for ligand in each if len(ligand.atoms) == 1} for each in ligands)
    modes = Counter[tuple[int, int]]()
    for i, j in match.donor_pairs.tolist():
        if i in lone_a and j in lone_b and int(match.core_a.cluster.numbers[i]) in HALOGENS:
            modes[len(bonded_a[i]), len(bonded_b[j])] += 1
    return Counter({mode: n for mode, n in modes.items() if mode[0] != mode[1]})


def _broken(match: CoreMatch) -> tuple[float, float]:
    """Share of metal-metal and of metal-donor bonds between matched atoms that the other cluster lacks."""
    forth = match.partner_in_b()
    back = {j: i for i, j in forth.items()}
    counted, broken = [0, 0], [0, 0]
    for core, other, partner in ((match.core_a, match.core_b, forth), (match.core_b, match.core_a, back)):
        for k, partners in enumerate(core.partners):
            for p in partners:
                i, j = int(core.atoms[k]), int(core.atoms[p])
                if k < p and k < core.n_metals and i in partner and j in partner:
                    ends = partner[i], partner[j]
                    limit = float(bond_limits()[tuple(other.cluster.numbers[list(ends)])])
                    length = float(np.linalg.norm(np.subtract(*other.cluster.positions[list(ends)])))
                    kind = int(p >= core.n_metals)
                    counted[kind] += 1
                    broken[kind] += length > limit * (DONOR_BOND_SLACK if kind else METAL_BOND_SLACK)
    return broken[0] / max(counted[0], 1), broken[1] / max(counted[1], 1)
