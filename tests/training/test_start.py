"""Where training starts: the composition alone, or another model, but never one that knows what is held out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch

from mlcluster.data.datamodule import labelled_graphs
from mlcluster.data.splits import Split
from mlcluster.errors import ConfigError, DataError, ModelError
from mlcluster.levels.network import Ensemble, EnsembleMetadata, ModelConfig, build_model, save_ensemble
from mlcluster.levels.network.composition_fit import fit_prior
from mlcluster.levels.network.lightning_module import shake
from mlcluster.levels.network.loss import within_families
from mlcluster.levels.network.schedule import EpochSchedule, freeze, learning_rate, make_optimizer
from mlcluster.levels.network.starting_weights import check_start, start_from
from mlcluster.levels.run_config import FitConfig, TrainConfig, load_config
from tests.training.test_prepare import entry

CONFIG = {"n_features": 8, "n_layers": 1, "lmax": 1, "cutoff": 4.0}


def network(seed: int = 0, **changes: object):
    return build_model(ModelConfig.parse(CONFIG | changes), seed)


def items(slope: float, jump: float = 0.0):
    """Families A to F in which the label follows the size, with an offset that only family F has."""
    made = [entry(f"{family}{k}", family, 3 + k) for family in "ABCDEF" for k in range(4)]
    return [(item, slope * np.log(len(item.cluster)) + (jump if item.family == "F" else 0.0)) for item in made]


def fitted(slope: float, jump: float = 0.0):
    made = items(slope, jump)
    graphs = labelled_graphs([item for item, _ in made], ["gap:gfn1-xtb"], 4.0, None)
    for graph, (_, value) in zip(graphs, made, strict=True):
        graph.label = torch.tensor([[value]], dtype=torch.float32)
    model = network()
    fit_prior(model, graphs, [item.family for item, _ in made])
    model.readout.start_at_prior()
    return model, graphs, np.array([value for _, value in made])


def test_a_label_that_follows_the_composition_is_met_before_any_training() -> None:
    model, graphs, label = fitted(slope=2.0)
    value = model(Batch.from_data_list(graphs)).value[:, 0].detach().numpy()
    np.testing.assert_allclose(value, label, atol=0.02)
    assert model.readout.methods.deviation.item() < 0.1 < label.std()


def test_a_composition_that_says_nothing_leaves_the_mean_and_the_spread() -> None:
    model, graphs, label = fitted(slope=0.0, jump=1.0)
    terms = model(Batch.from_data_list(graphs)).global_terms
    assert terms["composition"].abs().max() < 0.02
    assert terms["method_offset"][0].item() == pytest.approx(label.mean(), abs=1e-5)
    assert model.readout.methods.deviation.item() == pytest.approx(label.std(), rel=0.05)


def test_what_holds_within_families_only_is_not_carried_over_to_others() -> None:
    """Families have a level and a composition of their own that have nothing to do with each other.

    Entries left out one by one would be predicted well from their family, and the penalty would be small.
    """
    rng = np.random.default_rng(0)
    made, label = [], []
    for number, level in enumerate(rng.normal(size=14)):
        numbers = rng.choice([29, 46, 47, 78, 79, 80, 30, 28], p=rng.dirichlet(np.full(8, 0.4)), size=40)
        for k in range(5):
            item = entry(f"{number}-{k}", f"family {number}", 40)
            made.append(replace(item, cluster=item.cluster.replace(numbers=np.roll(numbers, k), multiplicity=None)))
            label.append(level + 0.01 * rng.normal())
    graphs = labelled_graphs(made, ["gap:gfn1-xtb"], 4.0, None)
    for graph, value in zip(graphs, label, strict=True):
        graph.label = torch.tensor([[value]], dtype=torch.float32)
    model = network()
    fit_prior(model, graphs, [item.family for item in made])
    term = model(Batch.from_data_list(graphs)).global_terms["composition"]
    assert term.std() < 0.3 * np.std(label)
    assert model.readout.methods.deviation.item() > 0.9 * np.std(label)


def test_displacements_move_edges_as_they_move_atoms() -> None:
    (graph,) = labelled_graphs([entry("A", "A", 5)], ["gap:gfn1-xtb"], 4.0, None)
    batch = Batch.from_data_list([graph, graph.clone()])
    before = batch.edge_vector.clone()
    torch.manual_seed(0)
    shake(batch, 0.05)
    moved = batch.edge_vector - before
    assert 0.02 < moved.std() < 0.2
    torch.testing.assert_close(batch.edge_distance, batch.edge_vector.norm(dim=1))
    # An edge and its opposite stay opposite.
    ends = {tuple(edge): k for k, edge in enumerate(batch.edge_index.T.tolist())}
    opposite = [ends[b, a] for a, b in batch.edge_index.T.tolist()]
    torch.testing.assert_close(batch.edge_vector[opposite], -batch.edge_vector)


def test_errors_within_families_worked_by_hand() -> None:
    label = torch.tensor([[1.0], [2.0], [5.0], [9.0]])
    predicted = torch.tensor([[2.0], [4.0], [7.0], [0.0]], requires_grad=True)
    family = torch.tensor([8, 8, 3, 3])
    mask = torch.tensor([[True], [True], [True], [False]])
    shifted = within_families(predicted, label, mask, family)
    # Errors 1 and 2 have the mean 1.5; of the other family one label is left, and it says nothing.
    assert (shifted - label)[:, 0].tolist() == pytest.approx([-0.5 * 2**0.5, 0.5 * 2**0.5, 0.0, 0.0])
    whole = within_families(predicted + torch.tensor([[7.0], [7.0], [-3.0], [0.0]]), label, mask, family)
    torch.testing.assert_close(whole, shifted)
    shifted.square().sum().backward()
    assert torch.isfinite(predicted.grad).all() and predicted.grad[3] == 0


@pytest.fixture
def other(tmp_path: Path) -> Path:
    metadata = EnsembleMetadata(domain={"family_keys": ["M5X0", "M90X1"]})
    members = [network(seed=k, channels=["gap:optical"]) for k in (5, 6)]
    return save_ensemble(Ensemble(members, metadata), tmp_path / "other")


def test_weights_are_taken_over_but_not_reference_and_composition(other: Path) -> None:
    model = network(seed=1)
    model.set_reference(torch.tensor([3.0]), torch.tensor([0.5]))
    start_from(model, str(other), 3)
    source = network(seed=6, channels=["gap:optical"])
    taken = model.state_dict()
    for name, value in source.state_dict().items():
        if name.split(".")[:2] not in (["readout", "methods"], ["readout", "composition"]):
            assert torch.equal(taken[name], value), name
    assert taken["readout.methods.mean"].tolist() == [3.0] and taken["readout.methods.deviation"].tolist() == [0.5]


def test_heads_stay_where_the_targets_differ(other: Path) -> None:
    model, before = network(seed=1, channels=["emission:measured"]), network(seed=1, channels=["emission:measured"])
    start_from(model, str(other), 0)
    assert torch.equal(model.readout.head.last.weight, before.readout.head.last.weight)
    assert not torch.equal(model.first.elements.weight, before.first.elements.weight)


def test_another_network_is_refused(other: Path) -> None:
    with pytest.raises(ModelError, match="same network"):
        start_from(network(n_features=16), str(other), 0)


def splits(test: str, validation: str = "seven") -> list[Split]:
    return [Split(kind="family", train=("eight",), validation=(validation,), test=(test,), seed=0)]


def test_a_model_that_knows_what_is_held_out_is_refused(other: Path, tmp_path: Path) -> None:
    rows = [entry(name, name, size) for name, size in (("five", 5), ("six", 6), ("seven", 7), ("eight", 8))]
    config = TrainConfig.model_validate({"model": CONFIG, "fit": {"start_from": str(other)}})
    check_start(config, rows, splits("six"), "")
    check_start(TrainConfig.model_validate({"model": CONFIG}), rows, splits("five"), "")
    with pytest.raises(DataError, match="holds out.*M5X0"):
        check_start(config, rows, splits("five"), "")
    with pytest.raises(DataError, match=r"stops on.*M5X0.*split\.validation"):
        check_start(config, rows, splits("six", "five"), "")
    silent = save_ensemble(Ensemble([network()]), tmp_path / "silent")
    with pytest.raises(DataError, match="does not say"):
        check_start(load_config(config, [f"fit.start_from={silent}"]), rows, splits("six"), "")


def test_other_sizes_are_one_error_before_any_run(other: Path) -> None:
    config = TrainConfig.model_validate({"model": CONFIG, "fit": {"start_from": str(other)}})
    config = load_config(config, ["model.n_features=16", "model.cutoff=5"])
    with pytest.raises(ModelError, match=r"Found: n_features 8, cutoff 4\.0\. Expected: n_features 16, cutoff 5\.0"):
        check_start(config, [], [], "")


@pytest.mark.parametrize(
    ("fit", "named"),
    [
        ({"frozen": ["trunk.interaction.0"]}, "trunk.interactions.0"),
        ({"learning_rates": {"heads": 1e-3}}, "readout.head"),
        ({"frozen": ["first", "trunk", "readout"]}, "no part of the network is left"),
    ],
)
def test_parts_that_are_not_there_are_refused_before_any_run(fit: dict, named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        check_start(TrainConfig.model_validate({"model": CONFIG, "fit": fit}), [], [], "")


def test_parts_are_frozen_and_have_rates_of_their_own() -> None:
    model = network(n_layers=2)
    fit = FitConfig(
        learning_rate=1e-2, learning_rates={"trunk": 1e-3, "trunk.updates.1": 1e-4}, frozen=["first", "trunk.norm"]
    )
    freeze(model, fit)
    optimizer = make_optimizer(model, fit)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    rates = {names[id(p)]: group["lr"] for group in optimizer.param_groups for p in group["params"]}
    assert not any(name.startswith(("first", "trunk.norm")) for name in rates)
    assert {rate for name, rate in rates.items() if name.startswith("trunk.updates.1")} == {1e-4}
    assert {rate for name, rate in rates.items() if name.startswith("trunk.updates.0")} == {1e-3}
    assert {rate for name, rate in rates.items() if name.startswith("readout")} == {1e-2}
    assert len(rates) == sum(parameter.requires_grad for parameter in model.parameters())
    matrices = [p.dim() > 1 for group in optimizer.param_groups if group["weight_decay"] for p in group["params"]]
    assert matrices and all(matrices)
    schedule = EpochSchedule(optimizer, fit)
    schedule.begin(fit.epochs // 2)
    for group in optimizer.param_groups:
        assert group["lr"] == pytest.approx(learning_rate(fit, fit.epochs // 2) * group["top_rate"] / 1e-2)
