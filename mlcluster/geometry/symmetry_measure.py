"""Continuous symmetry measure: how far a set of atoms is from the nearest one with a given symmetry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial.transform import Rotation

from mlcluster.geometry.symmetry_groups import GROUPS, Group, group, rotation, turn_onto

STEP = 4.0
"""Degrees between orientations tried about a main axis before the best are refined."""
HOPELESS = 0.12
"""Share of the mean squared radius by which images miss atoms from which on a group is not tried."""
NEAR = 0.25
"""Root mean square deviation (angstrom) from the nearest symmetric shape up to which a set of atoms is close to a
group: random noise of 0.1 angstrom in each coordinate makes 0.17, and no model cluster bundled here is nearer than 0.27
to a group higher than its own."""
_AXES = 6
_STARTS = 4
_APART = 1.0 + 2.0 * np.cos(np.radians(15.0))
_ROUNDS = 8
_BATCH = 32
_SAMPLE = 60
_FAR = 1e6
_CLOSE = (1.5, 1.25)
"""Atoms up to this many times the shortest distance apart give axes by the midpoints of pairs, and of triangles: faces
of a cuboctahedron are triangles and squares, whose diagonals are 1.41 edges long."""


def symmetry_measures(
    numbers: NDArray[np.int64], positions: NDArray[np.float64], symbols: Sequence[str] = GROUPS
) -> dict[str, float]:
    """Continuous symmetry measure against each group, 0 (has it) to 100; groups out of reach are left out.

    ``S = 100 min sum |q - p|^2 / sum |q - q0|^2`` over all sets p of the symmetry G with as many atoms of each
    element (Zabrodsky, Peleg & Avnir, J. Am. Chem. Soc. 1992, 114, 7843, 10.1021/ja00046a033; Pinsky & Avnir, Inorg.
    Chem. 1998, 37, 5575, 10.1021/ic9804925). For a pairing of the atoms under each operation the nearest p is the mean
    of all images of q, so that with an orientation of the group only the pairings are to be found: by nearest images,
    improved with the orientation in turn.

    Parameters
    ----------
    numbers, positions
        Atomic numbers (N,) and coordinates (N, 3).
    symbols
        Schoenflies symbols out of `mlcluster.geometry.symmetry_groups.GROUPS`.

    Examples
    --------
    A rectangle of sides 2a and 2b is 100 (a - b)^2 / 2 (a^2 + b^2) from a square:

    >>> corners = np.array([[3.0, 2.5, 0], [-3, 2.5, 0], [-3, -2.5, 0], [3, -2.5, 0]])
    >>> round(symmetry_measures(np.full(4, 79), corners, ["D4h"])["D4h"], 4)
    0.8197
    """
    points = positions - positions.mean(axis=0)
    size = float((points**2).sum())
    if len(points) < 3 or size == 0.0:
        return {}
    apart = np.where(numbers[:, None] == numbers[None], 0.0, np.inf)
    axes = _directions(points)
    orders = {symbol: group(symbol) for symbol in symbols}
    best_axes = {n: _best_axes(points, apart, axes, n) for n in {g.order for g in orders.values()}}
    found = {}
    for symbol, wanted in orders.items():
        reached = []
        for turn in _orientations(points, apart, wanted, best_axes):
            for start in (points, _twisted(points, turn[:, 2])):
                value = _measure(points, apart, wanted, turn, start)
                if value is not None:
                    reached.append(value)
                    break
        if reached:
            found[symbol] = 100.0 * max(min(reached), 0.0) / size
    return found


class Nearest(NamedTuple):
    """The ideal group that describes a set of atoms best.

    Attributes
    ----------
    symbol
        Schoenflies symbol.
    measure
        Continuous symmetry measure against it.
    deviation
        The same as a root mean square over the atoms, angstrom.
    near
        Whether that is at most `NEAR`.
    """

    symbol: str
    measure: float
    deviation: float
    near: bool


def nearest_group(measures: Mapping[str, float], positions: NDArray[np.float64]) -> Nearest | None:
    """The highest group that atoms are close to, or the one of the smallest measure where they are close to none.

    A measure alone decides nothing: that of a subgroup is never larger. Of groups with as many operations the one of
    the smaller measure is taken.

    Parameters
    ----------
    measures
        As of `symmetry_measures`.
    positions
        The atoms they were found for, (N, 3), angstrom.

    Examples
    --------
    >>> corners = np.array([[2.0, 1.9, 0], [-2, 1.9, 0], [-2, -1.9, 0], [2, -1.9, 0]])
    >>> nearest_group({"D4h": 0.0657, "D2h": 0.0}, corners).symbol
    'D4h'
    >>> nearest_group({"D4h": 0.0657, "D2h": 0.0}, 10 * corners).symbol
    'D2h'
    """
    if not measures:
        return None
    radius = float(((positions - positions.mean(axis=0)) ** 2).sum(axis=1).mean()) ** 0.5
    deviation = {symbol: (value / 100.0) ** 0.5 * radius for symbol, value in measures.items()}
    near = [symbol for symbol in measures if deviation[symbol] <= NEAR]
    if near:
        symbol = min(near, key=lambda each: (-len(group(each).operations), measures[each]))
    else:
        symbol = min(measures, key=lambda each: measures[each])
    return Nearest(symbol, measures[symbol], deviation[symbol], bool(near))


def _directions(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where axes may lie: principal axes, atoms, midpoints of near pairs and centres of near triangles, (A, 3)."""
    _, _, principal = np.linalg.svd(points, full_matrices=True)
    distance = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    close, adjacent = (distance < reach * np.median(distance.min(axis=1)) for reach in _CLOSE)
    i, j = np.nonzero(np.triu(close))
    a, b = np.nonzero(np.triu(adjacent))
    pair, third = np.nonzero(adjacent[a] & adjacent[b])
    triangles = points[a[pair]] + points[b[pair]] + points[third]
    found = np.concatenate([points, points[i] + points[j], triangles])
    length = np.linalg.norm(found, axis=1)
    found = found[length > 0.3 * np.sqrt((points**2).sum(axis=1).mean())]
    found = np.concatenate([principal, found / np.linalg.norm(found, axis=1, keepdims=True)])
    # An axis has no direction: one of each pair of opposites, and one of those within a few degrees.
    found *= np.where(found @ [0.31, 0.52, 0.79] < 0, -1.0, 1.0)[:, None]
    _, first = np.unique(np.round(found / 0.05), axis=0, return_index=True)
    return found[np.sort(first)]


