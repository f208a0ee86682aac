"""Where the atoms of a ligand stand: groups on a donor, turned to where they have most room."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlcluster.chem.elements import NUMBERS
from mlcluster.design.edits.contacts import van_der_waals
from mlcluster.design.frameworks.assembly import perpendicular, rotation, unit
from mlcluster.design.ligand_shapes import TO_GROUP, Shape, group_shapes

ENOUGH = 0.85
"""Fraction of the sum of van der Waals radii from which on two atoms have room enough."""
_CONE = {1: 75.0, 2: 70.0, 3: 65.0}
"""Degrees between the axis metal-donor (prolonged) and the bonds of one, two or three groups."""
_PYRAMID = 52.0
"""Degrees of the bond to a group out of the plane of a donor and its two metals."""
_TURN = 30
_SWEEPS = 2


class Surroundings(NamedTuple):
    """Atoms a ligand must not run into: points (m, 3), angstrom, and van der Waals radii (m,)."""

    points: NDArray[np.float64]
    radii: NDArray[np.float64]


class Kept(NamedTuple):
    """A group of the old ligand whose place is taken over: bond direction, and its atoms relative to the donor."""

    direction: NDArray[np.float64]
    symbols: tuple[str, ...]
    points: NDArray[np.float64]


def place(
    donor: str,
    groups: Sequence[str],
    at: NDArray[np.float64],
    metals: NDArray[np.float64],
    around: Surroundings,
    old: Sequence[Kept] = (),
) -> tuple[list[str], NDArray[np.float64]]:
    """Symbols and points of a ligand, the donor first.

    Groups take the bond directions of the groups that were there before, one for one, and start in their orientation; a
    group of the same atoms stays exactly as it was. Without old groups the directions are those of a regular cone, and
    the cone turns too. Each group then turns about its bond to where it has most room.

    Parameters
    ----------
    donor, groups
        Element of the donor and names of the groups on it.
    at
        Where the donor stands.
    metals
        Its metals, (m, 3).
    around
        What is there already, the metals included.
    old
        Groups of the ligand that stood here.
    """
    shapes = [group_shapes()[name] for name in groups]
    if not shapes:
        return [donor], at[None]
    if len(old) == len(shapes):
        order = _matching(shapes, old)
        fixed = [old[k] if _same(shape, old[k]) else None for shape, k in zip(shapes, order, strict=True)]
        starts = [[_start(donor, shape, at, old[k]) for shape, k in zip(shapes, order, strict=True)]]
    else:
        fixed = [None] * len(shapes)
        starts = [
            [
                _on_bond(donor, s, at, direction, perpendicular(direction))
                for s, direction in zip(shapes, d, strict=True)
            ]
            for d in _cones(len(shapes), donor, at, metals)
        ]
    # An old orientation is left only for want of room; without one, the roomiest is wanted.
    enough = ENOUGH if len(old) == len(shapes) else np.inf
    own = np.linalg.norm(around.points[:, None] - metals[None], axis=2).min(axis=1) < 1e-6
    beyond = Surroundings(around.points[~own], around.radii[~own])
    trials = [_settle_turns(shapes, at, start, fixed, beyond, enough) for start in starts]
    best = max(trials, key=lambda trial: round(trial[0], 6))[1]
    symbols = [donor, *(symbol for shape in shapes for symbol in shape.symbols)]
    for k, kept in enumerate(fixed):
        if kept is not None:
            best[k] = at + kept.points
    if any(kept is not None for kept in fixed):
        symbols = [donor]
        for shape, kept in zip(shapes, fixed, strict=True):
            symbols += shape.symbols if kept is None else kept.symbols
    return symbols, np.vstack([at[None], *best])


def _on_bond(
    donor: str, shape: Shape, at: NDArray[np.float64], direction: NDArray[np.float64], side: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Points of a group whose z axis lies along `direction` and whose x axis is turned towards `side`."""
    z = unit(direction)
    x = unit(side - side @ z * z)
    head = at + TO_GROUP[donor, shape.symbols[0]] * z
    points: NDArray[np.float64] = head + shape.points @ np.array([x, np.cross(z, x), z])
    return points


