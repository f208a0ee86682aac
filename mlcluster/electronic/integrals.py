"""Overlap and core Hamiltonian of GFN1-xTB for a whole cluster, from tables of pairs of atoms."""

from __future__ import annotations

from functools import cache
from itertools import combinations_with_replacement
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from mlcluster.electronic.pair_tables import LONGEST, SHORTEST, columns, distances, element, pair_table

Array = NDArray[np.float64]
Places = NDArray[np.int64]


class Orbitals(NamedTuple):
    """Shells and orbitals of a cluster, in the order of GFN1-xTB: by atom, by shell, m from -l to l.

    Attributes
    ----------
    atom, shell
        Of each orbital its atom and its shell among those of that atom, (B,).
    first
        First orbital of each shell, by atom and number of the shell, (N, 3); -1 where there is none.
    """

    atom: Places
    shell: Places
    first: Places


def orbitals_of(numbers: NDArray[np.int64]) -> Orbitals:
    """Orbitals of a cluster.

    Raises
    ------
    CalculationError
        If an element has no parameters.
    """
    atom: list[int] = []
    shell: list[int] = []
    first = np.full((len(numbers), 3), -1, dtype=np.int64)
    for place, number in enumerate(numbers.tolist()):
        for which, momentum in enumerate(element(number).momenta):
            first[place, which] = len(atom)
            atom += [place] * (2 * momentum + 1)
            shell += [which] * (2 * momentum + 1)
    return Orbitals(np.array(atom), np.array(shell), first)


def overlap_and_core(numbers: NDArray[np.int64], positions: Array, orbitals: Orbitals) -> tuple[Array, Array]:
    """Overlap and core Hamiltonian in eV, (B, B) each.

    Parameters
    ----------
    numbers, positions
        Of the atoms, (N,), and (N, 3) in angstrom.
    orbitals
        `orbitals_of` them.
    """
    size, first = len(orbitals.atom), orbitals.first
    energies = np.zeros((len(numbers), 3))
    for place, number in enumerate(numbers.tolist()):
        own = element(number).energies_ev
        energies[place, : len(own)] = own
    pairs = list(_pairs(numbers, positions))
    for pair in pairs:
        np.add.at(energies, pair.one, _padded(pair.values.first))
        np.add.at(energies, pair.other, _padded(pair.values.second))
    overlap, core = np.eye(size), np.diag(energies[orbitals.atom, orbitals.shell])
    for pair in pairs:
        frames = _frames(pair.direction)
        known = element(pair.elements[0]).momenta, element(pair.elements[1]).momenta
        for (a, b), some in _by_shells(*pair.elements).items():
            # m and -m have equal integrals.
            turned = [frames[known[side][which]] for side, which in ((0, a), (1, b))]
            middle = known[0][a], known[1][b]
            block, scaled = (
                sum(
                    values[:, column, None, None]
                    * turned[0][:, :, None, middle[0] + m]
                    * turned[1][:, None, :, middle[1] + m]
                    for m_abs, column in some
                    for m in ((0,) if m_abs == 0 else (m_abs, -m_abs))
                )
                for values in (pair.values.overlap, pair.values.scale)
            )
            mean = 0.5 * (energies[pair.one, a] + energies[pair.other, b])
            rows = first[pair.one, a][:, None, None] + np.arange(2 * middle[0] + 1)[:, None]
            others = first[pair.other, b][:, None, None] + np.arange(2 * middle[1] + 1)
            for matrix, values in ((overlap, block), (core, scaled * mean[:, None, None])):
                matrix[rows, others] = values
                matrix[others, rows] = values
    return overlap, core


class _Values(NamedTuple):
    overlap: Array
    scale: Array
    first: Array
    second: Array


class _Pairs(NamedTuple):
    """Pairs of atoms of two elements within reach: first and second atom, unit vector between them, table values."""

    elements: tuple[int, int]
    one: Places
    other: Places
    direction: Array
    values: _Values


def _pairs(numbers: NDArray[np.int64], positions: Array) -> list[_Pairs]:
    found = []
    for low, high in combinations_with_replacement(sorted(set(numbers.tolist())), 2):
        one, other = (np.flatnonzero(numbers == number) for number in (low, high))
        between = positions[other][None] - positions[one][:, None]
        length = np.linalg.norm(between, axis=-1)
        near = length < LONGEST
        if low == high:
            near &= one[:, None] < other[None]
        i, j = np.nonzero(near)
        if len(i):
            distance = length[i, j]
            row = _spline(low, high)(np.maximum(distance, SHORTEST))
            ends = np.cumsum([part.shape[1] for part in pair_table(low, high)])[:-1]
            values = _Values(*np.split(row, ends, axis=1))
            found.append(_Pairs((low, high), one[i], other[j], between[i, j] / distance[:, None], values))
    return found


@cache
def _spline(first: int, second: int) -> CubicSpline:
    return CubicSpline(distances(), np.concatenate(pair_table(first, second), axis=1))


@cache
def _by_shells(first: int, second: int) -> dict[tuple[int, int], list[tuple[int, int]]]:
    """For each pair of shells m and column of its integrals."""
    found: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for column, (a, b, m) in enumerate(columns(element(first), element(second))):
        found.setdefault((a, b), []).append((m, column))
    return found


def _padded(values: Array) -> Array:
    return np.pad(values, ((0, 0), (0, 3 - values.shape[1])))


# Orthonormal symmetric traceless tensors of the d orbitals, m from -2 to 2: xy, yz, z2, xz, x2-y2.
_D = np.zeros((5, 3, 3))
_D[0, 0, 1] = _D[0, 1, 0] = _D[1, 1, 2] = _D[1, 2, 1] = _D[3, 0, 2] = _D[3, 2, 0] = np.sqrt(0.5)
_D[2] = np.diag([-1.0, -1.0, 2.0]) / np.sqrt(6.0)
_D[4] = np.diag([1.0, -1.0, 0.0]) / np.sqrt(2.0)


def _frames(direction: Array) -> tuple[Array, Array, Array]:
    """Orbitals along the bonds in terms of those of the axes, for s, p and d: (P, 2 l + 1, 2 l + 1) each."""
    helper = np.where(np.abs(direction[:, 2:]) < 0.9, [[0.0, 0.0, 1.0]], [[1.0, 0.0, 0.0]])
    x = np.cross(helper, direction)
    x /= np.linalg.norm(x, axis=1)[:, None]
    axes = np.stack([x, np.cross(direction, x), direction], axis=2)  # columns: x, y and z of the bond
    order = [1, 2, 0]  # m from -1 to 1: y, z, x
    turned = axes[:, None] @ _D @ axes[:, None].swapaxes(2, 3)
    d = (turned.reshape(-1, 5, 9) @ _D.reshape(5, 9).T).swapaxes(1, 2)
    return np.ones((len(direction), 1, 1)), axes[:, order][:, :, order], d
