"""A whole training of a network that corrects calculations, on dihalides of coinage metals; and one of no prior."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import mlcluster
from mlcluster import Cluster
from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.sources.entry import make_entry
from mlcluster.levels.network import load_ensemble
from mlcluster.levels.network.starting_weights import starting_module
from mlcluster.levels.run_config import TrainConfig, load_config
from mlcluster.prediction.screen import screen
from mlcluster.training.train import train
from tests.levels.network.test_member import items as member_items
from tests.levels.network.test_member import job_in, small

CHANNEL = "gap:gfn1-xtb"
FAMILIES = {"A": (79, 17), "B": (47, 17), "C": (79, 35), "D": (47, 35)}


def dihalides() -> list[LabelledCluster]:
    """Linear anions MX2(-) of two bond lengths, the family the kind of bond."""
    made = []
    for family, (metal, halide) in FAMILIES.items():
        for k in range(2):
            length = 2.3 + 0.1 * k
            places = np.array([[0, 0, 0], [0, 0, length], [0, 0, -length]])
            label = {"target": "gap", "method": "gfn1-xtb", "value": 2.0 + 0.1 * metal / 10 + 0.1 * k, "unit": "eV"}
            numbers = [metal, halide, halide]
            made.append(make_entry("own", f"{family}{k}", numbers, places, charge=-1, labels=[label], family=family))
    return made


def test_it_is_trained_judged_and_asked(
    tiny: TrainConfig,
    in_this_process: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLCLUSTER_CACHE", str(tmp_path / "cache"))
    items = dihalides()
    for place in ("mlcluster.levels.network.fit.prepare_items", "tests.training.conftest.prepare_items"):
        monkeypatch.setattr(place, lambda config: items)
    few = ["fit.epochs=1", "ensemble.members=1", "data.subset=null", "split.test=[D]"]
    config = load_config(tiny, ["model.prior=calculation", *few])
    project = tmp_path / "project"
    project.mkdir()
    result = train(config, project=project)
    assert result.metrics[f"test/{CHANNEL}/network/n"] == 2
    assert load_ensemble(result.model).config.prior == "calculation"
    cluster = Cluster(numbers=items[0].cluster.numbers, positions=items[0].cluster.positions, charge=-1)
    file = tmp_path / "cluster.xyz"
    file.write_text(cluster.to_xyz())
    # What training has calculated is not calculated again, so no time is needed for it.
    asked = {"model": result.model, "level": "network", "max_seconds": 1e-9, "charge": -1}
    (row,) = (r for r in mlcluster.predict(file, formula=False, **asked) if r["kind"] == "predicted")
    assert row["basis"] == "network" and np.isfinite(row["value"])
    found = screen([file], tmp_path / "screen", **asked)
    assert (found["predicted"], found["failed"]) == (1, 0)


items = member_items


def test_no_prior_begins_at_random_and_mean_at_the_mean(items: list[LabelledCluster], tmp_path: Path) -> None:
    from mlcluster.data.datamodule import ClusterDataModule

    spread = {}
    for prior in ("mean", "none"):
        config = small(f"model.prior={prior}")
        job = job_in(tmp_path, items)
        data = ClusterDataModule(items, job.split, config.model.channels, cutoff=4.0, atoms_per_batch=10**6)
        module = starting_module(config, data)
        (batch,) = data.train_dataloader()
        output = module.model(batch)
        assert not {"composition", "calculation"} & set(output.global_terms)
        spread[prior] = output.value.std().item()
        mean = batch.label.mean().item()
        assert module.model.readout.methods.mean.item() == pytest.approx(mean, abs=0.2)
    assert spread["mean"] == pytest.approx(0, abs=1e-6)
    assert spread["none"] > 1e-3
