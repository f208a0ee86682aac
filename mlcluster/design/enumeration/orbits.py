"""Subsets of sites up to a group of permutations: listed one of each orbit, counted without listing, or drawn.

Listing is orderly (Read, Ann. Discrete Math. 1978, 2, 107; Faradzev 1978): a subset is kept if no permutation makes it
lexicographically smaller, and only kept subsets are extended, by larger sites. That loses none: if S less its largest
site could be made smaller, so could S. Nothing is compared with anything found before, so memory stays flat.

Counting follows Burnside's lemma: the number of orbits is the mean number of fixed subsets, and a permutation fixes
those that are unions of its cycles, whose number is the coefficient of x^k in the product of (1 + x^length).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Permutations = NDArray[np.int64]
"""Image of each site under each element of a group, (G, n); the identity is one of them."""


def subset_orbits(permutations: Permutations, size: int) -> Iterator[tuple[int, ...]]:
    """Yield one subset of `size` sites of each orbit, the lexicographically smallest, in lexicographic order.

    >>> square = np.array([[0, 1, 2, 3], [1, 2, 3, 0], [2, 3, 0, 1], [3, 0, 1, 2]])
    >>> list(subset_orbits(square, 2))
    [(0, 1), (0, 2)]
    """
    count = permutations.shape[1]
    if not 0 <= size <= count:
        return
    group = np.unique(permutations, axis=0)
    if 2 * size > count:
        # The complements of small subsets: an orbit of one is an orbit of the other.
        for rest in subset_orbits(group, count - size):
            yield tuple(np.setdiff1d(np.arange(count), rest).tolist())
        return
    yield from _extended((), group, size)


def _extended(chosen: tuple[int, ...], group: Permutations, size: int) -> Iterator[tuple[int, ...]]:
    if len(chosen) == size:
        yield chosen
        return
    first = chosen[-1] + 1 if chosen else 0
    # So many sites have to follow that the next one cannot be among the last.
    last = group.shape[1] - (size - len(chosen)) + 1
    for site in _smallest(chosen, np.arange(first, last), group):
        yield from _extended((*chosen, site), group, size)


def _smallest(chosen: tuple[int, ...], following: NDArray[np.int64], group: Permutations) -> list[int]:
    """Those of the following sites that make a subset no permutation can make smaller."""
    if not following.size:
        return []
    size = len(chosen) + 1
    images = np.empty((len(following), len(group), size), dtype=np.int64)
    images[:, :, :-1] = group[:, list(chosen)]
    images[:, :, -1] = group[:, following].T
    images.sort(axis=2)
    own = np.empty((len(following), 1, size), dtype=np.int64)
    own[:, 0, :-1], own[:, 0, -1] = chosen, following
    difference = images - own
    place = (difference != 0).argmax(axis=2)
    first = np.take_along_axis(difference, place[:, :, None], axis=2)[:, :, 0]
    return [int(site) for site in following[(first >= 0).all(axis=1)]]


def count_orbits(permutations: Permutations, size: int) -> int:
    """Number of orbits of subsets of `size` sites.

    >>> count_orbits(np.array([[0, 1, 2, 3], [1, 2, 3, 0], [2, 3, 0, 1], [3, 0, 1, 2]]), 2)
    2
    """
    group = np.unique(permutations, axis=0)
    return sum(_fixed(_lengths(permutation), size) for permutation in group) // len(group)


def cycles_of(permutation: NDArray[np.int64]) -> list[list[int]]:
    """Sites of every cycle of one permutation."""
    left, cycles = set(range(len(permutation))), []
    while left:
        cycle = [left.pop()]
        while (following := int(permutation[cycle[-1]])) != cycle[0]:
            left.remove(following)
            cycle.append(following)
        cycles.append(cycle)
    return cycles


def _lengths(permutation: NDArray[np.int64]) -> list[int]:
    return [len(cycle) for cycle in cycles_of(permutation)]


def _fixed(lengths: list[int], size: int) -> int:
    """Number of unions of cycles with so many sites in all: a coefficient of the product of (1 + x^length)."""
    return _partial(lengths, size)[-1][size]


def _partial(lengths: list[int], size: int) -> list[list[int]]:
    """Coefficients 0 ... size of the product over the first 0, 1, 2 ... cycles, in whole numbers of any length."""
    rows = [[1] + [0] * size]
    for length in lengths:
        row = list(rows[-1])
        for total in range(size, length - 1, -1):
            row[total] += rows[-1][total - length]
        rows.append(row)
    return rows


def random_orbit(permutations: Permutations, size: int, rng: np.random.Generator) -> tuple[int, ...]:
    """A subset whose orbit is drawn evenly from all orbits (Dixon & Wilf, J. Algorithms 1983, 4, 205).

    A permutation is drawn with the number of subsets it fixes as its weight, and one of those subsets evenly; the
    smallest image is returned.
    """
    group = np.unique(permutations, axis=0)
    weights = [_fixed(_lengths(permutation), size) for permutation in group]
    pick = _below(sum(weights), rng)
    chosen = 0
    while pick >= weights[chosen]:
        pick -= weights[chosen]
        chosen += 1
    cycles = cycles_of(group[chosen])
    rows, subset, total = _partial([len(cycle) for cycle in cycles], size), [], size
    for number in range(len(cycles), 0, -1):
        length = len(cycles[number - 1])
        with_it = rows[number - 1][total - length] if total >= length else 0
        if _below(rows[number][total], rng) < with_it:
            subset += cycles[number - 1]
            total -= length
    images = np.sort(group[:, subset], axis=1)
    return tuple(images[np.lexsort(images.T[::-1])[0]].tolist())


def _below(limit: int, rng: np.random.Generator) -> int:
    """An even random number below a limit of any length."""
    size = (limit.bit_length() + 7) // 8
    while True:
        number = int.from_bytes(rng.bytes(size), "little") >> (8 * size - limit.bit_length())
        if number < limit:
            return number


def smallest_image(permutations: Permutations, tokens: NDArray[np.int64]) -> NDArray[np.int64]:
    """The lexicographically smallest of all images of a labelling, (n,): equal for labellings of one orbit."""
    images = tokens[permutations]
    smallest: NDArray[np.int64] = images[np.lexsort(images.T[::-1])[0]]
    return smallest


def stabiliser(permutations: Permutations, tokens: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which permutations leave a labelling as it is, (G,)."""
    fixed: NDArray[np.bool_] = (tokens[permutations] == tokens).all(axis=1)
    return fixed
