from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcluster.data.data_card import data_hash
from mlcluster.data.splits import (
    Split,
    balanced_subset,
    learning_from,
    leave_one_family_out,
    split_at_random,
    split_by_family,
)
from mlcluster.errors import DataError

SIZES = {"A": 9, "B": 2, "C": 5, "D": 4}


@pytest.fixture(scope="module")
def items(entry):
    return [entry(f"{family}{k}", family, gap=1 + k / 10) for family, n in SIZES.items() for k in range(n)]


def families(names: tuple[str, ...]) -> set[str]:
    return {name[0] for name in names}


@given(seed=st.integers(0, 2**31))
def test_no_family_stands_on_two_sides(items, seed: int) -> None:
    split = split_by_family(items, seed=seed)
    sides = [families(side) for side in (split.train, split.validation, split.test)]
    assert sides[0] | sides[1] | sides[2] == set(SIZES)
    assert not (sides[0] & sides[1] or sides[0] & sides[2] or sides[1] & sides[2])
    assert len(split.train) + len(split.validation) + len(split.test) == len(items)
    assert split == split_by_family(items, seed=seed) and not split.leaks


def test_learning_from_less_is_judged_by_the_same_entries(items) -> None:
    whole = split_by_family(items, test=["C"], validation=["B"])
    few, more = (learning_from(whole, items, count) for count in (6, 9))
    assert few.test == more.test == whole.test and learning_from(whole, items, None) == whole
    assert (len(few.train) + len(few.validation), len(more.train) + len(more.validation)) == (6, 9)
    assert set(few.train) < set(more.train) < set(whole.train) and families(few.train) == {"A", "D"}
    with pytest.raises(DataError, match="no entry is left to learn from"):
        learning_from(split_by_family(items, test=["C"], validation=["A"]), items, 1)


def test_a_tenth_of_many_families_is_held_out(entry) -> None:
    many = [entry(f"e{k}", f"f{k}") for k in range(40)]
    split = split_by_family(many)
    assert (len(split.test), len(split.validation), len(split.train)) == (4, 4, 32)


def test_each_family_is_left_out_once(items) -> None:
    held = [(name, families(split.test), families(split.validation)) for name, split in leave_one_family_out(items)]
    assert [name for name, _, _ in held] == sorted(SIZES)
    assert all(test == {name} and len(validation) == 1 and validation != test for name, test, validation in held)


def test_stated_families_are_taken(items) -> None:
    split = split_by_family(items, test=["B", "D"], validation=["A"])
    assert (families(split.train), families(split.validation), families(split.test)) == ({"C"}, {"A"}, {"B", "D"})
    nothing_held = split_by_family(items, test=[], validation=["A"])
    assert nothing_held.test == () and families(nothing_held.train) == {"B", "C", "D"}


def test_impossible_splits_are_refused(items, entry) -> None:
    with pytest.raises(DataError, match="no such family"):
        split_by_family(items, test=["E"])
    with pytest.raises(DataError, match="tested on and stopped on"):
        split_by_family(items, test=["A"], validation=["A"])
    with pytest.raises(DataError, match="no family is left"):
        split_by_family(items, test=["A", "B", "C"], validation=["D"])
    with pytest.raises(DataError, match="orphan: an entry has no family"):
        split_by_family([*items, entry("orphan", None)])


def test_random_split_says_that_it_leaks(items) -> None:
    with pytest.warns(UserWarning, match="leaks"):
        split = split_at_random(items, shares=(0.2, 0.2))
    assert split.leaks and len(split.test) == len(split.validation) == 4
    assert len({*split.train, *split.validation, *split.test}) == len(items)


def test_split_file(items, tmp_path: Path) -> None:
    split = split_by_family(items, seed=3)
    split.write(tmp_path / "split.json")
    assert Split.read(tmp_path / "split.json") == split


def test_subset_is_balanced_and_reproducible(items) -> None:
    chosen = balanced_subset(items, 12)
    counts = {name: sum(item.family == name for item in chosen) for name in SIZES}
    assert counts == {"A": 4, "B": 2, "C": 3, "D": 3}
    assert [i.entry for i in chosen] == [i.entry for i in balanced_subset(items, 12)]
    assert len(balanced_subset(items, 99)) == len(items)


def test_hash_changes_with_anything_that_training_sees(items, entry) -> None:
    split = split_by_family(items, seed=0)
    before = data_hash(items, [split])
    assert data_hash(items[::-1], [split]) == before, "order of loading does not matter"
    assert data_hash(items[:-1], [split]) != before
    assert data_hash(items, [split_by_family(items, seed=1)]) != before
    assert data_hash([*items[:-1], entry(items[-1].entry, "D", gap=9.0)], [split]) != before
    moved = [*items[:-1], entry(items[-1].entry, "D", gap=items[-1].labels[0].value, atoms=4)]
    assert data_hash(moved, [split]) != before
    kind = [*items[:-1], entry(items[-1].entry, "D", gap=items[-1].labels[0].value, bound="lower")]
    assert data_hash(kind, [split]) != before
