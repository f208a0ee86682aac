"""Whole networks on both message paths: one set of weights, one set of numbers."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
import torch
from torch_geometric.data import Batch

from mlcluster.graph import convert
from mlcluster.levels.network import ModelConfig, build_model, load_ensemble
from mlcluster.nn.cpu import SWITCH, fused_message
from mlcluster.resources import bundled_model_dir
from tests.model.structures import pair, random_cluster

CLUSTERS = [random_cluster(0, charge=1), pair(), random_cluster(1, n=27), random_cluster(2, n=20, charge=-1)]


@pytest.fixture
def fused_calls(monkeypatch) -> list[int]:
    """Grows by one at every batch whose messages take the fused path."""
    calls: list[int] = []
    original = fused_message.edge_rows

    def counted(*arguments):
        calls.append(1)
        return original(*arguments)

    monkeypatch.setattr(fused_message, "edge_rows", counted)
    return calls


def bundled_values(switch: str) -> torch.Tensor:
    os.environ[SWITCH] = switch
    ensemble = load_ensemble(bundled_model_dir())
    return ensemble.predict([convert(cluster, ensemble.config.cutoff) for cluster in CLUSTERS]).members


def test_the_bundled_model_predicts_the_same_on_both_paths(monkeypatch, fused_calls):
    monkeypatch.setenv(SWITCH, "0")
    plain = bundled_values("0")
    assert not fused_calls
    torch.testing.assert_close(bundled_values("1"), plain, rtol=1e-5, atol=1e-5)
    assert fused_calls


@pytest.mark.parametrize("lmax", [0, 1, 2])
def test_loss_and_gradients_of_all_weights_are_the_same(lmax, monkeypatch, fused_calls):
    config = ModelConfig(channels=("gap:gfn1-xtb", "emission:measured"), lmax=lmax, n_features=8)
    data = Batch.from_data_list([convert(cluster) for cluster in CLUSTERS])
    results = []
    for switch in ("0", "1"):
        monkeypatch.setenv(SWITCH, switch)
        network = build_model(config, seed=3)
        output = network(data)
        output.value.square().sum().backward()
        gradients = {name: parameter.grad for name, parameter in network.named_parameters()}
        results.append((output, gradients))
    assert len(fused_calls) == 1
    (plain, expected), (fused, found) = results
    for name in ("value", "contributions", "embedding"):
        torch.testing.assert_close(getattr(fused, name), getattr(plain, name), rtol=1e-5, atol=1e-6)
    assert expected.keys() == found.keys()
    for name, gradient in expected.items():
        size = float(gradient.abs().max())
        torch.testing.assert_close(found[name], gradient, rtol=0, atol=1e-5 * size, msg=lambda m, n=name: f"{n}: {m}")


def test_a_derivative_with_respect_to_positions_is_still_to_be_had(monkeypatch, fused_calls):
    network = build_model(ModelConfig(n_features=8, n_layers=2), seed=1)
    gradients = []
    for switch in ("0", "1"):
        monkeypatch.setenv(SWITCH, switch)
        data = convert(CLUSTERS[0])
        data.edge_vector.requires_grad_()
        data.edge_distance = data.edge_vector.norm(dim=1)
        gradients.append(torch.autograd.grad(network(data).value.sum(), data.edge_vector)[0])
    assert not fused_calls
    size = float(gradients[0].abs().max())
    assert size > 0
    torch.testing.assert_close(gradients[1], gradients[0], rtol=0, atol=1e-5 * size)


def test_a_spawned_process_predicts_the_same(monkeypatch):
    monkeypatch.setenv(SWITCH, "1")
    here = bundled_values("1")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        there = pool.submit(bundled_list, "1").result()
    torch.testing.assert_close(torch.tensor(there), here, rtol=1e-6, atol=0)


def bundled_list(switch: str) -> list:
    torch.set_num_threads(1)
    return bundled_values(switch).tolist()
