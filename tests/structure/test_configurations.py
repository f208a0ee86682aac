"""Which sets of groups the occupancies allow."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcluster.geometry.neighbours import neighbour_pairs
from mlcluster.structure.configurations import MOST_GROUPS, configurations
from mlcluster.structure.partial import Bodies, share_of_copies
from mlcluster.structure.rigid_groups import RigidGroup, _runs


def ring(n: int) -> list[set[int]]:
    return [{(k - 1) % n, (k + 1) % n} for k in range(n)]


def test_alternatives_of_each_other_give_one_set_each():
    assert configurations([0.6, 0.4], [{1}, {0}]) == [(0,), (1,)]
    assert configurations([0.4, 0.35, 0.25], [{1, 2}, {0, 2}, {0, 1}]) == [(0,), (1,), (2,)]


def test_one_large_group_against_two_small_ones():
    assert configurations([0.6, 0.4, 0.4], [{1, 2}, {0}, {0}]) == [(0,), (1, 2)]


def test_a_ring_of_eight_halves_gives_two_sets_of_four():
    assert configurations([0.5] * 8, ring(8)) == [(0, 2, 4, 6), (1, 3, 5, 7)]


def test_as_many_of_one_kind_as_occupancies_add_up_to():
    assert {len(chosen) for chosen in configurations([1 / 3] * 9, ring(9), interchangeable=True)} == {3}


@given(st.integers(2, 3 * MOST_GROUPS), st.floats(0.05, 0.95))
def test_no_set_holds_two_that_exclude_each_other(n, weight):
    for chosen in configurations([weight] * n, ring(n)):
        assert all((a + 1) % n not in chosen for a in chosen) and chosen


@given(st.data())
def test_any_graph_has_an_answer(data):
    n = data.draw(st.integers(1, 10))
    excluded: list[set[int]] = [set() for _ in range(n)]
    for a in range(n):
        for b in data.draw(st.sets(st.integers(0, n - 1))) - {a}:
            excluded[a].add(b)
            excluded[b].add(a)
    weights = data.draw(st.lists(st.floats(0.0, 1.0), min_size=n, max_size=n))
    for kind in (True, False):
        for chosen in configurations(weights, excluded, kind):
            assert chosen and not any(excluded[a] & set(chosen) for a in chosen)


@pytest.mark.parametrize(
    ("shares", "runs"),
    [
        ((0.55, 0.45), [[0, 1]]),
        ((0.55, 0.45, 0.7, 0.3), [[0, 1], [2, 3]]),
        ((0.4, 0.35, 0.25, 0.6, 0.4), [[0, 1, 2], [3, 4]]),
        ((0.7, 0.7), [[0], [1]]),
    ],
)
def test_groups_of_one_assembly_are_alternatives_until_one_is_full(shares, runs):
    groups = [RigidGroup((k,), share, ("A", k + 1)) for k, share in enumerate(shares)]
    assert _runs(groups, list(range(len(groups))), [set() for _ in groups]) == runs


def test_of_copies_at_one_body_those_farthest_apart_are_there_in_a_cell():
    """Of three halogens on a gold rod, two thirds are there: 0.05 and 0.95 of a cell are neighbours, 0.45 is far."""
    cell = np.diag([20.0, 20.0, 20.0])
    gold = [[2.5 * k, 0.0, 0.0] for k in range(8)]
    halogens = [[20.0 * x, 2.3, 0.0] for x in (0.05, 0.95, 0.45)]
    positions, numbers = np.array([*gold, *halogens]), np.array([79] * 8 + [17] * 3)
    bodies = Bodies(positions, cell, neighbour_pairs(positions, 3.5, cell), numbers, numbers == 79)
    copies = [np.array([k]) for k in (8, 9, 10)]
    assert share_of_copies(2 / 3, copies, bodies).tolist() == [8, 10]
    assert share_of_copies(0.01, copies, bodies) is None and share_of_copies(1.0, copies, bodies) is None
