"""Partly occupied atoms without an alternative: how many of their symmetry copies are there."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from mlcluster.geometry.bonds import bond_limits
from mlcluster.geometry.neighbours import NeighbourPairs

WHOLE = 0.05
"""Occupancies that add up to a whole number within this mean that many atoms."""


class Bodies:
    """Ordered fragments of a crystal, asked what a disordered atom is bonded to.

    Parameters
    ----------
    positions
        Coordinates of the expanded atoms, (M, 3) angstrom.
    cell
        Lattice vectors as rows, or None.
    pairs
        Contacts of the expanded atoms.
    numbers
        Their atomic numbers, (M,).
    ordered
        Atoms that no disorder touches, (M,).
    """

    def __init__(
        self,
        positions: NDArray[np.float64],
        cell: NDArray[np.float64] | None,
        pairs: NeighbourPairs,
        numbers: NDArray[np.int64],
        ordered: NDArray[np.bool_],
    ) -> None:
        self.positions, self.cell, self.pairs, self.numbers, self.ordered = positions, cell, pairs, numbers, ordered

    @cached_property
    def bonded(self) -> NDArray[np.bool_]:
        """Contacts that are bonds, (E,)."""
        limit = bond_limits()[self.numbers[self.pairs.first], self.numbers[self.pairs.second]]
        return self.pairs.distance < limit

    @cached_property
    def number(self) -> NDArray[np.int64]:
        """Ordered fragment of each atom, -1 for disordered ones, (M,)."""
        a, b, n = self.pairs.first, self.pairs.second, len(self.numbers)
        use = self.bonded & self.ordered[a] & self.ordered[b]
        graph = coo_array((np.ones(int(use.sum()), dtype=bool), (a[use], b[use])), shape=(n, n))
        return np.where(self.ordered, connected_components(graph, directed=False)[1], -1)

    @cached_property
    def neighbour(self) -> NDArray[np.int64]:
        """Lowest ordered fragment each atom is bonded to, a number too high for one where there is none, (M,)."""
        lowest = np.full(len(self.numbers), len(self.numbers))
        fragment = self.number[self.pairs.second]
        use = self.bonded & (fragment >= 0)
        np.minimum.at(lowest, self.pairs.first[use], fragment[use])
        return lowest

    def beside(self, atoms: NDArray[np.int64]) -> int | None:
        """Lowest ordered fragment that some of these atoms are bonded to, or None."""
        lowest = int(self.neighbour[atoms].min())
        return lowest if lowest < len(self.numbers) else None


def share_of_copies(weight: float, copies: Sequence[NDArray[np.int64]], bodies: Bodies) -> NDArray[np.int64] | None:
    """Atoms of those symmetry copies of a partly occupied group that are present, or None where nothing tells.

    Where the occupancies of the copies at one ordered fragment add up to a whole number, that many are there: of two
    halves of a chloride on either side of the centre of a cluster it is one. They are taken as far apart as possible.

    Parameters
    ----------
    weight
        Occupancy of the group.
    copies
        Atoms of each copy.
    bodies
        The ordered fragments.
    """
    at: dict[int, list[NDArray[np.int64]]] = {}
    for copy in copies:
        body = bodies.beside(copy)
        if body is None:
            return None
        at.setdefault(body, []).append(copy)
    kept: list[NDArray[np.int64]] = []
    for beside in at.values():
        number = round(weight * len(beside))
        if not 0 < number < len(beside) or abs(weight * len(beside) - number) > WHOLE:
            return None
        kept += _farthest(beside, bodies, number)
    return np.sort(np.concatenate(kept))


def _farthest(copies: list[NDArray[np.int64]], bodies: Bodies, number: int) -> list[NDArray[np.int64]]:
    """The first copy and those farthest from the ones taken before."""
    centres = np.array([bodies.positions[copy].mean(axis=0) for copy in copies])
    taken = [0]
    while len(taken) < number:
        delta = centres[:, None] - centres[None, taken]
        if bodies.cell is not None:
            fractional = delta @ np.linalg.inv(bodies.cell)
            delta = (fractional - np.round(fractional)) @ bodies.cell
        taken.append(int(np.linalg.norm(delta, axis=2).min(axis=1).round(3).argmax()))
    return [copies[k] for k in taken]
