"""The splits of the learning curve over families: nested, with one test set."""

from __future__ import annotations

import importlib.util
from types import ModuleType

import pytest

from mlcluster.experiment.question import read_experiment
from mlcluster.resources import dataset_dir

FOLDER = dataset_dir("generated").parents[1] / "experiments" / "families"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_splits", FOLDER / "make_splits.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_number_of_families_contains_the_smaller_ones(script: ModuleType, entry) -> None:
    items = [entry(f"{family}-{k}", f"F{family:02d}") for family in range(40 + script.TESTED) for k in range(2)]
    splits = script.growing_splits(items, counts=(5, 20, 40, 100))
    assert list(splits) == [5, 20, 40], "there are forty families to learn from"
    known: set[str] = set()
    for count, split in splits.items():
        fitted, stopped = set(split.train), set(split.validation)
        assert not fitted & stopped and not (fitted | stopped) & set(split.test)
        assert len(fitted) + len(stopped) == 2 * count and len(stopped) == pytest.approx(0.2 * 2 * count, abs=2)
        assert known <= fitted | stopped
        assert split.test == splits[5].test and len(split.test) == 2 * script.TESTED
        known = fitted | stopped
    assert splits[5].train == tuple(e for e in splits[40].train if e in set(splits[5].train))


def test_the_experiment_names_the_files_that_the_script_writes(script: ModuleType) -> None:
    experiment = read_experiment(FOLDER)
    files = {f"experiments/families/splits/{count:03d}.json" for count in script.COUNTS}
    assert {arm.config.split.file for arm in experiment.arms} == files
    assert all(arm.config.model.channels == tuple(script.CHANNELS) for arm in experiment.arms)
