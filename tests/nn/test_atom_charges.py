"""Charges of atoms turn with the structure, sum to its charge, and are those of one in two far copies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from mlcluster import Cluster
from mlcluster.chem.elements import SYMBOLS
from mlcluster.graph import batched, convert
from mlcluster.levels.network import Ensemble, ModelConfig, build_model, load_ensemble, save_ensemble
from mlcluster.nn.atom_charges import summing_to
from mlcluster.testing import check_all

CONFIG = ModelConfig.parse({"n_features": 8, "n_layers": 2, "lmax": 1, "atom_charges": True})
CLUSTER = Cluster(
    numbers=np.array([79, 79, 16, 1, 17]),
    positions=np.array([[0, 0, 0], [2.8, 0, 0], [3.6, 2.2, 0.3], [3.9, 2.4, 1.6], [-1.2, 1.9, 0.2]]),
    charge=-1,
)


def model_with_charges(seed: int = 0, dtype: torch.dtype = torch.float64):
    model = build_model(CONFIG, seed=seed).to(dtype)
    means = torch.linspace(-0.5, 0.5, len(SYMBOLS), dtype=dtype)
    model.readout.charges.set_reference(means, 0.3)
    return model


def charges_of(model, *clusters: Cluster) -> torch.Tensor:
    dtype = model.readout.methods.mean.dtype
    with torch.no_grad():
        return model(batched([convert(cluster, CONFIG.cutoff, dtype=dtype) for cluster in clusters])).atom_charges


@pytest.mark.parametrize("trunk", ["painn", "schnet"])
def test_nothing_but_the_order_of_the_atoms_moves_them(trunk: str) -> None:
    keys = {"trunk": trunk, "n_features": 8, "n_layers": 1, "atom_charges": True}
    check_all(build_model(ModelConfig.parse(keys)).double(), CLUSTER)


def test_a_check_sees_charges_that_turn() -> None:
    model = model_with_charges()
    whole = model.forward

    def turning(batch):
        output = whole(batch)
        return output._replace(atom_charges=output.atom_charges + batch.positions[:, 0])

    model.forward = turning  # type: ignore[method-assign]
    with pytest.raises(AssertionError, match="atom_charges"):
        check_all(model, CLUSTER)


def test_they_sum_to_the_charge_of_the_cluster() -> None:
    model = model_with_charges()
    anion, cation = CLUSTER, CLUSTER.replace(charge=2)
    found = charges_of(model, anion, cation)
    assert found[:5].sum() == pytest.approx(-1, abs=1e-9)
    assert found[5:].sum() == pytest.approx(2, abs=1e-9)
    assert found[:5].std() > 0.01, "not the same for every atom"


def test_an_unknown_charge_shifts_nothing() -> None:
    raw, graph = torch.tensor([0.1, 0.2, -0.4]), torch.tensor([0, 0, 1])
    found = summing_to(raw, graph, torch.tensor([1.0, 0.0]), torch.tensor([True, False]))
    assert found.tolist() == pytest.approx([0.45, 0.55, -0.4])


def test_two_far_copies_have_the_charges_of_one() -> None:
    model, one = model_with_charges(), convert(CLUSTER.replace(charge=0), CONFIG.cutoff, dtype=torch.float64)
    both = np.concatenate([CLUSTER.positions, CLUSTER.positions + [60.0, 0, 0]])
    two = Cluster(numbers=np.tile(CLUSTER.numbers, 2), positions=both, charge=0)
    double = convert(two, CONFIG.cutoff, dtype=torch.float64)
    for graph in (one, double):  # electrons are counted of the whole structure, so they tell one from two
        graph.valence_electrons_known = torch.tensor([False])
    with torch.no_grad():
        single, pair = (model(graph).atom_charges for graph in (one, double))
    torch.testing.assert_close(pair, single.repeat(2), atol=1e-9, rtol=0)


def test_members_are_averaged_and_come_back_from_disk(tmp_path: Path) -> None:
    members = [model_with_charges(seed, torch.float32) for seed in (0, 1)]
    ensemble = Ensemble(members)
    graphs = [convert(CLUSTER, CONFIG.cutoff), convert(CLUSTER.replace(charge=2), CONFIG.cutoff)]
    output = ensemble.predict(graphs)
    mean = (charges_of(members[0], CLUSTER) + charges_of(members[1], CLUSTER)) / 2
    torch.testing.assert_close(output.atom_charges[:5], mean)
    again = load_ensemble(save_ensemble(ensemble, tmp_path / "model"))
    assert again.hash == ensemble.hash
    assert torch.equal(again.predict(graphs).atom_charges, output.atom_charges)


def test_batches_of_an_ensemble_are_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    ensemble = Ensemble([model_with_charges(0, torch.float32)])
    graphs = [convert(CLUSTER.replace(charge=charge), CONFIG.cutoff) for charge in (-1, 0, 1)]
    whole = ensemble.predict(graphs).atom_charges
    monkeypatch.setattr("mlcluster.levels.network.ensemble.ATOMS_PER_BATCH", 6)
    torch.testing.assert_close(ensemble.predict(graphs).atom_charges, whole)


def test_a_network_without_them_is_what_it_was() -> None:
    plain = ModelConfig.parse({"n_features": 8, "n_layers": 1})
    assert "atom_charges" not in plain.model_dump() and "atom_charges" not in plain.model_dump_json()
    assert ModelConfig.parse({"atom_charges": True}).model_dump()["atom_charges"] is True
    output = Ensemble([build_model(plain)]).predict([convert(CLUSTER, plain.cutoff)])
    assert output.atom_charges is None
    values = build_model(plain).state_dict()
    with_charges = build_model(plain.model_copy(update={"atom_charges": True})).state_dict()
    assert all(torch.equal(with_charges[name], value) for name, value in values.items())
