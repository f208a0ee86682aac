"""Telling a crystal from a vacuum box around one finite structure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

VACUUM_GAP = 3.5
"""Empty slab (angstrom) along all three axes that makes a cell a box: wider than any bond this package joins, and
wider than what packed molecules leave free along a whole plane."""


def boxed_positions(fractional: NDArray[np.float64], cell: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Coordinates of a finite structure made whole, (N, 3) angstrom, or None if the cell is a crystal.

    A gap is the largest empty stretch of fractional coordinate along an axis, times the distance between the
    lattice planes across it.
    """
    heights = 1.0 / np.linalg.norm(np.linalg.inv(cell), axis=0)
    unwrapped = np.empty_like(fractional)
    for axis in range(3):
        wrapped = fractional[:, axis] % 1.0
        order = np.sort(wrapped)
        gaps = np.diff(np.append(order, order[0] + 1.0))
        widest = int(gaps.argmax())
        if gaps[widest] * heights[axis] < VACUUM_GAP:
            return None
        start = order[(widest + 1) % len(order)]
        unwrapped[:, axis] = (wrapped - start + 1e-9) % 1.0
    return unwrapped @ cell
