"""Every pair of atoms within a distance, in a finite cluster or in a crystal with cells of any shape and size."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mlcluster.errors import ConfigError, StructureError

LARGEST_LENGTH = 1e4
"""Extent of a cluster or cell, in angstrom, above which the file must be wrong."""


class NeighbourPairs(NamedTuple):
    """Pairs within a cutoff, each given in both directions, sorted by `first`, then `second`, then `shift`.

    Attributes
    ----------
    first, second
        Atom indices, (E,).
    shift
        Lattice translation of the second atom in whole cells, (E, 3); zero without a cell.
    distance
        Length of `vector`, (E,), angstrom.
    vector
        ``positions[second] + shift @ cell - positions[first]``, (E, 3), angstrom.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    shift: NDArray[np.int64]
    distance: NDArray[np.float64]
    vector: NDArray[np.float64]


def neighbour_pairs(positions: ArrayLike, cutoff: float, cell: ArrayLike | None = None) -> NeighbourPairs:
    """All pairs closer than `cutoff`, without a cap on their number.

    With a cell, images of any order count, an atom's own images included (``first == second`` with a shift
    that is not zero), so cells smaller than the cutoff are handled. The list is symmetric: ``(i, j, s)`` is
    there exactly when ``(j, i, -s)`` is. The work is done by vesin in float64.

    Parameters
    ----------
    positions
        Cartesian coordinates, (N, 3), angstrom; they need not lie inside the cell.
    cutoff
        Distance in angstrom; a pair exactly at it is left out.
    cell
        Lattice vectors as rows, (3, 3), angstrom, periodic in all three; None for a finite cluster.

    Raises
    ------
    ConfigError
        If the cutoff is not a positive length.
    StructureError
        If a coordinate is not finite or implausibly large, or the cell has no volume.

    Examples
    --------
    >>> pairs = neighbour_pairs([[0.0, 0.0, 0.0], [0.0, 0.0, 2.0]], cutoff=3.0)
    >>> pairs.first.tolist(), pairs.second.tolist(), pairs.distance.tolist()
    ([0, 1], [1, 0], [2.0, 2.0])
    """
    import vesin  # loads torch, which reading a help text or a label table does not need

    points = np.ascontiguousarray(positions, dtype=np.float64).reshape(-1, 3)
    if not (np.isfinite(cutoff) and cutoff > 0):
        raise ConfigError("neighbour cutoff is not a length.", found=cutoff, expected="a positive number of angstrom")
    if not np.isfinite(points).all():
        raise StructureError("coordinate is not a finite number.", found=points[~np.isfinite(points).all(axis=1)][0])
    box = np.zeros((3, 3)) if cell is None else np.ascontiguousarray(cell, dtype=np.float64)
    if cell is not None and not abs(np.linalg.det(box)) > 1e-6:
        raise StructureError("cell has no volume.", found=box.tolist(), expected="three independent lattice vectors")
    if len(points) == 0:
        nothing = np.zeros(0, dtype=np.int64)
        return NeighbourPairs(nothing, nothing, np.zeros((0, 3), np.int64), np.zeros(0), np.zeros((0, 3)))

    extent = np.ptp(points, axis=0) if cell is None else 1 / np.linalg.norm(np.linalg.inv(box), axis=0)
    if max(extent.max(), np.abs(points).max()) > LARGEST_LENGTH:
        raise StructureError(
            "coordinates or cell are implausibly large.",
            found=f"{max(extent.max(), np.abs(points).max()):.3g} angstrom",
            expected=f"at most {LARGEST_LENGTH:.0f} angstrom",
            hint="Are the coordinates in angstrom?",
        )
    # One thread: callers run many clusters side by side, and a cluster takes well under a millisecond.
    search = vesin.NeighborList(cutoff=_search_radius(extent, float(cutoff)), full_list=True, n_threads=1)
    i, j, shift, distance, vector = search.compute(
        points=points, box=box, periodic=cell is not None, quantities="ijSdD"
    )
    order = np.lexsort((shift[:, 2], shift[:, 1], shift[:, 0], j, i))
    order = order[distance[order] < cutoff]
    first, second = i[order].astype(np.int64), j[order].astype(np.int64)
    return NeighbourPairs(first, second, shift[order].astype(np.int64), distance[order], vector[order])


def _search_radius(extent: NDArray[np.float64], cutoff: float) -> float:
    """Radius to give vesin: the cutoff, or more where its grid of cells would break down.

    vesin 0.6 caps its grid at 1e5 cells by shrinking all three directions alike; a flat or thin system then
    has no cell left in one of them and the process dies of a division by zero. A wider radius avoids that.
    """
    grid = np.maximum(np.floor(extent / cutoff), 1)
    shrink = np.cbrt(grid.prod() / 1e5)
    return cutoff if grid.min() > 2 * shrink else max(cutoff, float(extent.max()) / 40)
