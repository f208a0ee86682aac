"""Metals become other metals: they keep their places, the ligands on them move by the difference of the radii."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mlcluster.chem.elements import NUMBERS
from mlcluster.design.edits.change import Change, metal_electrons, unchanged
from mlcluster.design.edits.electrons import Keep, metal_symbol
from mlcluster.design.edits.host import Host
from mlcluster.design.edits.lengths import covalent_radius
from mlcluster.design.edits.records import Substitution


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
