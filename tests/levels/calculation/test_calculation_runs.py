"""`train` and `evaluate` at the calculation level, on a handful of complexes that take a tenth of a second each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mlcluster.anatomy import Anatomy
from mlcluster.errors import ConfigError, ModelError
from mlcluster.levels.calculation.card import calculation_card
from mlcluster.levels.calculation.entries import configured_entries
from mlcluster.levels.calculation.predict import load_calculation_model
from mlcluster.levels.calculation.stored_arrays import ARRAYS
from mlcluster.levels.run_config import load_config
from mlcluster.prediction.predict import predict
from mlcluster.resources import config_path
from mlcluster.structure.cluster import Cluster
from mlcluster.tracking import RunStore
from mlcluster.training.evaluate import evaluate
from mlcluster.training.train import train

DISTANCE = {"Cl": 2.32, "Br": 2.45, "I": 2.60, "F": 1.95}
SQUARES = (
    "Cl Cl Cl Cl",
    "Br Br Br Br",
    "I I I I",
    "Cl Cl Br Br",
    "Cl Br Br Br",
    "I I Br Br",
    "I I Cl Cl",
    "Cl Cl Cl I",
)


def square(halides: str, stretch: float = 1.0) -> Cluster:
    """[PtX4]2-, the simplest complex that has a triplet."""
    corners = np.array([(1, 0, 0), (0, 1, 0), (-1, 0, 0), (0, -1, 0)], dtype=float)
    symbols = halides.split()
    positions = [[0.0, 0.0, 0.0], *(DISTANCE[s] * stretch * c for s, c in zip(symbols, corners, strict=True))]
    number = {"F": 9, "Cl": 17, "Br": 35, "I": 53}
    return Cluster(numbers=[78, *(number[s] for s in symbols)], positions=positions, charge=-2)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight complexes of four families, emission and yield made up; one yield is a bound, one frame has no charge."""
    path = tmp_path_factory.mktemp("complexes") / "squares.xyz"
    with open(path, "w", encoding="utf-8") as handle:
        for k, halides in enumerate(SQUARES):
            cluster = square(halides, 1.0 + 0.01 * k)
            charge = "charge=-2 " if k else ""
            quantum_yield = 1.0 if k == 7 else 0.1 * k + 0.1
            labels = f"family=f{k % 4} nm={500 + 20 * k} qy={quantum_yield}"
            handle.write(f"{len(cluster)}\nentry=c{k} {charge}{labels}\n")
            for symbol, point in zip(cluster.symbols, cluster.positions, strict=True):
                handle.write(f"{symbol} {point[0]:.4f} {point[1]:.4f} {point[2]:.4f}\n")
    return path


@pytest.fixture(scope="module")
def settings(file: Path) -> list[str]:
    labels = '{"emission:measured": {column: nm, unit: nm}, "quantum_yield:measured": {column: qy, unit: fraction}}'
    return [
        "data.source=extxyz",
        f"data.options={{path: {file}, labels: {labels}}}",
        "calculation.charge=-2",
        "calculation.random_parts=4",
        "evaluate.folds=3",
        "evaluate.seeds=[0, 1]",
    ]


@pytest.fixture(scope="module")
def project(new_project: Callable[[], Path]) -> Path:
    return new_project()


def test_train_gives_a_model_that_predicts_complexes_whole_and_with_their_triplet(
    project: Path, settings: list[str]
) -> None:
    result = train(config_path("emitters.yaml"), [*settings, "calculation.candidates=[trees]"], project=project)
    model = load_calculation_model(result.model)
    run = RunStore(project).find(result.run_id)
    assert run.tags()["mlcluster.model_hash"] == model.hash
    assert set(model.channels) == {"emission:measured", "quantum_yield:measured"}
    assert (model.description.ligands, model.description.triplet) == ("whole", True)
    assert model.by_channel["emission:measured"].fitted["rows"] == 8
    assert model.by_channel["quantum_yield:measured"].fitted["rows"] == 7, "a bound is no label"
    assert (result.model / ARRAYS).is_file()
    asked = model.features(Anatomy(square("Cl Cl Cl Cl")))
    assert "gfn2_triplet_ev" in asked.values
    value = model.predict([asked]).mean[0, 0]
    assert 1239.9 / 640 < value < 1239.9 / 500, "in eV, and trees stay within their labels"
    assert "trees on" in calculation_card(model).text()
    assert result.metrics["leave-one-family-out/emission:measured/calculation/n"] == 8


def test_a_model_of_ones_own_predicts_files(project: Path, settings: list[str], tmp_path: Path) -> None:
    ridge = "calculation.candidates=[ridge]"
    result = train(config_path("emitters.yaml"), [*settings, ridge], project=project)
    file = tmp_path / "mine.xyz"
    file.write_text(square("Cl Cl Cl Br").to_xyz())
    rows = predict(file, model=result.model, level="calculation", charge=-2)
    own = {row["target"]: row for row in rows if row.get("basis") == "calculation"}
    assert set(own) == {"emission", "quantum_yield"}
    assert (
        own["emission"]["unit"] == "nm" and own["emission"]["model"] == load_calculation_model(result.model).hash[:12]
    )
    assert own["emission"]["lower"] < own["emission"]["value"] < own["emission"]["upper"]


def test_trees_that_are_missing_are_named(project: Path, settings: list[str]) -> None:
    result = train(config_path("emitters.yaml"), [*settings, "calculation.candidates=[trees]"], project=project)
    (result.model / ARRAYS).unlink()
    with pytest.raises(ModelError, match="trees"):
        load_calculation_model(result.model)


@pytest.mark.slow
def test_evaluate_scores_parts_of_families_and_random_parts_beside_all_baselines(
    project: Path, settings: list[str]
) -> None:
    candidates = "calculation.candidates=[ridge, gaussian process]"
    result = evaluate(config_path("emitters.yaml"), [*settings, candidates], project=project)
    rows = {(row["split"], row["arm"], row["target"]): row for row in result["table"]}
    splits = {split for split, _, _ in rows}
    assert splits == {"3 parts of whole families", "4 random parts", "4 random parts, formulas kept together"}
    arms = {"calculation", "ridge", "gaussian process", "mean", "ridge on composition", "GP on descriptors"}
    for split in splits:
        own = {arm: row for (where, arm, target), row in rows.items() if where == split and target == "emission"}
        assert set(own) == arms
        assert {row["n"] for row in own.values()} == {8}
        assert {row["seeds"] for row in own.values()} == {2}
        assert all(row["coverage"] is not None for row in own.values())


def test_an_entry_without_charge_is_passed_over_unless_one_is_given(settings: list[str]) -> None:
    asked = load_config(config_path("emitters.yaml"), [*settings, "calculation.charge=null"])
    assert "c0" not in {entry.name for entry in configured_entries(asked)}
    assert "c0" in {entry.name for entry in configured_entries(load_config(asked, ["calculation.charge=-2"]))}
    with pytest.raises(ConfigError, match="Did you mean calculation.triplet"):
        load_config(config_path("emitters.yaml"), ["calculation.triplets=true"])
