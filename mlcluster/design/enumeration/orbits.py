"""Permutations of sites under the symmetry of a structure, and the orbits of choices under them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from mlcluster.design.edits.host import Host
from mlcluster.errors import ConfigError
from mlcluster.geometry.point_group import TOLERANCE, symmetry_operations

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


Subset = Literal["kernel", "core", "whole"]


@dataclass(frozen=True, eq=False)
class SiteSymmetry:
    """Permutations of sites.

    Parameters
    ----------
    permutations
        Image of each site under each operation, (G, n).
    proper
        Which operations are rotations, (G,).
    """

    permutations: NDArray[np.int64]
    proper: NDArray[np.bool_]

    def only(self, chosen: NDArray[np.bool_]) -> SiteSymmetry:
        """The same with some operations alone."""
        return SiteSymmetry(self.permutations[chosen], self.proper[chosen])

    def acting(self, *, mirror_apart: bool) -> NDArray[np.int64]:
        """Permutations under which candidates count as one: rotations alone where mirror images are kept apart."""
        return self.permutations[self.proper] if mirror_apart else self.permutations


def operations_about(
    host: Host, subset: Subset, tolerance: float = TOLERANCE
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Symmetry operations (G, 3, 3) of a part of a cluster, and their common fixed point.

    Parameters
    ----------
    subset
        Metals (``"kernel"``), with the donors of their ligands (``"core"``), or all atoms (``"whole"``). Metals on one
        line do not fix an orientation: the next larger part is taken then.
    tolerance
        Largest distance between the image of an atom and the atom it falls on, angstrom.

    Raises
    ------
    ConfigError
        If there is no such part.
    """
    if subset not in get_args(Subset):
        raise ConfigError("no such part of a cluster.", found=subset, expected=", ".join(get_args(Subset)))
    cluster = host.cluster
    for part in get_args(Subset)[get_args(Subset).index(subset) :]:
        atoms = _atoms(host, part)
        centre = cluster.positions[atoms].mean(axis=0)
        extent = np.linalg.svd(cluster.positions[atoms] - centre, compute_uv=False)
        if len(atoms) > 2 and extent[1] > tolerance:
            return symmetry_operations(cluster.numbers[atoms], cluster.positions[atoms], tolerance), centre
    return np.eye(3)[None], centre


def _atoms(host: Host, subset: str) -> NDArray[np.int64]:
    if subset == "whole":
        return np.arange(len(host.cluster))
    donors = [donor for ligand in host.ligands for donor in ligand.donors] if subset == "core" else []
    return np.unique([*host.metals.tolist(), *donors])


def site_symmetry(
    operations: NDArray[np.float64],
    centre: NDArray[np.float64],
    points: NDArray[np.float64],
    colours: NDArray[np.int64],
    tolerance: float = TOLERANCE,
) -> SiteSymmetry:
    """Permutations of sites by those operations that map every site onto one of its colour.

    Parameters
    ----------
    operations, centre
        As of `operations_about`.
    points, colours
        Sites, (n, 3) angstrom, and what they hold, (n,).
    tolerance
        Sites of metals may miss by a little more than the atoms did, as ligand sites are means of donors.
    """
    relative = points - centre
    permutations, proper = [], []
    unlike = 1e6 * (colours[:, None] != colours[None])
    for operation in operations:
        distance = np.linalg.norm((relative @ operation.T)[:, None] - relative[None], axis=2) + unlike
        image = distance.argmin(axis=1)
        if len(np.unique(image)) < len(image):
            image = linear_sum_assignment(distance)[1]
        if distance[np.arange(len(image)), image].max() <= 2 * tolerance:
            permutations.append(image)
            proper.append(np.linalg.det(operation) > 0)
    table = np.array(permutations, dtype=np.int64).reshape(-1, len(points))
    return _closed(SiteSymmetry(table, np.array(proper, dtype=bool)))


def _closed(found: SiteSymmetry) -> SiteSymmetry:
    """Leave out the last operations until every product of two permutations is a permutation of the set."""
    while True:
        known = {row.tobytes() for row in found.permutations}
        products = found.permutations[:, found.permutations].reshape(-1, found.permutations.shape[1])
        if all(row.tobytes() in known for row in np.unique(products, axis=0)):
            return found
        found = found.only(np.arange(len(found.permutations)) < len(found.permutations) - 1)
