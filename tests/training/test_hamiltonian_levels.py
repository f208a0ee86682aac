"""A whole training of a network that reads levels from the Hamiltonian, with families left out in parts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import mlcluster
from mlcluster import Cluster
from mlcluster.electronic import kept_levels
from mlcluster.levels.network import load_ensemble
from mlcluster.levels.network.entries import left_out_in_turn
from mlcluster.levels.network.known_levels import KnownLevels, with_levels
from mlcluster.levels.run_config import TrainConfig, load_config
from mlcluster.prediction.screen import screen
from mlcluster.training.train import train
from tests.training.test_calculation_prior import CHANNEL, dihalides


def test_it_is_trained_judged_and_asked(
    tiny: TrainConfig, in_this_process: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLCLUSTER_CACHE", str(tmp_path / "cache"))
    items = dihalides()
    for place in ("mlcluster.levels.network.fit.prepare_items", "tests.training.conftest.prepare_items"):
        monkeypatch.setattr(place, lambda config: items)
    read_out = ["model.frontier=hamiltonian", "model.atom_charges=true"]
    # Charges of these entries are calculated for their levels, but are no labels; one entry has some.
    items[0] = replace(items[0], atom_charges=np.array([0.2, -0.6, -0.6]))
    few = ["fit.epochs=1", "ensemble.members=1", "data.subset=null", "split.test=[]"]
    parts = ["residual_scale=leave-one-family-out", "evaluate.folds=3", "evaluate.members=1"]
    project = tmp_path / "project"
    project.mkdir()
    result = train(load_config(tiny, [*read_out, *few, *parts]), project=project)
    assert result.metrics[f"3 folds of families/{CHANNEL}/network/n"] == len(items)
    model = load_ensemble(result.model)
    assert model.config.frontier == "hamiltonian"
    assert model.metadata.training["residual_scale_origin"].startswith("3 folds of families")
    cluster = Cluster(numbers=items[0].cluster.numbers, positions=items[0].cluster.positions, charge=-1)
    file = tmp_path / "cluster.xyz"
    file.write_text(cluster.to_xyz())
    asked = {"model": result.model, "level": "network"}
    (row,) = (r for r in mlcluster.predict(file, formula=False, charge=-1, **asked) if r["kind"] == "predicted")
    assert row["basis"] == "network" and np.isfinite(row["value"])
    # Uranium has no parameters: it is told of, and costs the other file nothing.
    heavy = tmp_path / "heavy.xyz"
    heavy.write_text("3\n\nU 0 0 0\nCl 0 0 2.5\nCl 0 0 -2.5\n")
    found = screen([file, heavy], tmp_path / "screen", charge=-1, **asked)
    assert (found["predicted"], found["failed"]) == (1, 1)


def test_levels_are_made_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLCLUSTER_CACHE", str(tmp_path))
    made, frontier = [], kept_levels.frontier
    monkeypatch.setattr(kept_levels, "frontier", lambda *asked: made.append(1) or frontier(*asked))
    (item, *_) = dihalides()
    first, again = KnownLevels(60.0)(item), KnownLevels(60.0)(item)
    assert len(made) == 1 and all((first[name] == again[name]).all() for name in first)
    (kept,) = (tmp_path / "levels").rglob("*.json")
    kept.write_text("{", encoding="utf-8")
    assert KnownLevels(60.0)(item).keys() == first.keys() and len(made) == 2


def test_entries_without_levels_are_left_out_and_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MLCLUSTER_CACHE", str(tmp_path))
    items = dihalides()[:3]
    uranium = items[1].cluster.replace(numbers=np.array([92, 17, 17]))
    items[1] = replace(items[1], cluster=uranium)
    assert [item.entry for item in with_levels(items, 60.0, 1)] == [items[0].entry, items[2].entry]
    assert "1 of 3 entries left out, no levels: A1: " in capfd.readouterr().err


def test_families_are_left_out_one_by_one_or_in_parts() -> None:
    items = dihalides()
    assert left_out_in_turn(items, None, 0) == {name: [name] for name in "ABCD"}
    parts = left_out_in_turn(items, 3, 0)
    assert list(parts) == ["part 1", "part 2", "part 3"]
    assert sorted(sum(parts.values(), [])) == list("ABCD")
