"""Overlap and core Hamiltonian of GFN1-xTB for a whole cluster, from tables of pairs of atoms."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import combinations_with_replacement, product
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
    energies = np.zeros((len(numbers), 3))
    for place, number in enumerate(numbers.tolist()):
        own = element(number).energies_ev
        energies[place, : len(own)] = own
    pairs = _pairs(numbers, positions)
    for pair in pairs:
        np.add.at(energies, pair.one, _padded(pair.values.first))
        np.add.at(energies, pair.other, _padded(pair.values.second))
    size = len(orbitals.atom)
    overlap, core = np.zeros((size, size)), np.zeros((size, size))
    if pairs:
        frames = _frames(np.concatenate([pair.direction for pair in pairs]))
        for (momentum, other), some in _blocks(pairs, energies, orbitals.first).items():
            least = min(momentum, other)
            turned, turned_other = (
                frames[own][some.pair, :, own - least : own + least + 1] for own in (momentum, other)
            )
            rows = some.row[:, None, None] + np.arange(2 * momentum + 1)[:, None]
            places = rows * size + some.column[:, None, None] + np.arange(2 * other + 1)
            block, scaled = (
                (turned * values[:, None]) @ turned_other.swapaxes(1, 2) for values in (some.overlap, some.scale)
            )
            np.put(overlap, places, block)
            np.put(core, places, scaled * some.mean[:, None, None])
    overlap, core = overlap + overlap.T, core + core.T
    np.fill_diagonal(overlap, 1.0)
    np.fill_diagonal(core, energies[orbitals.atom, orbitals.shell])
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


class _Blocks(NamedTuple):
    """Pairs of shells of two momenta, B in all.

    Attributes
    ----------
    pair, row, column
        Number of the pair of atoms, and first orbital of each shell; (B,).
    overlap, scale
        In the frame of the bond, for m from minus to plus the smaller momentum, (B, M).
    mean
        Of the energies of both shells, eV, (B,).
    """

    pair: Places
    row: Places
    column: Places
    overlap: Array
    scale: Array
    mean: Array


def _blocks(pairs: Sequence[_Pairs], energies: Array, first: Places) -> dict[tuple[int, int], _Blocks]:
    """Pairs of shells by their momenta: many at once, whichever elements they belong to."""
    gathered: dict[tuple[int, int], list[_Blocks]] = {}
    start = 0
    for pair in pairs:
        numbers = np.arange(start, start + len(pair.one))
        start += len(numbers)
        for (a, b), (momenta, some) in _by_shells(*pair.elements).items():
            block = _Blocks(
                pair=numbers,
                row=first[pair.one, a],
                column=first[pair.other, b],
                overlap=pair.values.overlap[:, some],
                scale=pair.values.scale[:, some],
                mean=0.5 * (energies[pair.one, a] + energies[pair.other, b]),
            )
            gathered.setdefault(momenta, []).append(block)
    return {momenta: _Blocks(*map(np.concatenate, zip(*parts, strict=True))) for momenta, parts in gathered.items()}


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
def _by_shells(first: int, second: int) -> dict[tuple[int, int], tuple[tuple[int, int], list[int]]]:
    """For each pair of shells its momenta, and the column of each m; that of m and of -m are equal."""
    one, other = element(first), element(second)
    column = {key: number for number, key in enumerate(columns(one, other))}
    found = {}
    for (a, momentum), (b, momentum_other) in product(enumerate(one.momenta), enumerate(other.momenta)):
        least = min(momentum, momentum_other)
        some = [column[a, b, abs(m)] for m in range(-least, least + 1)]
        found[a, b] = ((momentum, momentum_other), some)
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
