"""Ligands become other ligands on the same metals."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from mlcluster.chem.elements import NUMBERS, SYMBOLS
from mlcluster.design.edits.change import Change, unchanged, with_atoms, without
from mlcluster.design.edits.contacts import lengthening, van_der_waals
from mlcluster.design.edits.electrons import Keep, formal_charge
from mlcluster.design.edits.host import Host
from mlcluster.design.edits.records import LigandSwap
from mlcluster.design.edits.room import make_room
from mlcluster.design.ligand_shapes import GROUPS_OF, buildable
from mlcluster.design.ligand_shapes.placing import Kept, Surroundings, place
from mlcluster.errors import StructureError


def swapped(host: Host, edit: LigandSwap, keep: Keep) -> Change:
    """Atoms after ligands were exchanged.

    The new donor stands where the old one was, moved away from its metals by the difference of the bond lengths. Groups
    that old and new ligand share stay where they are (PPh3 to PPh2py turns one phenyl into pyridyl); the others grow on
    the bonds of the old ones and turn to where they have most room.

    Raises
    ------
    StructureError
        If a ligand binds through more than one donor.
    """
    definition = buildable(edit.ligand)
    symbol, groups = GROUPS_OF[definition.abbreviation]
    numbers = [host.ligand(label) for label in edit.sites]
    change = unchanged(host)
    brought = _brought(host, numbers, definition.charge, keep)
    leaving: list[int] = []
    for number in numbers:
        ligand = host.ligands[number]
        if len(ligand.donors) > 1:
            raise StructureError(
                "a ligand that binds through several donors cannot be swapped.",
                site=host.ligand_labels[number],
                found=f"{ligand.formula} with {len(ligand.donors)} donors",
            )
        leaving += [atom for atom in ligand.atoms if atom not in ligand.donors]
    places = [_donor_place(host, number, symbol) for number in numbers]
    for number, at in zip(numbers, places, strict=True):
        donor = host.ligands[number].donors[0]
        change.positions[donor], change.numbers[donor], change.moved[donor] = at, NUMBERS[symbol], True
    olds = [old_groups(host, number) for number in numbers]
    change = without(change, leaving, brought)
    for number, at, old in zip(numbers, places, olds, strict=True):
        around = surroundings(change, at)
        metals = host.cluster.positions[list(host.anchors[number])]
        symbols, points = place(symbol, groups, at, metals, around, old)
        change = with_atoms(change, symbols[1:], points[1:], number, 0, donors=0)
    return make_room(change, new=np.arange(len(change.numbers)) >= len(host.cluster) - len(leaving))


def _brought(host: Host, numbers: Iterable[int], charge: int, keep: Keep) -> int | None:
    total = 0
    for number in numbers:
        ligand = host.ligands[number]
        if ligand.charge[0] != ligand.charge[1] and (keep == "charge" or host.cluster.charge is None):
            return None
        total += charge - formal_charge(ligand, host.ligand_labels[number])
    return total


def _donor_place(host: Host, number: int, symbol: str) -> NDArray[np.float64]:
    """Place of a new donor: out along the mean direction from its metals, by the difference of bond lengths."""
    donor = host.ligands[number].donors[0]
    at = host.cluster.positions[donor]
    growth = lengthening(host.cluster.symbols[donor], symbol)
    metals = host.cluster.positions[list(host.anchors[number])]
    bonds = (at - metals) / np.linalg.norm(at - metals, axis=1)[:, None]
    outwards = bonds.mean(axis=0)
    squared = float(outwards @ outwards)
    # Along `outwards` every bond grows by its cosine with it: dividing by the mean cosine gives the wanted growth.
    return np.asarray(at + growth * outwards / squared) if squared > 0.05 else at.copy()


def old_groups(host: Host, number: int) -> list[Kept]:
    """Groups on the donor of a ligand; none where one of them is bonded to it twice."""
    cluster, ligand = host.cluster, host.ligands[number]
    donor = ligand.donors[0]
    rest = [atom for atom in ligand.atoms if atom != donor]
    if not rest:
        return []
    place_of = {atom: k for k, atom in enumerate(rest)}
    inside = np.isin(host.bonds.first, rest) & np.isin(host.bonds.second, rest)
    links = [[place_of[a] for a in side[inside].tolist()] for side in (host.bonds.first, host.bonds.second)]
    graph = coo_array((np.ones(len(links[0])), (links[0], links[1])), shape=(len(rest), len(rest)))
    count, part = connected_components(graph, directed=False)
    heads = set(host.bonds.second[host.bonds.first == donor].tolist()) & set(rest)
    found = []
    for k in range(count):
        atoms = [rest[i] for i in np.flatnonzero(part == k)]
        own = [atom for atom in atoms if atom in heads]
        if len(own) != 1:
            return []
        atoms = [own[0], *(atom for atom in atoms if atom != own[0])]
        relative = cluster.positions[atoms] - cluster.positions[donor]
        found.append(Kept(relative[0], tuple(SYMBOLS[z] for z in cluster.numbers[atoms]), relative))
    return found


def surroundings(change: Change, at: NDArray[np.float64], reach: float = 14.0) -> Surroundings:
    """Atoms near a donor, itself left out."""
    distance = np.linalg.norm(change.positions - at, axis=1)
    near = (distance < reach) & (distance > 1e-6)
    return Surroundings(change.positions[near], van_der_waals()[change.numbers[near]])
