"""Disordered atoms -> groups that come and go together, and which of these groups exclude each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlcluster.structure.exclusion import ALIKE, Relations

MOST_JOINED = 12
"""Groups on one centre are turned together up to this number."""

Key = tuple[str, int]
"""Assembly and disorder group; group 0 for atoms without one."""


@dataclass(frozen=True)
class RigidGroup:
    """Atoms that are present together or not at all.

    Parameters
    ----------
    atoms
        Expanded atoms, ascending.
    weight
        Median occupancy of the atoms other than hydrogen: hydrogens of a methyl on an axis are listed with a share of
        the occupancy of their carbon.
    key
        Assembly and group of most of its atoms that have one, else ``("", 0)``.
    """

    atoms: tuple[int, ...]
    weight: float
    key: Key


def rigid_groups(
    members: Sequence[int],
    relations: Relations,
    chains: Sequence[tuple[float, int, int]],
    numbers: NDArray[np.int64],
    occupancy: NDArray[np.float64],
    keys: Sequence[Key],
    names: Sequence[str],
) -> list[RigidGroup]:
    """Join atoms pair by pair, the surest pairs first, never across a pair that excludes each other.

    Parameters
    ----------
    members
        Expanded atoms of one connected set.
    relations
        Relations among them.
    chains
        Pairs that belong together without a bond, each behind its rank among the pairs of `relations`.
    numbers, occupancy, keys, names
        Atomic number, occupancy, key and name of each expanded atom; names decide between equal pairs, so that the
        order of rows in the file does not.
    """
    excluded: dict[int, set[int]] = {atom: set() for atom in members}
    for a, b in zip(
        relations.first[relations.exclude].tolist(), relations.second[relations.exclude].tolist(), strict=True
    ):
        excluded[a].add(b)
        excluded[b].add(a)
    together = relations.together
    pairs = [
        (round(rank, 3), *sorted((names[a], names[b])), a, b)
        for a, b, rank in zip(
            relations.first[together].tolist(),
            relations.second[together].tolist(),
            relations.rank[together].tolist(),
            strict=True,
        )
    ]
    pairs += [(rank, *sorted((names[a], names[b])), a, b) for rank, a, b in chains]
    group = {atom: atom for atom in members}
    content = {atom: {atom} for atom in members}
    for *_, a, b in sorted(pairs):
        one, other = group[a], group[b]
        if one == other or content[one] & excluded[other] or content[other] & excluded[one]:
            continue
        if len(content[one]) < len(content[other]):
            one, other = other, one
        for atom in content[other]:
            group[atom] = one
        content[one] |= content.pop(other)
        excluded[one] |= excluded[other]
    return [_group(sorted(atoms), numbers, occupancy, keys) for atoms in content.values()]


def _group(
    atoms: list[int], numbers: NDArray[np.int64], occupancy: NDArray[np.float64], keys: Sequence[Key]
) -> RigidGroup:
    heavy = [atom for atom in atoms if numbers[atom] != 1] or atoms
    stated = [keys[atom] for atom in atoms if keys[atom][1]]
    key = max(sorted(set(stated)), key=stated.count) if stated else ("", 0)
    return RigidGroup(tuple(atoms), float(np.median(occupancy[heavy])), key)


def conflicts(groups: Sequence[RigidGroup], relations: Relations, copies: NDArray[np.bool_]) -> list[set[int]]:
    """Groups that each group excludes, as positions in `groups`.

    Beside the pairs of atoms that exclude each other count the stated keys: those of one assembly whose occupancies
    add up to one are alternatives of each other even if they do not touch. Where they add up to more, as in files that
    number several independent pairs through in one assembly, only touching groups exclude each other, and groups that
    touch none are told apart in the order of their numbers.

    Parameters
    ----------
    copies
        Operations that make each expanded atom from a stated site, (M, k).
    """
    owner = {atom: number for number, group in enumerate(groups) for atom in group.atoms}
    excluded: list[set[int]] = [set() for _ in groups]

    def part(one: int, other: int) -> None:
        if one != other:
            excluded[one].add(other)
            excluded[other].add(one)

    for a, b in zip(
        relations.first[relations.exclude].tolist(), relations.second[relations.exclude].tolist(), strict=True
    ):
        part(owner[a], owner[b])
    by_assembly: dict[str, list[int]] = {}
    for number, group in enumerate(groups):
        if group.key[0] and group.key[1]:
            by_assembly.setdefault(group.key[0], []).append(number)
    for members in by_assembly.values():
        for run in _runs(groups, members, excluded):
            _part_keys(groups, run, copies, part)
    for connected in components(excluded):
        stated = [number for number in connected if groups[number].key[1]]
        weight = _key_weights(groups, stated)
        if sum(weight.values()) <= 1.0 + ALIKE:
            _part_keys(groups, stated, copies, part)
        if sum(groups[number].weight for number in connected) <= 1.0 + ALIKE:
            for one in connected:
                for other in connected:
                    part(one, other)
    return excluded


def _key_weights(groups: Sequence[RigidGroup], members: Sequence[int]) -> dict[Key, float]:
    weight: dict[Key, float] = {}
    for number in members:
        key = groups[number].key
        weight[key] = max(weight.get(key, 0.0), groups[number].weight)
    return weight


def _part_keys(groups: Sequence[RigidGroup], members: Sequence[int], copies: NDArray[np.bool_], part) -> None:  # type: ignore[no-untyped-def]
    """Groups of different keys exclude each other within one copy of the stated sites."""
    present = {number: copies[list(groups[number].atoms)].any(axis=0) for number in members}
    for position, one in enumerate(members):
        for other in members[position + 1 :]:
            if groups[one].key != groups[other].key and (present[one] & present[other]).any():
                part(one, other)


def _runs(groups: Sequence[RigidGroup], members: list[int], excluded: list[set[int]]) -> list[list[int]]:
    """Members of one assembly in sets of alternatives: all, or the untouched ones by number until one is full."""
    weight = _key_weights(groups, members)
    if sum(weight.values()) <= 1.0 + ALIKE:
        return [members]
    touching = {groups[number].key for number in members if excluded[number]}
    runs: list[list[int]] = []
    room = 0.0
    for key in sorted(set(weight) - touching, key=lambda k: abs(k[1])):
        if not runs or weight[key] > room + ALIKE:
            runs.append([])
            room = 1.0
        runs[-1] += [number for number in members if groups[number].key == key]
        room -= weight[key]
    return runs


def components(neighbours: Sequence[set[int]]) -> list[list[int]]:
    """Connected sets of a graph given by the neighbours of each vertex, in the order of their first vertex."""
    seen: set[int] = set()
    found = []
    for start in range(len(neighbours)):
        if start in seen:
            continue
        seen.add(start)
        members, front = [start], [start]
        while front:
            front = [n for vertex in front for n in sorted(neighbours[vertex]) if n not in seen and not seen.add(n)]  # type: ignore[func-returns-value]
            members += front
        found.append(sorted(members))
    return found


def within(members: list[int], excluded: list[set[int]]) -> list[set[int]]:
    """Exclusions among some groups, numbered by their place in `members`."""
    place = {number: k for k, number in enumerate(members)}
    return [{place[other] for other in excluded[number] if other in place} for number in members]


def turned_together(sets: list[list[int]], groups: list[RigidGroup], relations: Relations) -> list[list[int]]:
    """Sets of alternatives joined where they are parts of one group on one centre, so that its parts turn together."""
    owner = {atom: number for number, group in enumerate(groups) for atom in group.atoms}
    at = {number: k for k, one in enumerate(sets) for number in one}
    rows = relations.sibling
    for a, b in zip(relations.first[rows].tolist(), relations.second[rows].tolist(), strict=True):
        one, other = owner[a], owner[b]
        first, second = at[one], at[other]
        sizes = len(sets[first]), len(sets[second])
        stated = groups[one].key[1] or groups[other].key[1]
        if first == second or stated or min(sizes) < 2 or sum(sizes) > MOST_JOINED:
            continue
        if abs(groups[one].weight - groups[other].weight) > ALIKE:
            continue
        sets[first] += sets[second]
        for number in sets[second]:
            at[number] = first
        sets[second] = []
    return [sorted(one) for one in sets if one]
