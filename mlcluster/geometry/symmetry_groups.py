"""Operations of point groups in a standard orientation: the main axis along z, a twofold axis or mirror along x."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_PHI = (1 + 5**0.5) / 2
GROUPS = tuple("Ih Oh Td Th D6h D5h D5d D5 C5v D4h D4d C4v D3h D3d D3 C3v D2h D2d D2 C2v".split())
"""Groups a kernel is measured against."""


class Group(NamedTuple):
    """One point group.

    Attributes
    ----------
    operations
        Orthogonal matrices, (K, 3, 3), identity included.
    order
        Order of the main axis, which lies along z.
    generators
        Operations that make all others, (G, 3, 3).
    """

    operations: NDArray[np.float64]
    order: int
    generators: NDArray[np.float64]


@cache
def group(symbol: str) -> Group:
    """Group of a Schoenflies symbol.

    Raises
    ------
    KeyError
        For a symbol that is not in `GROUPS`.

    Examples
    --------
    >>> {symbol: len(group(symbol).operations) for symbol in ("Ih", "Oh", "Td", "Th", "D5d", "D3")}
    {'Ih': 120, 'Oh': 48, 'Td': 24, 'Th': 24, 'D5d': 20, 'D3': 6}
    """
    if symbol not in GROUPS:
        raise KeyError(symbol)
    inversion = -np.eye(3)
    cubic = rotation([1, 1, 1], 120.0)
    if symbol == "Ih":
        fivefold = [0.0, 1.0, _PHI]
        return _upright([rotation(fivefold, 72.0), cubic, inversion], fivefold, 5)
    if symbol == "Oh":
        return _upright([rotation([0, 0, 1], 90.0), cubic, inversion], [0, 0, 1], 4)
    if symbol == "Td":
        quarter = -rotation([0, 0, 1], 90.0)
        return _upright([quarter, cubic], [1, 1, 1], 3)
    if symbol == "Th":
        half = rotation([0, 0, 1], 180.0)
        return _upright([half, cubic, inversion], [1, 1, 1], 3)
    order, kind = int(symbol[1]), symbol[2:]
    side = np.diag([1.0, -1.0, 1.0]) if kind == "v" else rotation([1, 0, 0], 180.0)
    generators = [rotation([0, 0, 1], 360.0 / order), side]
    if kind == "h":
        generators.append(np.diag([1.0, 1.0, -1.0]))
    elif kind == "d":
        generators.append(np.diag([1.0, 1.0, -1.0]) @ rotation([0, 0, 1], 180.0 / order))
    return _upright(generators, [0, 0, 1], order)


def rotation(axis: list[float] | NDArray[np.float64], degrees: float) -> NDArray[np.float64]:
    """Matrix of a right-handed rotation about an axis through the origin."""
    x, y, z = np.asarray(axis, dtype=float) / np.linalg.norm(axis)
    angle = np.radians(degrees)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def turn_onto(axes: NDArray[np.float64], angles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rotations that turn z onto unit vectors (A, 3) after turning by angles (P,) about z, (A, P, 3, 3)."""
    helper = np.where(np.abs(axes[:, :1]) < 0.8, [[1.0, 0, 0]], [[0, 1.0, 0]])
    x = np.cross(helper, axes)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    frames = np.stack([x, np.cross(axes, x), axes], axis=2)
    about = np.array([rotation([0, 0, 1], float(np.degrees(angle))) for angle in angles])
    return np.einsum("aij,pjk->apik", frames, about)


def _upright(generators: list[NDArray[np.float64]], axis: list[float], order: int) -> Group:
    """The group of generators, turned so that `axis` lies along z."""
    turn = turn_onto(np.array([axis]) / np.linalg.norm(axis), np.zeros(1))[0, 0]
    upright = [turn.T @ generator @ turn for generator in generators]
    return Group(_closure(upright), order, np.array(upright))


def _closure(generators: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    found = [np.eye(3)]
    for operation in found:
        for generator in generators:
            product = generator @ operation
            if all(np.abs(product - known).max() > 1e-6 for known in found):
                found.append(product)
    return np.array(found)
