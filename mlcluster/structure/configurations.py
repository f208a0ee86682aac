"""Groups of atoms that exclude each other -> the sets of them that the occupancies say are present together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, islice

MOST_SETS = 500
"""Sets looked at in one place of disorder; real ones have two or three, rarely a few dozen."""

MOST_GROUPS = 64
"""Groups of one place up to which sets are searched; among more the fullest are taken one by one."""

TIE = 0.05
"""Sets whose fit to the occupancies differs by less fit equally well."""


def configurations(
    weights: Sequence[float], excluded: Sequence[set[int]], interchangeable: bool = False
) -> list[tuple[int, ...]]:
    """Sets of groups that exclude nobody in the set and explain the occupancies best.

    Of any groups that all exclude each other, as many are present as their occupancies say: one if they add up to one.
    A set is judged by how far it is from that, summed over all such cliques, so that of six fluorines of half
    occupancy around a boron, each too near to two others, three are taken and never two. Every set that fits as well
    as the best is given.

    Parameters
    ----------
    weights
        Occupancy of each group.
    excluded
        Groups that each of them excludes.
    interchangeable
        All groups are of one composition: as many are present as all the occupancies add up to.

    Examples
    --------
    >>> hexagon = [{1, 5}, {0, 2}, {1, 3}, {2, 4}, {3, 5}, {4, 0}]
    >>> configurations([0.5] * 6, hexagon)
    [(0, 2, 4), (1, 3, 5)]
    """
    if len(weights) > MOST_GROUPS:
        return _fullest_first(weights, excluded)
    everything = set(range(len(weights)))
    compatible = [everything - one - {number} for number, one in enumerate(excluded)]
    cliques = [set(clique) for clique in islice(_cliques(excluded), MOST_SETS)]
    sums = [min(1.0, sum(weights[number] for number in clique)) for clique in cliques]
    judged = []
    sets = _cliques(compatible)
    if interchangeable:
        sets = _cut_to(round(sum(weights)), sets)
    for chosen in islice(sets, MOST_SETS):
        cost = sum(abs(len(clique.intersection(chosen)) - total) for clique, total in zip(cliques, sums, strict=True))
        if interchangeable:
            cost += abs(len(chosen) - sum(weights))
        judged.append((cost, tuple(sorted(chosen))))
    least = min(cost for cost, _ in judged)
    return sorted(chosen for cost, chosen in judged if cost <= least + TIE)


def _fullest_first(weights: Sequence[float], excluded: Sequence[set[int]]) -> list[tuple[int, ...]]:
    """One set, then one of the groups it leaves."""
    left = sorted(range(len(weights)), key=lambda number: (-round(weights[number], 2), number))
    found = []
    for _ in range(2):
        chosen: list[int] = []
        for number in left:
            if not excluded[number].intersection(chosen):
                chosen.append(number)
        left = [number for number in left if number not in chosen]
        found.append(tuple(sorted(chosen)))
    return [chosen for chosen in found if chosen]


def _cut_to(most: int, sets: Iterator[list[int]]) -> Iterator[list[int]]:
    """The sets, those that are too large in all their parts of the right size, each once."""
    seen: set[tuple[int, ...]] = set()
    for chosen in sets:
        for part in combinations(sorted(chosen), min(max(most, 1), len(chosen))):
            if part not in seen:
                seen.add(part)
                yield list(part)


def _cliques(neighbours: Sequence[set[int]]) -> Iterator[list[int]]:
    """Maximal cliques of a graph (Bron & Kerbosch, Commun. ACM 1973, 10.1145/362342.362367, with a pivot)."""

    def grow(clique: list[int], candidates: set[int], done: set[int]) -> Iterator[list[int]]:
        if not candidates and not done:
            yield clique
            return
        pivot = max(sorted(candidates | done), key=lambda vertex: len(neighbours[vertex] & candidates))
        for vertex in sorted(candidates - neighbours[pivot]):
            yield from grow([*clique, vertex], candidates & neighbours[vertex], done & neighbours[vertex])
            candidates = candidates - {vertex}
            done = done | {vertex}

    yield from grow([], set(range(len(neighbours))), set())
