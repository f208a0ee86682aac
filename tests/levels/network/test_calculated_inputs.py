"""A network that corrects a calculation: what it needs, where it starts, and that it says so when there is none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import mlcluster
from mlcluster import Cluster
from mlcluster.data.datamodule import labelled_graphs
from mlcluster.electronic.calculation import CalculationError
from mlcluster.electronic.kept import KeptCalculations
from mlcluster.errors import ConfigError, DataError, ModelError
from mlcluster.graph import convert
from mlcluster.levels.network import Ensemble, ModelConfig, build_model, load_ensemble, save_ensemble
from mlcluster.levels.network.calculated_inputs import calculated_row, with_calculation
from mlcluster.levels.network.cluster_graph import ClusterGraph
from mlcluster.levels.network.composition_fit import fit_prior
from mlcluster.levels.network.network_config import CALCULATED
from tests.training.test_prepare import entry

CHANNEL = "gap:gfn1-xtb"
CONFIG = ModelConfig.parse({"n_features": 4, "n_layers": 1, "lmax": 1, "prior": "calculation"})
LINEAR = np.array([[0, 0, 0], [0, 0, 2.3], [0, 0, -2.3]])


def dichloride(metal: int = 79, charge: int | None = -1) -> Cluster:
    """AuCl2(-) or AgCl2(-): small enough to calculate in no time."""
    return Cluster(numbers=np.array([metal, 17, 17]), positions=LINEAR, charge=charge, name=f"MCl2 of {metal}")


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MLCLUSTER_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "calculations"


def test_a_row_has_the_descriptors_by_their_names(kept: Path) -> None:
    row = calculated_row(dichloride())
    values = dict(zip(CALCULATED, row[0].tolist(), strict=True))
    assert row.shape == (1, len(CALCULATED)) and torch.isfinite(row).all()
    assert values["gfn1_gap_ev"] == pytest.approx(values["gfn1_lumo_ev"] - values["gfn1_homo_ev"], abs=1e-4)
    assert values["charge"] == -1 and values["per_metal_Cl"] == 2 and values["size"] == 1
    assert list(kept.rglob("*.json"))


def test_the_term_is_fitted_to_the_calculation_and_named() -> None:
    rng, rows = np.random.default_rng(0), {}
    items = [entry(f"e{k}", "ABCDEFGH"[k % 8], 3 + k % 5) for k in range(24)]
    for item in items:
        rows[item.entry] = torch.from_numpy(rng.normal(size=(1, len(CALCULATED)))).float()
    # The label is twice the first descriptor.
    items = [
        replace(item, labels=tuple(replace(r, value=5.0 + 0.5 * float(rows[item.entry][0, 0])) for r in item.labels))
        for item in items
    ]
    graphs = labelled_graphs(items, [CHANNEL], CONFIG.cutoff, None)
    for graph, item in zip(graphs, items, strict=True):
        graph.calculated = rows[item.entry]
    model = build_model(CONFIG)
    fit_prior(model, graphs, [item.family or "" for item in items])
    model.readout.start_at_prior()
    output = Ensemble([model]).predict(graphs)
    assert "composition" not in output.global_terms
    label = torch.cat([graph.label for graph in graphs])
    torch.testing.assert_close(output.mean, label, atol=0.02, rtol=0)
    whole = output.global_terms["calculation"] + output.global_terms["method_offset"]
    torch.testing.assert_close(whole, output.mean, atol=1e-5, rtol=0)


def test_it_is_read_back_and_needs_its_graphs(kept: Path, tmp_path: Path) -> None:
    model = build_model(CONFIG)
    model.readout.calculation.set(torch.full((1, len(CALCULATED)), 0.1), torch.zeros(1, len(CALCULATED)))
    ensemble = Ensemble([model])
    again = load_ensemble(save_ensemble(ensemble, tmp_path / "model"))
    graph = ClusterGraph.of(dichloride(), again.config).graph
    assert again.hash == ensemble.hash
    assert torch.equal(again.predict([graph]).mean, ensemble.predict([graph]).mean)
    with pytest.raises(ModelError, match="corrects a calculation"):
        again.predict([convert(dichloride(), CONFIG.cutoff)])


def test_without_time_or_charge_the_network_does_not_answer(kept: Path, tmp_path: Path) -> None:
    place = save_ensemble(Ensemble([build_model(CONFIG)]), tmp_path / "model")
    file = tmp_path / "cluster.xyz"
    file.write_text(dichloride().to_xyz())
    told = r"corrects a calculation, and there is none: too large.*max-seconds"
    with pytest.raises(CalculationError, match=told):
        ClusterGraph.of(dichloride(), CONFIG, 1e-9)
    asked = {"model": place, "level": "network", "formula": False, "charge": -1}
    (row,) = mlcluster.predict(file, **asked, max_seconds=1e-9)
    assert "corrects a calculation, and there is none: too large" in row["error"]
    (row,) = (row for row in mlcluster.predict(file, **asked, contributions=True) if row["kind"] == "predicted")
    assert row["basis"] == "network" and "calculation" in row["contributions"]["global_terms"]
    # What is kept costs no time.
    assert all("error" not in row for row in mlcluster.predict(file, **asked, max_seconds=1e-9))
    with pytest.raises(CalculationError, match="charge is unknown"):
        ClusterGraph.of(dichloride(charge=None), CONFIG)


def test_entries_without_a_calculation_are_left_out(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clusters = [dichloride(), dichloride(47), dichloride(charge=None)]
    items = [replace(entry(f"e{k}", "A", 3), cluster=cluster) for k, cluster in enumerate(clusters)]
    found = with_calculation(items, 30.0, processes=1)
    assert [item.entry for item in found] == ["e0", "e1"]
    assert "1 of 3 entries left out, no calculation: e2" in capsys.readouterr().err
    assert KeptCalculations.of_user().directory == kept and len(list(kept.rglob("*.json"))) >= 2
    with pytest.raises(DataError, match="no entry has a calculation"):
        with_calculation(items[2:], 30.0, processes=1)


@pytest.mark.usefixtures("own_names")
def test_sums_over_atoms_are_not_corrected() -> None:
    declared = {"unit": "hartree", "bounds": [-1e5, 0], "pooling": "extensive", "methods": ["mine"]}
    mlcluster.labels.declare_targets({"total_energy": declared})
    with pytest.raises(ConfigError, match="no sums over atoms"):
        ModelConfig.parse({"channels": ["total_energy:mine"], "prior": "calculation"})
