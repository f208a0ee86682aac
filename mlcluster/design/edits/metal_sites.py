"""Metals replaced by others, or taken away with the ligands they hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from mlcluster.chem.elements import NUMBERS, is_metal
from mlcluster.design.edits.change import Change, metal_electrons, unchanged, without
from mlcluster.design.edits.contacts import covalent_radius
from mlcluster.design.edits.electrons import Keep, formal_charge, metal_symbol
from mlcluster.design.edits.host import Host
from mlcluster.design.edits.records import Substitution, Vacancy


def substituted(host: Host, edit: Substitution, keep: Keep) -> Change:
    """Atoms after a substitution.

    A ligand moves away from its metals, or towards them, by the change of covalent radius averaged over all of its
    metals. Distances between metals stay: relaxing them is the business of a calculation.
    """
    symbol = metal_symbol(edit.element)
    sites = [host.metal(label) for label in edit.sites]
    change = unchanged(host)
    growth = {m: covalent_radius(symbol) - covalent_radius(host.cluster.symbols[m]) for m in sites}
    for ligand, anchors in zip(host.ligands, host.anchors, strict=True):
        shift = sum(growth.get(m, 0.0) for m in anchors) / len(anchors)
        if abs(shift) < 1e-9:
            continue
        atoms = list(ligand.atoms)
        outwards = change.positions[list(ligand.donors)].mean(axis=0) - change.positions[list(anchors)].mean(axis=0)
        length = float(np.linalg.norm(outwards))
        if length > 0.1:
            change.positions[atoms] += shift * outwards / length
            change.moved[atoms] = True
    old = metal_electrons(host.cluster.numbers[sites].tolist(), keep)
    change.numbers[sites] = NUMBERS[symbol]
    change.moved[sites] = True
    new = metal_electrons(change.numbers[sites].tolist(), keep)
    return replace(change, brought=None if old is None or new is None else new - old)


def vacated(host: Host, edit: Vacancy, keep: Keep) -> Change:
    """Atoms after metals have left; ligands shared with other metals stay on those."""
    metals = [host.metal(label) for label in edit.sites]
    ligands = [number for metal in metals for number in host.held.get(metal, ())]
    gone = set(metals)
    # A ligand between two metals that both leave would be left on nothing.
    ligands += [n for n, anchors in enumerate(host.anchors) if len(anchors) > 1 and gone.issuperset(anchors)]
    atoms = [*metals, *(atom for number in ligands for atom in host.ligands[number].atoms)]
    taken = metal_electrons(host.cluster.numbers[metals].tolist(), keep)
    charges = 0
    if keep == "electrons" and host.cluster.charge is not None:
        charges = sum(formal_charge(host.ligands[n], host.ligand_labels[n]) for n in ligands)
    elif any(low != high for low, high in (host.ligands[n].charge for n in ligands)):
        taken = None
    else:
        charges = sum(host.ligands[n].charge[0] for n in ligands)
    return without(unchanged(host), atoms, None if taken is None else -taken - charges)


def is_enclosed(host: Host, metal: int) -> bool:
    """Whether a metal lies inside the convex hull of its metal neighbours."""
    bonds = host.bonds
    around = bonds.second[bonds.first == metal]
    around = around[is_metal(host.cluster.numbers[around])]
    return len(around) >= 4 and _inside(host.cluster.positions[metal], host.cluster.positions[around])


def _inside(point: NDArray[np.float64], corners: NDArray[np.float64]) -> bool:
    """Whether a point is a convex combination of others."""
    equations = np.vstack([corners.T, np.ones(len(corners))])
    found = linprog(np.zeros(len(corners)), A_eq=equations, b_eq=[*point, 1.0], method="highs")
    return bool(found.status == 0)
