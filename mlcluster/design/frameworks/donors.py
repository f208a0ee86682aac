"""Ligands set on metals by rule: halides, phosphines, thiolates and the groups they carry."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mlcluster.design.frameworks.assembly import Assembly, perpendicular, rotation, unit
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


METAL_PHOSPHORUS = {"Au": 2.30, "Ag": 2.42, "Cu": 2.25}
"""Bond length in angstrom, as seen in crystals; 2.30 for other metals."""
METAL_HALIDE = {"Cl": 2.38, "Br": 2.50, "I": 2.68}
"""Terminal bond to gold or silver, angstrom."""
_CONE = 65.0
"""Angle in degrees between the axis metal-phosphorus (prolonged) and the bonds to the substituents."""
_PYRAMID = 52.0
"""Angle in degrees of the S-C bond out of the plane of a bridging sulfur and its metals."""


def halide(assembly: Assembly, metal: int, direction: ArrayLike, element: str = "Cl") -> int:
    """Terminal halide on a metal."""
    atom = assembly.add(element, assembly.points[metal] + METAL_HALIDE[element] * unit(direction))
    assembly.tie(metal, atom)
    return atom


def bridging_halide(assembly: Assembly, point: ArrayLike, metals: Sequence[int], length: float, element: str) -> int:
    """Halide near `point`, pulled to `length` angstrom from each of its metals."""
    atom = assembly.add(element, point)
    for metal in metals:
        # Larger halides sit farther out by the difference of the terminal bonds.
        assembly.tie(metal, atom, length + METAL_HALIDE[element] - METAL_HALIDE["Cl"])
    return atom


def phosphine(assembly: Assembly, metal: int, direction: ArrayLike, r: str = "H") -> int:
    """PR3 on a metal, turned about the metal-phosphorus axis to where it has most room."""
    axis = unit(direction)
    length = METAL_PHOSPHORUS.get(assembly.symbols[metal], 2.30)
    phosphorus = assembly.add("P", assembly.points[metal] + length * axis)
    assembly.tie(metal, phosphorus)
    tilts = (35.0, 55.0, -35.0, -55.0) if r == "Ph" else (0.0,)
    choices = [_three_groups(assembly, phosphorus, axis, r, a, t) for a, t in product(range(0, 120, 10), tilts)]
    room = [assembly.clearance(np.vstack([g.points for g in c]), (phosphorus, metal)) for c in choices]
    # Rounded, so that equal room gives the same choice on every machine.
    best = choices[int(np.argmax(np.round(room, 6)))]
    heads = [attach(assembly, phosphorus, group)[0] for group in best]
    tie_heads(assembly, [metal], heads, 0.5)
    return phosphorus


def _three_groups(
    assembly: Assembly, phosphorus: int, axis: NDArray, r: str, azimuth: float, tilt: float
) -> list[Group]:
    start = rotation(perpendicular(axis), _CONE) @ axis
    groups = []
    for k in range(3):
        direction = rotation(axis, azimuth + 120 * k) @ start
        # The plane of a ring is counted from the plane that holds the axis.
        reference, now = unit(axis - axis @ direction * direction), perpendicular(direction)
        turn = np.degrees(np.arctan2(np.cross(now, reference) @ direction, now @ reference))
        groups.append(substituent("P", assembly.points[phosphorus], direction, r, float(turn) + tilt))
    return groups


def thiolate(
    assembly: Assembly,
    point: ArrayLike,
    metals: Sequence[int],
    r: str = "H",
    *,
    element: str = "S",
    length: float,
    side: ArrayLike | None = None,
) -> int:
    """SR (or SeR) that bridges metals.

    Parameters
    ----------
    point
        Where sulfur starts.
    metals
        Its metals.
    length
        Wanted metal-sulfur distance, angstrom.
    side
        Direction to which R points out of the plane of sulfur and two metals; the side with more room when None.
    """
    sulfur = assembly.add(element, point)
    for metal in metals:
        assembly.tie(metal, sulfur, length)
    bonds = [unit(assembly.points[metal] - assembly.points[sulfur]) for metal in metals]
    outwards = _outwards(bonds, assembly.points[sulfur])
    directions = [outwards]
    if len(metals) == 2:
        normal = np.cross(bonds[0], bonds[1])
        normal = unit(normal) if np.linalg.norm(normal) > 0.1 else perpendicular(outwards)
        if side is not None and normal @ np.asarray(side) < 0:
            normal = -normal
        cosine, sine = np.cos(np.radians(_PYRAMID)), np.sin(np.radians(_PYRAMID))
        directions = [cosine * outwards + sign * sine * normal for sign in ((1,) if side is not None else (1, -1))]
    ahead = [assembly.points[sulfur] + 1.8 * direction for direction in directions]
    room = [assembly.clearance(p[None], (sulfur, *metals)) for p in ahead]
    direction = directions[int(np.argmax(np.round(room, 6)))]
    head = attach(assembly, sulfur, substituent(element, assembly.points[sulfur], direction, r, azimuth=30))[0]
    tie_heads(assembly, metals, [head], 0.3)
    return sulfur


def _outwards(bonds: list[NDArray], at: NDArray) -> NDArray:
    total = np.sum(bonds, axis=0)
    return -unit(total) if np.linalg.norm(total) > 0.2 else unit(at)
