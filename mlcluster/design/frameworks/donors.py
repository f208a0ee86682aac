"""Ligands by their donor: halides, phosphines, bridging diphosphines and thiolates."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mlcluster.design.frameworks.assembly import Assembly
from mlcluster.design.frameworks.groups import Group, attach, substituent, tie_heads
from mlcluster.design.frameworks.polyhedra import perpendicular, rotation, unit

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
