"""New ligands that run into something bend out of the way: springs for what is bonded, repulsion for the rest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mlcluster.chem.elements import COVALENT_RADIUS, is_metal
from mlcluster.design.edits.change import Change
from mlcluster.design.edits.contacts import first_clash
from mlcluster.design.frameworks.settle import Springs, settle

_SLACK = 0.25
"""Added to covalent radii for the bonds of an idealised ligand, angstrom."""
_SOFT = 0.3
"""Stiffness of the angles at the donor, relative to bonds."""
_TO_METAL = 3.0


def make_room(change: Change, new: NDArray[np.bool_]) -> Change:
    """The same if nothing clashes; otherwise with the new atoms moved.

    Bonds, angles and the planes of rings and double bonds keep their shape, torsions are free; all other atoms, the
    donors included, stand still.

    Parameters
    ----------
    new
        Atoms that may move, (N,).
    """

    def is_free(positions: NDArray[np.float64]) -> bool:
        return first_clash(change.numbers, positions, change.moved, change.body, change.donor) is None

    if is_free(change.positions):
        return change
    springs = _springs(change, new)
    positions = settle(change.numbers, change.positions, springs, None, fixed=~new, until=is_free)
    return replace(change, positions=positions)


def _springs(change: Change, new: NDArray[np.bool_]) -> Springs:
    near = _bonded(change, new)
    hops = near.astype(np.float64)
    two = (hops @ hops > 0) & ~near
    # Atoms three bonds apart are held where both atoms between them are flat: rings, carboxyl groups.
    flat = hops * (hops.sum(axis=1) == 3)[:, None] * (hops.sum(axis=1) == 3)[None]
    three = (hops @ flat @ hops > 0) & ~near & ~two
    stiff = np.where(near | two | three, 1.0, 0.0)
    # The first atoms of groups keep their distance to the metals of the donor.
    metal = is_metal(change.numbers)
    donors = np.flatnonzero(change.donor)
    for head in np.flatnonzero(new & (near & change.donor[None]).any(axis=1)).tolist():
        for donor in donors[near[head, donors]].tolist():
            reach = np.linalg.norm(change.positions - change.positions[donor], axis=1)
            stiff[head, metal & (reach < _TO_METAL)] = _SOFT
    np.fill_diagonal(stiff, 0.0)
    stiff[~new] = 0.0
    stiff = np.triu(np.maximum(stiff, stiff.T), k=1)
    pairs = np.argwhere(stiff > 0)
    lengths = np.linalg.norm(change.positions[pairs[:, 0]] - change.positions[pairs[:, 1]], axis=1)
    return Springs(pairs, lengths, stiff[pairs[:, 0], pairs[:, 1]])


def _bonded(change: Change, new: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which atoms of one ligand are bonded, (N, N), for ligands with new atoms."""
    bodies = np.unique(change.body[new])
    mine = np.flatnonzero(np.isin(change.body, bodies) & (change.body >= 0))
    radii = COVALENT_RADIUS[change.numbers[mine]]
    points = change.positions[mine]
    distance = np.linalg.norm(points[:, None] - points[None], axis=2)
    same = change.body[mine][:, None] == change.body[mine][None]
    bonded = np.zeros((len(change.numbers),) * 2, dtype=bool)
    bonded[np.ix_(mine, mine)] = same & (distance < radii[:, None] + radii[None] + _SLACK) & (distance > 0.1)
    return bonded
