"""Charges of atoms are learned beside the channels: where they start, what they cost, how they are judged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mlcluster.data.datamodule import charge_rows, labelled_graphs
from mlcluster.errors import ConfigError, DataError
from mlcluster.graph import batched
from mlcluster.levels.network import ModelConfig, build_model, save_ensemble
from mlcluster.levels.network.charge_fit import check_charges, element_means, fit_charges, from_means
from mlcluster.levels.network.charge_scores import MEAN_OF_ELEMENT, HeldOutCharges
from mlcluster.levels.network.ensemble import Ensemble
from mlcluster.levels.network.lightning_module import PropertyModule
from mlcluster.levels.network.loss import charge_loss
from mlcluster.levels.network.predict import NETWORK
from mlcluster.levels.network.starting_weights import start_from
from mlcluster.levels.run_config import FitConfig, TrainConfig, load_config
from tests.training.test_prepare import entry

CHANNEL = "gap:gfn1-xtb"
CONFIG = ModelConfig.parse({"n_features": 8, "n_layers": 1, "lmax": 1, "atom_charges": True})


@pytest.fixture
def items():
    """Gold with a chlorine at one end, with charges of two entries of three."""
    made = []
    for number, (gold, chlorine) in enumerate(((0.2, -0.4), (0.1, -0.2), (0.0, 0.0))):
        item = entry(f"e{number}", "AB"[number % 2], 3 + number)
        numbers = np.array([17] + [79] * (2 + number))
        item = replace(item, cluster=item.cluster.replace(numbers=numbers))
        charges = np.where(np.asarray(item.cluster.numbers) == 79, gold, chlorine)
        made.append(replace(item, atom_charges=charges if number < 2 else None))
    return made


def test_the_start_is_the_mean_of_each_element_shifted(items) -> None:
    graphs = labelled_graphs(items, [CHANNEL], CONFIG.cutoff, None)
    model = build_model(CONFIG)
    fit_charges(model, graphs)
    model.readout.start_at_prior()
    head = model.readout.charges
    numbers = torch.cat([graph.atomic_numbers for graph in graphs[:2]])
    charges = torch.cat([graph.atom_charge for graph in graphs[:2]])
    for z in set(numbers.tolist()):
        assert head.element_means[z] == pytest.approx(float(charges[numbers == z].mean()))
    assert head.element_means[92] == 0, "an element without a charge"
    batch = batched(graphs)
    with torch.no_grad():
        found = model(batch).atom_charges
    torch.testing.assert_close(found, from_means(element_means(numbers, charges), graphs).float())
    left = (found - batch.atom_charge)[batch.atom_charge_mask]
    assert head.deviation == pytest.approx(float(left.square().mean().sqrt()), rel=1e-5)


def test_without_any_charge_the_start_stays(items) -> None:
    model = build_model(CONFIG)
    bare = [replace(item, atom_charges=None) for item in items]
    fit_charges(model, labelled_graphs(bare, [CHANNEL], CONFIG.cutoff, None))
    assert not model.readout.charges.element_means.any() and model.readout.charges.deviation == 1
    with pytest.raises(DataError, match="no entry has charges"):
        check_charges(bare)
    check_charges(items)


def test_charges_of_an_unphysical_density_are_left_out(items) -> None:
    far = np.zeros(len(items[0].cluster))
    far[:2] = 3.5, -3.5
    charges, mask = charge_rows(replace(items[0], atom_charges=far))
    assert not mask.any() and not charges.any()
    assert charge_rows(replace(items[0], atom_charges=0.8 * far))[1].all()


def test_the_loss_is_a_mean_over_graphs_of_the_known() -> None:
    predicted = torch.tensor([1.0, 3.0, 2.0, 9.0, 9.0], requires_grad=True)
    mask, graph = torch.tensor([True, True, True, False, False]), torch.tensor([0, 0, 1, 2, 2])
    about = (predicted, torch.zeros(5), mask, graph, 3, torch.tensor(2.0))
    # Graph 0: (1/2 + 3/2) / 2 = 1; graph 1: 1; graph 2 has none.
    assert charge_loss(*about, kind="l1").item() == pytest.approx(1.0)
    assert charge_loss(*about, kind="l2").item() == pytest.approx((0.25 + 2.25) / 2 / 2 + 0.5)
    loss = charge_loss(predicted, torch.zeros(5), torch.zeros(5, dtype=torch.bool), graph, 3, torch.tensor(2.0))
    loss.backward()
    assert loss.item() == 0 and not predicted.grad.any()


def test_their_share_of_the_loss(items) -> None:
    graphs = labelled_graphs(items, [CHANNEL], CONFIG.cutoff, None)
    batch, losses = batched(graphs), {}
    for share in (0.25, 0.5):
        module = PropertyModule(build_model(CONFIG), fit=FitConfig(charge_weight=share))
        losses[share] = module.training_step(batch, 0).item()
    plain = PropertyModule(build_model(CONFIG.model_copy(update={"atom_charges": False})))
    targets = plain.training_step(batch, 0).item()
    of_charges = (losses[0.25] - 0.75 * targets) / 0.25
    assert losses[0.5] == pytest.approx(0.5 * targets + 0.5 * of_charges, rel=1e-5) and of_charges > 0
    with torch.no_grad():
        module.validation_step(batch, 0)
        plain.validation_step(batch, 0)
        off = (module.model(batch).atom_charges - batch.atom_charge)[batch.atom_charge_mask].abs().mean()
    assert module.channel_errors()["atom_charge/mae_e"] == pytest.approx(float(off))
    assert "atom_charge/mae_e" not in plain.channel_errors()
    assert module.validation_error() == pytest.approx(plain.validation_error()), "stopping stays on the channels"


@pytest.mark.parametrize(
    ("settings", "told"),
    [(["fit.charge_weight=0"], "charge_weight"), (["model.kind=gaussian_process"], "single atoms")],
)
def test_what_cannot_be_learned_is_refused(settings: list[str], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        load_config(TrainConfig(), ["model.atom_charges=true", *settings])


def test_scores_stand_beside_the_means_of_elements() -> None:
    parts = [
        HeldOutCharges(
            family=np.array(["A", "A", "A"]),
            label=np.array([0.0, 0.5, 1.0]),
            predicted={NETWORK: np.array([0.0, 0.5, 1.3]), MEAN_OF_ELEMENT: np.array([0.5, 0.5, 0.5])},
        ),
        HeldOutCharges(
            family=np.array(["B"]),
            label=np.array([0.0]),
            predicted={NETWORK: np.array([0.5]), MEAN_OF_ELEMENT: np.array([1.0])},
        ),
    ]
    scores = HeldOutCharges.joined(parts).scores()
    assert scores[NETWORK]["mae"] == pytest.approx(0.2) and scores[NETWORK]["n"] == 4
    assert scores[NETWORK]["mae_over_families"] == pytest.approx((0.1 + 0.5) / 2)
    assert scores[MEAN_OF_ELEMENT]["mae"] == pytest.approx(0.5)


def test_a_model_with_charges_starts_one_without_and_one_with(tmp_path: Path) -> None:
    other = build_model(CONFIG, seed=5)
    other.readout.charges.set_reference(torch.full_like(other.readout.charges.element_means, 0.25), 0.5)
    place = str(save_ensemble(Ensemble([other]), tmp_path / "other"))
    without = build_model(CONFIG.model_copy(update={"atom_charges": False}))
    start_from(without, place, 0)
    assert torch.equal(without.first.elements.weight, other.first.elements.weight)
    own = build_model(CONFIG)
    start_from(own, place, 0)
    for name, value in other.readout.charges.state_dict().items():
        assert torch.equal(own.readout.charges.state_dict()[name], value)
    bare = save_ensemble(Ensemble([without]), tmp_path / "bare")
    fresh = build_model(CONFIG, seed=7)
    before = fresh.readout.charges.state_dict()["layers.0.weight"].clone()
    start_from(fresh, str(bare), 0)
    assert torch.equal(fresh.readout.charges.state_dict()["layers.0.weight"], before)
