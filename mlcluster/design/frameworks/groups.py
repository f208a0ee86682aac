"""Substituents on phosphorus and sulfur: where the atoms of H, Me and Ph stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlcluster.design.frameworks.assembly import Assembly
from mlcluster.design.frameworks.polyhedra import perpendicular, rotation, unit
from mlcluster.errors import ConfigError

SUBSTITUENTS = ("H", "Me", "Ph")
TO_HYDROGEN = {"P": 1.41, "S": 1.35, "Se": 1.47, "C": 1.09}
"""Bond from the key element to hydrogen, angstrom."""
TO_CARBON = {"P": 1.83, "S": 1.83, "Se": 1.97}
"""Bond from the key element to carbon, angstrom."""
_RING = 1.395
_RING_HYDROGEN = 1.085


class Group(NamedTuple):
    """A substituent: symbols, and points (n, 3) in angstrom; the first atom is the one bonded to the donor."""

    symbols: tuple[str, ...]
    points: NDArray[np.float64]


def substituent(
    donor: str, at: NDArray[np.float64], direction: NDArray[np.float64], r: str, azimuth: float = 0.0
) -> Group:
    """Group R on a donor atom.

    Parameters
    ----------
    donor, at
        Element and position of the donor.
    direction
        From the donor to the first atom of the group.
    r
        ``"H"``, ``"Me"`` or ``"Ph"``.
    azimuth
        Turn of the group about its own bond, degrees.
    """
    along = unit(direction)
    if r == "H":
        return Group(("H",), (at + TO_HYDROGEN[donor] * along)[None])
    if r not in SUBSTITUENTS:
        raise ConfigError("no such substituent.", found=r, expected=", ".join(SUBSTITUENTS))
    first = at + TO_CARBON[donor] * along
    side = rotation(along, azimuth) @ perpendicular(along)
    return _methyl(first, along, side) if r == "Me" else _phenyl(first, along, side)


def _methyl(carbon: NDArray, along: NDArray, side: NDArray) -> Group:
    turns = [rotation(along, 120 * k) @ side for k in range(3)]
    # 109.5 degrees between the C-H bonds and the bond to the donor: cosine 1/3, sine 0.943.
    hydrogens = [carbon + TO_HYDROGEN["C"] * (along / 3 + 0.943 * turn) for turn in turns]
    return Group(("C", "H", "H", "H"), np.array([carbon, *hydrogens]))


def _phenyl(ipso: NDArray, along: NDArray, side: NDArray) -> Group:
    centre = ipso + _RING * along
    spokes = [rotation(np.cross(along, side), 60 * k) @ -along for k in range(6)]
    carbons = [centre + _RING * spoke for spoke in spokes]
    hydrogens = [centre + (_RING + _RING_HYDROGEN) * spoke for spoke in spokes[1:]]
    return Group(("C",) * 6 + ("H",) * 5, np.array([*carbons, *hydrogens]))


def attach(assembly: Assembly, donor: int, group: Group) -> list[int]:
    """Add a group as a rigid body that also keeps its distances to the donor."""
    atoms = [assembly.add(s, p) for s, p in zip(group.symbols, group.points, strict=True)]
    assembly.tie_body(atoms)
    for atom in atoms:
        assembly.tie(donor, atom)
    return atoms


def tie_heads(assembly: Assembly, metals: Sequence[int], heads: Sequence[int], stiffness: float) -> None:
    """Keep the angles at a donor: distances of the first atoms of its groups to its metals and to each other."""
    for head in heads:
        for metal in metals:
            assembly.tie(metal, head, stiffness=stiffness)
    for k, head in enumerate(heads):
        for other in heads[k + 1 :]:
            assembly.tie(head, other, stiffness=stiffness)
