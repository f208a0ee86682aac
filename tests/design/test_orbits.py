"""Subsets up to a group: listed, counted and drawn, against hand-worked cycle indices and brute force."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, permutations
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mlcluster.design as design
from mlcluster.design.enumeration.orbits import count_orbits, random_orbit, smallest_image, subset_orbits

# Cycle types of each class of operations on the metals, worked out by hand: (number of operations, {length: cycles}).
# Icosahedral M13: the centre stays; the twelve vertices move.
_I = [(1, {1: 13}), (24, {1: 3, 5: 2}), (20, {1: 1, 3: 4}), (15, {1: 1, 2: 6})]
_IH = [*_I, (1, {1: 1, 2: 6}), (24, {1: 1, 2: 1, 10: 1}), (20, {1: 1, 6: 2}), (15, {1: 5, 2: 4})]
# M25 rod: five atoms on the axis, four rings of five. C2' axes and sigma-h (or i) leave only the shared atom in place;
# S5 (or S10) exchanges the ends of the axis and runs through ten atoms of both ends; a vertical mirror holds the axis
# and one atom of each ring. So D5h and D5d have one cycle index.
_D5 = [(1, {1: 25}), (4, {1: 5, 5: 4}), (5, {1: 1, 2: 12})]
_D5X = [*_D5, (1, {1: 1, 2: 12}), (4, {1: 1, 2: 2, 10: 2}), (5, {1: 9, 2: 8})]
# M25(SR)18: centre, twelve vertices, twelve staple metals; each mirror of Th holds four of either.
_T = [(1, {1: 25}), (8, {1: 1, 3: 8}), (3, {1: 1, 2: 12})]
_TH = [*_T, (1, {1: 1, 2: 12}), (8, {1: 1, 6: 4}), (3, {1: 9, 2: 8})]


def burnside(classes: list[tuple[int, dict[int, int]]], k: int) -> int:
    """Mean number of k-subsets that an operation leaves as they are."""
    total = 0
    for operations, cycles in classes:
        coefficients = Counter({0: 1})
        for length, number in cycles.items():
            factor = {j * length: comb(number, j) for j in range(number + 1)}
            product: Counter[int] = Counter()
            for a, x in coefficients.items():
                for b, y in factor.items():
                    product[a + b] += x * y
            coefficients = product
        total += operations * coefficients[k]
    order = sum(operations for operations, _ in classes)
    assert total % order == 0
    return total // order


@pytest.mark.parametrize(
    ("parent", "one", "apart", "published"),
    [
        ("m13-phosphine", _IH, _I, {1: (2, 2), 2: (4, 4)}),
        ("rod-eclipsed", _D5X, _D5, {1: (5, 5), 2: (32, 40)}),
        ("rod-staggered", _D5X, _D5, {1: (5, 5), 2: (32, 40)}),
        ("m25-thiolate", _TH, _T, {1: (3, 3), 2: (20, 28)}),
    ],
)
def test_counts_are_those_of_burnside(parent: str, one: list, apart: list, published: dict) -> None:
    for k in (1, 2, 3):
        both = [design.substitute(parent, to="Cu", k=k, mirror_images=how) for how in ("one", "apart")]
        expected = burnside(one, k), burnside(apart, k)
        assert tuple(found.count_distinct for found in both) == expected
        assert expected == published.get(k, expected)
        assert [found.count_enumerated for found in both] == [comb(sum(one[0][1].values()), k)] * 2
        if k < 3:
            for found, count in zip(both, expected, strict=True):
                candidates = list(found)
                assert len(candidates) == count
                assert sum(candidate.copies for candidate in candidates) == found.count_enumerated


def test_a_sample_of_a_large_space_knows_its_size() -> None:
    found = design.substitute("rod-eclipsed", to="Cu", k=12, sample=5)
    assert len(list(found)) == 5
    assert found.count_enumerated == comb(25, 12)
    assert found.count_distinct == burnside(_D5X, 12)


def test_a_twisted_rod_keeps_rotations_alone() -> None:
    found = design.design("rod-eclipsed", ["twist degrees=18", "substitute to=Cu k=2"])
    assert len(list(found)) == found.count_distinct == burnside(_D5, 2) == 40
    assert found.count_enumerated == 300


def test_turned_to_the_other_isomer_it_has_all_operations_again() -> None:
    assert len(list(design.design("rod-eclipsed", ["twist degrees=36", "substitute to=Cu k=2"]))) == burnside(_D5X, 2)


def test_singles_of_two_elements_in_a_chain() -> None:
    """Two marks: the coefficient of xy in the mean of the product of (1 + x^l + y^l); only fixed sites carry a mark."""
    fixed = [(n, cycles.get(1, 0)) for n, cycles in _D5X]
    expected = sum(n * f * (f - 1) for n, f in fixed) // sum(n for n, _ in fixed)
    found = design.design("rod-eclipsed", ["substitute to=Cu", "substitute to=Pd"])
    assert found.count_distinct == expected
    assert found.count_enumerated == 25 * 24
    assert len(list(found)) == expected


def test_one_element_twice_is_the_same_as_two_at_once() -> None:
    chain = list(design.design("rod-eclipsed", ["substitute to=Cu", "substitute to=Cu"]))
    assert len(chain) == 32
    assert sum(candidate.copies for candidate in chain) == 300


@st.composite
def groups(draw: st.DrawFn) -> np.ndarray:
    """A group of permutations of up to six sites, made by up to two generators."""
    n = draw(st.integers(2, 6))
    generators = draw(st.lists(st.permutations(range(n)), min_size=1, max_size=2))
    members = {tuple(range(n))}
    while True:
        grown = members | {tuple(g[i] for i in m) for m in members for g in generators}
        if grown == members:
            return np.array(sorted(members))
        members = grown


@settings(max_examples=25)
@given(group=groups(), data=st.data())
def test_listing_counting_and_brute_force_agree(group: np.ndarray, data: st.DataObject) -> None:
    n = group.shape[1]
    k = data.draw(st.integers(0, n))
    orbits = {min(tuple(sorted(g[list(s)].tolist())) for g in group) for s in combinations(range(n), k)}
    listed = list(subset_orbits(group, k))
    assert len(listed) == len(orbits) == count_orbits(group, k)
    assert {min(tuple(sorted(g[list(s)].tolist())) for g in group) for s in listed} == orbits


def test_orbits_are_drawn_evenly() -> None:
    """The dihedral group of the hexagon has orbits of 6, 6 and 3 pairs: each is drawn a third of the time."""
    turn = np.roll(np.arange(6), 1)
    members = [np.arange(6)]
    for _ in range(5):
        members.append(turn[members[-1]])
    group = np.array([*members, *(np.arange(6)[::-1][m] for m in members)])
    rng = np.random.default_rng(3)
    drawn = Counter(random_orbit(group, 2, rng) for _ in range(900))
    assert set(drawn) == {(0, 1), (0, 2), (0, 3)}
    # Three standard deviations of a binomial of 900 at 1/3 are 42.
    assert all(abs(count - 300) < 60 for count in drawn.values())


def test_labellings_of_one_orbit_have_one_smallest_image() -> None:
    group = np.array(list(permutations(range(3))))
    keys = {tuple(smallest_image(group, np.array(tokens)).tolist()) for tokens in [(0, 1, 1), (1, 0, 1), (1, 1, 0)]}
    assert keys == {(0, 1, 1)}
