"""Charges of atoms in whole runs: scored beside the means of the elements, on the card, and given by `predict`."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

import mlcluster
from mlcluster.data.sources.gfn1_models import model_structures
from mlcluster.labels.methods import ATOM_CHARGES
from mlcluster.levels.network import load_ensemble
from mlcluster.levels.run_config import TrainConfig, load_config
from mlcluster.model.card_parts import FILE
from mlcluster.tracking import RunStore
from mlcluster.training.evaluate import evaluate
from mlcluster.training.train import train

ARMS = {"network", "mean on element"}


@pytest.fixture
def config(tiny: TrainConfig, in_this_process: None) -> TrainConfig:
    few = ["fit.epochs=1", "ensemble.members=1", "data.subset=9", "model.prior=mean"]
    return load_config(tiny, ["model.atom_charges=true", *few])


def test_a_run_scores_them_its_card_says_so_and_predict_gives_them(config: TrainConfig, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    result = train(config, project=project)
    of_charges = {key: value for key, value in result.metrics.items() if f"/{ATOM_CHARGES}/" in key}
    assert {key.split("/")[2] for key in of_charges} == ARMS
    assert {key.split("/")[0] for key in of_charges} == {"test"}, "members did not stop on charges"
    assert all(of_charges[f"test/{ATOM_CHARGES}/{arm}/mae"] > 0 for arm in ARMS)
    logged = RunStore(project).find(result.run_id)
    assert logged.metric_steps(f"test/{ATOM_CHARGES}/network/mae")
    assert logged.metric_steps("course/validation/atom_charge/mae_e")
    card = (result.model / FILE).read_text()
    assert "GFN1-xTB, Mulliken" in card
    assert sum(f"| `{ATOM_CHARGES}` |" in line for line in card.splitlines()) == 2
    cluster = next(iter(model_structures().values()))
    file = tmp_path / "model.xyz"
    file.write_text(cluster.to_xyz())
    asked = {"model": result.model, "level": "network", "charge": cluster.charge, "formula": False}
    rows = [row for row in mlcluster.predict(file, contributions=True, **asked) if row["kind"] == "predicted"]
    (row,) = (row for row in rows if "atom_charges_e" in row)
    assert len(row["atom_charges_e"]) == len(cluster)
    assert sum(row["atom_charges_e"]) == pytest.approx(cluster.charge, abs=1e-4)
    assert sum(row["part_charges_e"].values()) == pytest.approx(cluster.charge, abs=1e-4)
    assert row["atom_charges_method"] == "GFN1-xTB, Mulliken"
    assert not any("atom_charges_e" in row or "charges" in row for row in mlcluster.predict(file, **asked))
    assert load_ensemble(result.model).config.atom_charges


def test_a_cross_validation_scores_them(config: TrainConfig, tmp_path: Path) -> None:
    result = evaluate(config, ["evaluate.folds=3", "evaluate.seeds=[0, 1]"], project=tmp_path)
    rows = {row["arm"]: row for row in result["table"] if f"{row['target']}:{row['method']}" == ATOM_CHARGES}
    assert set(rows) == ARMS
    for row in rows.values():
        assert row["unit"] == "e" and row["seeds"] == 2 and row["split"] == "3 folds of families"
        assert math.isfinite(row["mae"]) and row["mae"] > 0
    assert rows["network"]["n"] == rows["mean on element"]["n"]
