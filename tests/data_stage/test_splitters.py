from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlcluster.data.split_files import read_split, write_split
from mlcluster.data.splits import split_by_family
from mlcluster.data.splitters import group_folds, split_by_size, split_official
from mlcluster.errors import DataError, InputError

SIZES = {"A": 9, "B": 2, "C": 5, "D": 4, "E": 7}


@pytest.fixture(scope="module")
def items(entry):
    return [
        entry(f"{family}{k}", family, gap=1 + k / 10, atoms=size) for family, size in SIZES.items() for k in range(size)
    ]


def families(names: tuple[str, ...]) -> set[str]:
    return {name[0] for name in names}


def test_the_largest_clusters_are_held_out(items) -> None:
    split = split_by_size(items)
    assert (families(split.test), families(split.validation), families(split.train)) == ({"A"}, {"E"}, set("BCD"))
    assert split.kind == "size" and not split.leaks
    with pytest.raises(DataError, match="no family is left"):
        split_by_size(items, shares=(0.5, 0.5))


def test_folds_test_every_family_once(items) -> None:
    folds = list(group_folds(items, 4, seed=1))
    tested = [name for fold in folds for name in fold.test]
    assert sorted(tested) == sorted(item.entry for item in items)
    for fold in folds:
        sides = [families(side) for side in (fold.train, fold.validation, fold.test)]
        assert not (sides[0] & sides[1] or sides[0] & sides[2] or sides[1] & sides[2])
        assert len(fold.test) <= 9, "folds are about equal: none takes the largest family and another"
    assert folds == list(group_folds(items, 4, seed=1))
    with pytest.raises(DataError, match="3 to 5"):
        list(group_folds(items, 6))


def test_the_official_split_is_that_of_the_authors(loaded, items) -> None:
    complexes = loaded("mbe_tmc")
    split = split_official(complexes)
    assert (len(split.train), len(split.validation), len(split.test)) == (2888, 724, 638)
    assert len(split_official(complexes, test="ligand_test").test) == 254
    assert split.leaks, "nobody kept families apart"
    with pytest.raises(DataError, match="composition_test"):
        split_official(complexes, test="test")
    with pytest.raises(DataError, match="no official split"):
        split_official(items)


def test_a_split_file_knows_its_data(items, entry, tmp_path: Path) -> None:
    path = tmp_path / "split.json"
    split = split_by_family(items, seed=3)
    write_split(path, split, items)
    assert read_split(path, items) == split == read_split(path, items[::-1])
    content = json.loads(path.read_text())
    assert (content["schema"], content["leaks"], content["sources"]) == (1, False, {"": len(items)})
    with pytest.raises(DataError, match="made for other data"):
        read_split(path, items[:-1])
    with pytest.raises(DataError, match="made for other data"):
        read_split(path, [*items[:-1], entry(items[-1].entry, "E", gap=9.0, atoms=7)])
    with pytest.raises(DataError, match="entries that the data lack"):
        write_split(path, split, items[1:])
    path.write_text("{}")
    with pytest.raises(InputError, match="cannot read a split"):
        read_split(path, items)
    path.write_text(json.dumps(content | {"schema": 2}))
    with pytest.raises(InputError, match="another version"):
        read_split(path, items)
    assert [file.name for file in tmp_path.iterdir()] == ["split.json"]
