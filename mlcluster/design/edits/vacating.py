"""Surface metals leave, each with the ligands that it alone holds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from mlcluster.chem.elements import is_metal
from mlcluster.design.edits.change import Change, metal_electrons, unchanged, without
from mlcluster.design.edits.electrons import Keep, formal_charge
from mlcluster.design.edits.host import Host
from mlcluster.design.edits.records import Vacancy


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
