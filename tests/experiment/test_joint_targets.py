"""What ships for each property of the joint network: the rule of its script, on numbers made here."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from mlcluster.data import load, only_trainable
from mlcluster.experiment.judged_rows import Baseline, Judged
from mlcluster.experiment.question import read_experiment
from mlcluster.experiment.statistics import Rows
from mlcluster.labels.literature import clusters

FOLDER = Path(__file__).resolve().parents[2] / "experiments" / "joint_targets"
PREFIX = "literature_models/"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("decide", FOLDER / "decide.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows(errors: list[float], families: str = "ABCDE", prefix: str = PREFIX) -> Rows:
    """Rows a, b, c ... of label 100 whose predictions are off by these errors."""
    n = len(errors)
    return Rows(
        entries=tuple(f"{prefix}{letter}" for letter in "abcdefgh"[:n]),
        families=tuple(families[:n]),
        folds=("part 1",) * n,
        label=np.full(n, 100.0),
        predicted=100.0 + np.array(errors),
        lower=np.full(n, np.nan),
        upper=np.full(n, np.nan),
    )


def judged(network: Rows, mean: Rows, channel: str = "emission:measured") -> Judged:
    base = Baseline(name="mean", predictor="mean", arms=("one",), by_seed={0: mean})
    return Judged(split="5 folds of families", channel=channel, arms={"one": {0: network}}, baselines={"mean": base})


def formula(errors: list[float]) -> dict[str, float]:
    return {letter: 100.0 + error for letter, error in zip("abcdefgh", errors, strict=False)}


@pytest.mark.parametrize(
    ("network", "mean", "level", "ships", "why"),
    [
        ([1, 1, 1, 1, 1], [2] * 5, [3] * 5, "network", "below mean and formula level"),
        ([1, 1, 1, 1, 1], [2] * 5, [0.5] * 5, "formula level", "not below formula level"),
        ([1, 1, 1, 1, 1], [0.5] * 5, [3] * 5, "formula level", "not below mean"),
        ([1, 1, 1], [2] * 3, [3] * 3, "formula level", "3 families judge nothing"),
    ],
)
def test_the_network_ships_where_it_beats_both(script, network, mean, level, ships: str, why: str) -> None:
    row = script.decided(judged(rows(network), rows(mean)), formula(level))
    assert row["ships"] == ships and why in row["why"]
    assert row["errors"]["network"] == pytest.approx(np.mean(network))
    text = script.table([row])
    assert f"**{ships}**" in text and why in text


def test_only_clusters_that_the_formula_level_knows_are_judged(script) -> None:
    network, mean = rows([1, 1, 1, 1, 50]), rows([2] * 5)
    row = script.decided(judged(network, mean), formula([3] * 4))
    assert (row["rows"], row["families"], row["ships"]) == (4, 4, "network")
    others = script.decided(judged(rows([1] * 5, prefix="pholed/"), rows([2] * 5, prefix="pholed/")), formula([3] * 5))
    assert others["rows"] == 0 and others["ships"] == "formula level"


def test_a_calculated_property_is_held_against_its_baselines(script) -> None:
    row = script.decided(judged(rows([1] * 5), rows([2] * 5), "gap:gfn1-xtb"), None)
    assert row["ships"] == "network" and "formula level" not in row["errors"]
    assert script.decided(judged(rows([3] * 5), rows([2] * 5), "gap:gfn1-xtb"), None)["ships"] == "mean"


def test_a_property_that_no_fold_judges_keeps_its_row(script) -> None:
    row = script.decided(judged(rows([1] * 5), rows([2] * 5)), formula([3] * 5))
    (lifetime,) = script.unjudged(["emission:measured", "lifetime:measured"], [row])
    assert (lifetime["channel"], lifetime["ships"]) == ("lifetime:measured", "formula level")
    assert "no row is judged" in script.table([row, lifetime])


def test_the_formula_level_has_the_entries_of_the_source(script, monkeypatch: pytest.MonkeyPatch) -> None:
    def told(rows):
        asked = rows.take(rows.judged)
        return type("Table", (), {"predicted": asked.label})(), None

    monkeypatch.setattr(script, "hold_out_families", told)
    for channel in ("emission:measured", "quantum_yield:measured"):
        said = script.formula_level(channel)
        for item in only_trainable(load("literature_models"), [channel]):
            assert item.entry.partition(" ")[0] in clusters()
            value = np.mean([record.model_value for record in item.labels if record.bound is None])
            from_model = item.labels[0].channel.definition.from_model
            assert said[item.entry] == pytest.approx(float(from_model(value))), item.entry


@pytest.mark.parametrize("name", ["joint_targets", "joint_targets_pholed"])
def test_both_experiments_predict_every_property_at_once(name: str) -> None:
    (arm,) = read_experiment(FOLDER.parent / name).arms
    assert {"gap", "emission", "quantum_yield", "lifetime", "homo", "lumo", "triplet_energy"} == set(
        arm.config.model.targets
    )
    assert {"generated", "frameworks", "literature_models"} <= set(arm.config.data.source)
    assert arm.config.split.kind == "family"
