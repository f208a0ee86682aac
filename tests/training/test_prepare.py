"""What is held out of what: parts of cross-validation, and what members stop on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from mlcluster.data import LabelledCluster
from mlcluster.errors import DataError
from mlcluster.labels import LabelRecord
from mlcluster.levels.network.entries import evaluation_splits, member_splits
from mlcluster.levels.run_config import TrainConfig, load_config
from mlcluster.structure.cluster import Cluster


def entry(name: str, family: str, atoms: int, side: str = "") -> LabelledCluster:
    positions = 2.7 * np.stack([np.arange(atoms), np.arange(atoms) % 2, np.zeros(atoms)], axis=1)
    # An odd number of gold atoms is closed-shell as a cation.
    charge = atoms % 2
    cluster = Cluster(numbers=np.full(atoms, 79), positions=positions, charge=charge, multiplicity=1, name=name)
    record = LabelRecord(entry=name, family=family, target="gap", method="gfn1-xtb", value=1.0, unit="eV")
    return LabelledCluster(entry=name, family=family, cluster=cluster, labels=(record,), split=side)


@pytest.fixture(scope="module")
def items() -> list[LabelledCluster]:
    """Twelve families of three; the members of one differ in size, so formulas are shared between families."""
    return [entry(f"{family}{k}", family, 3 + k) for family in "ABCDEFGHIJKL" for k in range(3)]


@pytest.fixture
def config(tiny: TrainConfig) -> Callable[..., TrainConfig]:
    def make(*settings: str) -> TrainConfig:
        return load_config(tiny, ["split.test=null", *settings])

    return make


def families(names: tuple[str, ...]) -> set[str]:
    return {name[0] for name in names}


def test_members_stop_on_several_families_in_turn_where_there_are_enough(items, config) -> None:
    splits = member_splits(items, config(), 4, test=["A", "B"], seed=0)
    stopped = [families(split.validation) for split in splits]
    assert all(len(group) >= 3 for group in stopped[:3]) and set().union(*stopped) == set("CDEFGHIJKL")
    for split in splits:
        assert families(split.test) == {"A", "B"}
        assert not families(split.train) & (families(split.validation) | {"A", "B"})
    few = [item for item in items if item.family in "ABC"]
    assert {len(families(s.validation)) for s in member_splits(few, config(), 3, test=["A"], seed=0)} == {1}


@pytest.mark.parametrize(("many", "stopped_on"), [(29, 3), (31, 3), (60, 6), (200, 20)])
def test_with_many_families_a_member_stops_on_a_tenth(many: int, stopped_on: int, config) -> None:
    items = [entry(f"{number:03d}", f"F{number:03d}", 3) for number in range(many + 1)]
    for split in member_splits(items, config(), 4, test=["F000"], seed=0):
        assert len(split.validation) in (stopped_on, stopped_on + 1) and len(split.test) == 1


def test_parts_of_whole_families_hold_each_out_once(items, config) -> None:
    parts = list(evaluation_splits(items, config("evaluate.folds=4"), 2, 0))
    held = [name for _, splits in parts for name in splits[0].test]
    assert len(parts) == 4 and sorted(held) == sorted(item.entry for item in items)
    for _, splits in parts:
        assert splits[0].test == splits[1].test and splits[0].validation != splits[1].validation
        for split in splits:
            sides = [families(names) for names in (split.train, split.validation, split.test)]
            assert not sides[0] & sides[1] and not sides[0] & sides[2] and not sides[1] & sides[2]


def test_random_parts_keep_a_formula_on_one_side(config) -> None:
    items = [entry(f"A{size} {k}", "A", size) for size in range(3, 13) for k in range(2)]
    parts = list(evaluation_splits(items, config("split.kind=random", "evaluate.folds=5"), 1, 0))
    assert sorted(name for _, (split,) in parts for name in split.test) == sorted(item.entry for item in items)
    for _, (split,) in parts:
        formulas = [{name.split()[0] for name in side} for side in (split.train, split.validation, split.test)]
        assert all(formulas) and not formulas[0] & formulas[1] and not (formulas[0] | formulas[1]) & formulas[2]


def test_published_sides_are_all_held_out_and_members_stop_on_training_entries(items, config) -> None:
    sides = dict(zip("ABCDEFGHIJKL", ["training"] * 9 + ["validation", "ligand_test", "composition_test"], strict=True))
    published = [replace(item, split=sides[item.family]) for item in items]
    ((_, splits),) = evaluation_splits(published, config("split.kind=official"), 2, 0)
    for split in splits:
        assert families(split.test) == {"J", "K", "L"} and split.kind == "official"
        assert split.train and split.validation and not set(split.validation) & set(split.train)
        assert families(split.train) | families(split.validation) == set("ABCDEFGHI")
    with pytest.raises(DataError, match="no such side.*ligand_test"):
        member_splits(published, config("split.kind=official"), 1, test=["test"], seed=0)