def _best_axes(points: NDArray, apart: NDArray, axes: NDArray, order: int) -> NDArray[np.float64]:
    turns = np.array([rotation(axis, 360.0 / order) for axis in axes])
    score = _misfit(points, apart, turns)
    return axes[np.argsort(score, kind="stable")[:_AXES]]


def _misfit(points: NDArray, apart: NDArray, operations: NDArray[np.float64]) -> NDArray[np.float64]:
    """Squared distances from images to the nearest atoms of their element, summed over up to `_SAMPLE` atoms, (K,)."""
    square = (points**2).sum(axis=1)
    total = np.empty(len(operations))
    some = slice(None, None, -(-len(points) // _SAMPLE))
    for start in range(0, len(operations), _BATCH):
        images = np.einsum("kij,nj->kni", operations[start : start + _BATCH], points[some])
        squared = square[None, some, None] + square[None, None] - 2.0 * images @ points.T + apart[some]
        total[start : start + _BATCH] = squared.min(axis=2).sum(axis=1)
    return total


def _orientations(
    points: NDArray, apart: NDArray, wanted: Group, best_axes: dict[int, NDArray[np.float64]]
) -> list[NDArray[np.float64]]:
    """The most promising rotations of the standard orientation, (3, 3) each."""
    angles = np.radians(np.arange(0.0, 360.0 / wanted.order, STEP))
    turns = turn_onto(best_axes[wanted.order], angles).reshape(-1, 3, 3)
    score = sum(_misfit(points, apart, turns @ one @ turns.transpose(0, 2, 1)) for one in wanted.generators)
    score = np.asarray(score) / len(wanted.generators) / float((points**2).sum())
    chosen: list[NDArray[np.float64]] = []
    for k in np.argsort(score, kind="stable").tolist():
        if score[k] > HOPELESS or len(chosen) == _STARTS:
            break
        # Orientations that an operation of the group turns into each other are the same.
        same = [np.einsum("ji,jk,gki->g", other, turns[k], wanted.operations).max() for other in chosen]
        if max(same, default=-1.0) < _APART:
            chosen.append(turns[k])
    return chosen


def _twisted(points: NDArray[np.float64], axis: NDArray[np.float64]) -> NDArray[np.float64]:
    """The two halves turned about an axis a little against each other: decides where an image lies half-way."""
    above = np.sign(points @ axis)[:, None]
    return points + 0.05 * above * np.cross(axis, points)


def _measure(
    points: NDArray, apart: NDArray, wanted: Group, turn: NDArray[np.float64], shape: NDArray[np.float64]
) -> float | None:
    """Squared distance to the nearest symmetric set from one orientation on; None where pairings make no group.

    `shape` stands in for the points in the first pairing.
    """
    before = None
    for _ in range(_ROUNDS):
        operations = turn @ wanted.operations @ turn.T
        partner = _pairing(shape, apart, operations)
        if before is not None and np.array_equal(partner, before):
            break
        before = partner
        turn = _best_turn(points, wanted.operations, partner, turn)
        operations = turn @ wanted.operations @ turn.T
        shape = np.einsum("kji,knj->ni", operations, points[partner]) / len(operations)
    misfit = float(((points - shape) ** 2).sum())
    # The mean of the images is symmetric itself only if the pairings multiply like the operations.
    images = np.einsum("kij,nj->kni", operations, shape)
    off = np.abs(images - shape[partner]).max()
    return misfit if off < 1e-3 * np.sqrt((points**2).sum(axis=1).mean()) else None


def _pairing(points: NDArray, apart: NDArray, operations: NDArray[np.float64]) -> NDArray[np.int64]:
    """The atom that each image falls on, one each, (K, N)."""
    square = (points**2).sum(axis=1)
    partners = np.empty((len(operations), len(points)), dtype=np.int64)
    for start in range(0, len(operations), _BATCH):
        batch = operations[start : start + _BATCH]
        images = np.einsum("kij,nj->kni", batch, points)
        squared = square[None, :, None] + square[None, None] - 2.0 * images @ points.T + apart
        nearest = squared.argmin(axis=2)
        taken = np.sort(nearest, axis=1)
        for k in np.flatnonzero((taken[:, 1:] == taken[:, :-1]).any(axis=1)).tolist():
            nearest[k] = linear_sum_assignment(np.minimum(squared[k], _FAR))[1]
        partners[start : start + _BATCH] = nearest
    return partners


def _best_turn(
    points: NDArray, operations: NDArray[np.float64], partner: NDArray[np.int64], turn: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The orientation with the least misfit for fixed pairings, by Newton's method on the rotation."""
    moments = np.einsum("kni,nj->kij", points[partner], points)
    for _ in range(_ROUNDS):
        turned = turn @ operations @ turn.T
        first = np.array([_commutator(lie, turned) for lie in _LIE])
        slope = (first * moments).sum(axis=(1, 2, 3))
        second = np.array([[(_commutator(lie, one) * moments).sum() for one in first] for lie in _LIE])
        # The overlap is to be largest: where its curvature is not that of a maximum, go uphill by a small step.
        values, vectors = np.linalg.eigh((second + second.T) / 2)
        step = vectors @ ((vectors.T @ slope) / np.maximum(np.abs(values), 1e-9))
        length = float(np.linalg.norm(step))
        step *= min(1.0, 0.2 / max(length, 1e-12))
        turn = Rotation.from_rotvec(step).as_matrix() @ turn
        if length < 1e-7:
            break
    return turn


def _commutator(lie: NDArray[np.float64], matrices: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(lie @ matrices - matrices @ lie)


_LIE = np.array(
    [[[0, 0, 0], [0, 0, -1], [0, 1, 0]], [[0, 0, 1], [0, 0, 0], [-1, 0, 0]], [[0, -1, 0], [1, 0, 0], [0] * 3]]
)
"""Generators of the rotations about x, y and z."""
