"""One end of a rod turns about its axis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlcluster.anatomy.kernel import centred_cores, fused_icosahedra, kernel_name, rod_of
from mlcluster.design.edits.change import Change, unchanged
from mlcluster.design.edits.contacts import ImpossibleGeometryError
from mlcluster.design.edits.host import Host
from mlcluster.design.edits.records import Twist
from mlcluster.design.frameworks.assembly import rotation
from mlcluster.errors import StructureError
from mlcluster.geometry.bonds import bond_limits

STRETCH = 0.15
"""Angstrom beyond the longest bond that a metal-ligand bond across the waist may reach after a twist."""


@dataclass(frozen=True, eq=False)
class RodEnds:
    """The two ends of a rod.

    Parameters
    ----------
    centres
        Central atoms of the two icosahedra, in the order of the atoms.
    metals
        Metals of each end, its centre included; the shared vertex belongs to neither.
    """

    centres: tuple[int, int]
    metals: tuple[tuple[int, ...], tuple[int, ...]]


def rod_ends(host: Host) -> RodEnds:
    """Ends of a bi-icosahedral rod.

    Raises
    ------
    StructureError
        If the cluster is none; the message says what its kernel is.
    """
    cores = centred_cores(host.cluster, host.bonds)
    if rod_of(host.cluster, cores) is None:
        raise StructureError(
            "no rod to twist.",
            site=host.cluster.name or None,
            found=kernel_name(host.cluster, cores) or "a kernel without a name",
            expected="two icosahedra on one axis that share a vertex, or lack it",
        )
    a, b = fused_icosahedra(cores)
    shared = set(a.neighbours) & set(b.neighbours)
    sides = tuple(tuple(sorted({core.centre, *core.neighbours} - shared)) for core in (a, b))
    return RodEnds((a.centre, b.centre), (sides[0], sides[1]))


def twisted(host: Host, edit: Twist) -> Change:
    """Atoms after a twist.

    The metals of the end and the ligands bonded to it alone turn by the full angle; a ligand that bridges the two ends
    turns by half of it, and moves along the radius until its mean distance to its metals is what it was.

    Raises
    ------
    StructureError
        If there is no rod, or the site is not the centre of an end.
    ImpossibleGeometryError
        If a bridge would lose all of its bonds to one end.
    """
    ends = rod_ends(host)
    labels = [host.cluster.labels[c] for c in ends.centres]
    if edit.end not in labels:
        raise StructureError("not the centre of an end of the rod.", found=edit.end, expected=" or ".join(labels))
    mine = labels.index(edit.end)
    points = host.cluster.positions
    origin = points[ends.centres[1 - mine]]
    axis = points[ends.centres[mine]] - origin
    full, half = rotation(axis, edit.degrees), rotation(axis, edit.degrees / 2)
    change, turning = unchanged(host), set(ends.metals[mine])
    other = set(ends.metals[1 - mine])
    atoms = sorted(turning)
    change.positions[atoms] = (points[atoms] - origin) @ full.T + origin
    change.moved[atoms] = True
    for number, (ligand, anchors) in enumerate(zip(host.ligands, host.anchors, strict=True)):
        if not turning.intersection(anchors):
            continue
        atoms = list(ligand.atoms)
        bridge = bool(other.intersection(anchors))
        change.positions[atoms] = (points[atoms] - origin) @ (half if bridge else full).T + origin
        change.moved[atoms] = True
        if bridge:
            change.positions[atoms] += _outwards(host, change, number, origin, axis)
            _check_bridge(host, change, number, ends)
    return change


def _outwards(
    host: Host, change: Change, number: int, origin: NDArray[np.float64], axis: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Shift along the radius that gives a bridge its mean metal-donor distance back."""
    donors, anchors = list(host.ligands[number].donors), list(host.anchors[number])
    before = host.cluster.positions
    wanted = np.linalg.norm(before[donors].mean(axis=0) - before[anchors], axis=1).mean()
    donor = change.positions[donors].mean(axis=0)
    radius = donor - origin
    radius = radius - radius @ axis / (axis @ axis) * axis
    radius /= np.linalg.norm(radius)
    steps = np.linspace(-0.8, 0.8, 161)
    reached = np.linalg.norm(donor + steps[:, None, None] * radius - change.positions[anchors], axis=2).mean(axis=1)
    # Rounded and then the smallest step, so that equal fits give the same one on every machine.
    best = np.lexsort((np.abs(steps), np.round(np.abs(reached - wanted), 3)))[0]
    return float(steps[best]) * radius


def _check_bridge(host: Host, change: Change, number: int, ends: RodEnds) -> None:
    """Refuse a bridge that is bonded to one end alone; single bonds of it may open."""
    cluster = host.cluster
    for metals in ends.metals:
        bonds = [
            (float(np.linalg.norm(change.positions[d] - change.positions[m])), d, m)
            for d in host.ligands[number].donors
            for m in host.anchors[number]
            if m in metals
        ]
        length, d, m = min(bonds)
        if length > bond_limits()[cluster.numbers[d], cluster.numbers[m]] + STRETCH:
            pair = f"{cluster.labels[d]}-{cluster.labels[m]}"
            raise ImpossibleGeometryError(
                "a bridge between the ends breaks.", site=pair, found=f"{length:.2f} angstrom"
            )
