"""A ligand for a new metal, copied from its like on other metals by the symmetry of the metals."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlcluster.chem.elements import is_metal
from mlcluster.design.edits.change import Change
from mlcluster.design.edits.contacts import CONTACT, van_der_waals
from mlcluster.design.edits.host import Host
from mlcluster.geometry.point_group import symmetry_operations

_MOST_METALS = 80
"""Metals up to which the symmetry is looked for."""
_SAME_PLACE = 0.6
"""Angstrom within which the image of a metal is the new metal."""


def ligand_image(
    host: Host, change: Change, new: int, ligand: str
) -> tuple[list[str], NDArray[np.float64], tuple[int, ...]] | None:
    """Symbols and points of a ligand as it would be if the new metal were like the others, or None.

    The operations are those of all metals, the new one included, whatever their elements; a ligand of that name on a
    metal of the same element that one of them takes to the new place is turned along, and of all such images the one
    with most room is taken, rotations before reflections. None where there is no such metal, or no image has room.

    Parameters
    ----------
    host
        The cluster before the metal came.
    change
        The atoms with it.
    new
        Index of the new metal.
    ligand
        Abbreviation of the ligand.
    """
    cluster = host.cluster
    metal = is_metal(change.numbers)
    units = [
        (m, numbers[0])
        for m, numbers in host.held.items()
        if host.ligand_names[numbers[0]] == ligand and cluster.numbers[m] == change.numbers[new]
    ]
    if not units or not 3 <= int(metal.sum()) <= _MOST_METALS:
        return None
    points = change.positions[metal]
    centre = points.mean(axis=0)
    operations = symmetry_operations(np.ones(len(points), dtype=np.int64), points)
    radii = van_der_waals()
    others = ~metal & (np.arange(len(change.numbers)) != new)
    best: tuple[tuple[float, float], int, NDArray[np.float64]] | None = None
    for m, number in units:
        atoms = list(host.ligands[number].atoms)
        own = radii[cluster.numbers[atoms]]
        for operation in operations:
            image = operation @ (cluster.positions[m] - centre) + centre
            if np.linalg.norm(image - change.positions[new]) > _SAME_PLACE:
                continue
            placed = (cluster.positions[atoms] - cluster.positions[m]) @ operation.T + change.positions[new]
            distance = np.linalg.norm(placed[:, None] - change.positions[others][None], axis=2)
            room = float((distance / (own[:, None] + radii[change.numbers[others]][None])).min(initial=np.inf))
            # Rounded, so that equal room gives the same choice on every machine.
            rank = (float(np.linalg.det(operation) > 0), round(room, 4))
            if room >= CONTACT and (best is None or rank > best[0]):
                best = rank, number, placed
    if best is None:
        return None
    _, number, placed = best
    found = host.ligands[number]
    order = [*found.donors, *(atom for atom in found.atoms if atom not in found.donors)]
    index = [found.atoms.index(atom) for atom in order]
    return [cluster.symbols[atom] for atom in order], placed[index], found.donors
