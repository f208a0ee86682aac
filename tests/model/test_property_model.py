"""The network: what sums to what, what is standardised, what is learned, and odd inputs."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch

from mlcluster.graph import convert
from mlcluster.levels.network import ModelConfig, build_model
from mlcluster.nn.prior import N_INPUTS
from mlcluster.structure.cluster import Cluster
from tests.model.structures import pair, random_cluster

CHANNELS = ("gap:gfn1-xtb", "gap:optical", "emission:measured")


def batch(*clusters: Cluster, cutoff: float = 5.0, dtype: torch.dtype = torch.float32) -> Batch:
    return Batch.from_data_list([convert(c, cutoff, dtype=dtype) for c in clusters])


def model(lmax: int = 2, seed: int = 0, **sizes):
    return build_model(ModelConfig(channels=CHANNELS, lmax=lmax, **{"n_features": 8, "n_layers": 2, **sizes}), seed)


def scrambled(network, seed: int = 1):
    """Every parameter away from its start, so that nothing holds by a zero."""
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.2 * torch.randn(parameter.shape, generator=random))
    network.set_reference(torch.tensor([1.0, 2.0, 1.8]), torch.tensor([0.3, 0.5, 0.2]))
    network.readout.composition.set(*(torch.randn(3, N_INPUTS, generator=random) for _ in range(2)))
    return network


@pytest.mark.parametrize("lmax", [0, 1, 2])
def test_contributions_and_global_terms_sum_to_the_value(lmax):
    data = batch(random_cluster(0, charge=1), pair(), random_cluster(1, n=20), dtype=torch.float64)
    out = scrambled(model(lmax)).double()(data)
    terms = {"charge", "multiplicity", "valence_electrons", "method_offset", "composition"}
    assert set(out.global_terms) == terms
    total = torch.zeros_like(out.value).index_add(0, data.batch, out.contributions) + sum(out.global_terms.values())
    torch.testing.assert_close(total, out.value, atol=1e-12, rtol=0)
    assert (
        out.value.shape == (3, 3) and out.contributions.shape == (data.num_nodes, 3) and out.embedding.shape == (3, 8)
    )
    for term in out.global_terms.values():
        assert term.shape == (3, 3) and term.abs().max() > 1e-4


def test_the_reference_is_an_affine_map_of_the_output():
    data, network = batch(random_cluster(0), pair()), model()
    before = network(data).value
    mean, deviation = torch.tensor([1.0, -2.0, 0.5]), torch.tensor([0.3, 2.0, 1.5])
    network.set_reference(mean, deviation)
    torch.testing.assert_close(network(data).value, mean + deviation * before)


def test_two_methods_of_a_target_start_alike_and_can_learn_to_differ():
    data, network = batch(random_cluster(0), pair(), random_cluster(2)), model()
    out = network(data).value
    torch.testing.assert_close(out[:, 0], out[:, 1])
    wanted = torch.stack([out[:, 0].detach(), 2 * out[:, 0].detach() + 0.5], dim=1)
    optimiser = torch.optim.Adam(network.readout.methods.parameters(), lr=0.05)
    for _ in range(300):
        optimiser.zero_grad()
        loss = (network(data).value[:, :2] - wanted).square().sum()
        loss.backward()
        optimiser.step()
    assert loss < 1e-4


@pytest.mark.parametrize("name", ["charge", "multiplicity"])
def test_unknown_differs_from_every_value_and_values_from_each_other(name):
    network = scrambled(model())
    values = [None, 1, 3] if name == "multiplicity" else [None, 0, 2, -2]
    cluster = Cluster(numbers=np.array([79, 79]), positions=pair().positions)
    outputs = [network(batch(cluster.replace(**{name: v}))).value[0, 0].item() for v in values]
    assert min(abs(a - b) for k, a in enumerate(outputs) for b in outputs[:k]) > 1e-3


def test_all_but_the_composition_term_is_intensive():
    one = random_cluster(0, charge=0)
    apart = np.vstack([one.positions, one.positions + [500.0, 0, 0]])
    two = Cluster(numbers=np.tile(one.numbers, 2), positions=apart, charge=0)
    single, double = (convert(c) for c in (one, two))
    double.valence_electrons, double.valence_electrons_known = single.valence_electrons, single.valence_electrons_known
    network = scrambled(model())
    values = []
    for out in (network(single), network(double)):
        values.append(out.value - out.global_terms["composition"])
    torch.testing.assert_close(*values)


def test_same_seed_same_weights_and_the_global_generator_is_left_alone():
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    a, b, c = model(seed=7), model(seed=7), model(seed=8)
    assert torch.equal(torch.rand(1), expected)
    data = batch(random_cluster(0))
    assert torch.equal(a(data).value, b(data).value)
    assert not torch.equal(a(data).value, c(data).value)


@pytest.mark.parametrize("lmax", [0, 1, 2])
def test_every_parameter_learns(lmax):
    network = scrambled(model(lmax))
    data = batch(random_cluster(0, charge=1), random_cluster(1), random_cluster(2, n=2 * 7, charge=-1))
    data.multiplicity[0], data.multiplicity_known[0] = 3.0, True
    data.valence_electrons, data.valence_electrons_known = (
        torch.tensor([8.0, 0.0, 2.0]),
        torch.tensor([True, False, True]),
    )
    network(data).value.square().sum().backward()
    dead = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.abs().max() > 0]
    assert dead == []


def test_moving_an_atom_across_the_cutoff_changes_nothing_abruptly():
    network = scrambled(model()).double()
    values = []
    for distance in (5.0 - 1e-4, 5.0 + 1e-4):
        points = np.array([[0, 0, 0], [0, 0, 2.7], [0, 0, -distance]])
        points = np.vstack([points, [0.5, 2.0, -distance]])
        values.append(
            network(batch(Cluster(numbers=np.array([79, 16, 47, 1]), positions=points), dtype=torch.float64)).value
        )
    torch.testing.assert_close(*values, atol=1e-7, rtol=0)


def test_the_derivative_with_respect_to_positions_is_right():
    network = scrambled(model()).double()
    data = batch(random_cluster(0, n=6), dtype=torch.float64)

    def value(positions: torch.Tensor) -> torch.Tensor:
        moved = data.clone()
        sender, receiver = data.edge_index
        moved.edge_vector = positions[sender] - positions[receiver]
        moved.edge_distance = moved.edge_vector.norm(dim=1)
        return network(moved).value

    assert torch.autograd.gradcheck(value, (data.positions.clone().requires_grad_(),))


def test_every_element_has_its_own_row():
    network = model()
    values = {
        network(batch(Cluster(numbers=np.array([z, 79]), positions=pair().positions))).value[0, 0].item()
        for z in range(1, 97)
    }
    assert len(values) == 96


def test_no_edge_sized_tensor_is_kept_for_the_backward_pass():
    data, network = batch(random_cluster(0, n=27), random_cluster(1, n=27)), model(n_features=64)
    kept: list[int] = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t.numel()) or t, lambda t: t):
        network(data).value.sum()
    assert max(kept) < data.num_edges * 64


def test_training_starts_at_what_mean_and_composition_say():
    network, data = scrambled(model()), batch(random_cluster(0, charge=1), pair())
    assert not torch.allclose(network(data).contributions, torch.zeros(1))
    network.readout.start_at_prior()
    out = network(data)
    expected = out.global_terms["method_offset"] + out.global_terms["composition"]
    torch.testing.assert_close(out.value, expected)
    assert out.global_terms["composition"].std(dim=0).min() > 1e-3


def test_a_model_with_the_mean_as_its_prior_has_no_composition_term():
    assert "composition" not in model(prior="mean")(batch(pair())).global_terms


def test_a_frozen_trunk_leaves_only_heads_to_train():
    network = model()
    network.freeze_trunk()
    trained = {tuple(name.split(".")[:2]) for name, value in network.named_parameters() if value.requires_grad}
    assert trained == {("readout", part) for part in ("head", "weights", "state_terms", "methods")}