def _matching(shapes: Sequence[Shape], old: Sequence[Kept]) -> list[int]:
    """Old group for each new one: those of the same atoms first, the others in order."""
    free = list(range(len(old)))
    order: list[int] = []
    chosen: dict[int, int] = {}
    for number, shape in enumerate(shapes):
        k = next((k for k in free if _same(shape, old[k])), None)
        if k is not None:
            chosen[number] = k
            free.remove(k)
    for number in range(len(shapes)):
        order.append(chosen[number] if number in chosen else free.pop(0))
    return order


def _same(shape: Shape, kept: Kept) -> bool:
    return sorted(shape.symbols) == sorted(kept.symbols)


def _start(donor: str, shape: Shape, at: NDArray[np.float64], kept: Kept) -> NDArray[np.float64]:
    """The new group on the bond of the old one, its x axis where the old group reached farthest from the bond."""
    along = unit(kept.direction)
    off = kept.points - np.outer(kept.points @ along, along)
    heavy = np.array([symbol != "H" for symbol in kept.symbols])
    reach = np.linalg.norm(off, axis=1) + 10.0 * heavy * (np.linalg.norm(off, axis=1) > 0.3)
    far = off[int(np.round(reach, 6).argmax())]
    side = far if np.linalg.norm(far) > 0.3 else perpendicular(along)
    return _on_bond(donor, shape, at, along, side)


def _cones(count: int, donor: str, at: NDArray[np.float64], metals: NDArray[np.float64]) -> list[list[NDArray]]:
    """Sets of bond directions to try."""
    bonds = [unit(metal - at) for metal in metals]
    total = np.sum(bonds, axis=0)
    axis = -unit(total) if np.linalg.norm(total) > 0.2 else perpendicular(bonds[0])
    if donor == "C":
        return [[axis]]
    if count == 1 and len(metals) >= 2:
        normal = np.cross(bonds[0], bonds[1])
        normal = unit(normal) if np.linalg.norm(normal) > 0.1 else perpendicular(axis)
        tilt = 0.0 if len(metals) > 2 else np.radians(_PYRAMID)
        return [[np.cos(tilt) * axis + sign * np.sin(tilt) * normal] for sign in (1, -1)]
    start = rotation(perpendicular(axis), _CONE.get(count, 65.0)) @ axis
    step = 360 // count
    turns = range(0, step, 15 if count == 1 else 10)
    return [[rotation(axis, turn + step * k) @ start for k in range(count)] for turn in turns]


def _settle_turns(
    shapes: Sequence[Shape],
    at: NDArray[np.float64],
    start: list[NDArray[np.float64]],
    fixed: Sequence[Kept | None],
    around: Surroundings,
    enough: float,
) -> tuple[float, list[NDArray[np.float64]]]:
    """Turn each group about its bond to most room, one after the other; the room of the tightest, and the points."""
    groups, own = list(start), [_radii(shape.symbols) for shape in shapes]
    turning = [k for k, points in enumerate(groups) if fixed[k] is None and len(points) > 1]
    for _, k in product(range(_SWEEPS), turning):
        beside = [j for j in range(len(groups)) if j != k]
        others = Surroundings(
            np.vstack([around.points, *(groups[j] for j in beside)]),
            np.concatenate([around.radii, *(own[j] for j in beside)]),
        )
        axis = groups[k][0] - at
        choices = [(groups[k] - at) @ rotation(axis, turn).T + at for turn in range(0, 360, _TURN)]
        # The first atom stands still: it would only hide the differences of the others.
        rooms = [_room(points[1:], own[k][1:], others, enough) for points in choices]
        groups[k] = choices[int(np.round(rooms, 4).argmax())]
    return min(_room(g, r, around, enough) for g, r in zip(groups, own, strict=True)), groups


def _radii(symbols: Sequence[str]) -> NDArray[np.float64]:
    return van_der_waals()[[NUMBERS[symbol] for symbol in symbols]]


def _room(points: NDArray[np.float64], radii: NDArray[np.float64], around: Surroundings, enough: float) -> float:
    """Smallest distance in units of the sum of van der Waals radii, or `enough` if it is more than that."""
    if not len(around.points):
        return enough
    distance = np.linalg.norm(points[:, None] - around.points[None], axis=2)
    return min(enough, float((distance / (radii[:, None] + around.radii[None])).min()))
