"""Weights sum to one in each graph, and pooling is intensive."""

from __future__ import annotations

import torch

from mlcluster.nn.readout import AtomWeights, sum_by_graph

GRAPH = torch.tensor([0, 0, 0, 1, 2, 2])


def test_weights_start_equal_and_always_sum_to_one():
    scalars = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
    layer = AtomWeights(4, 2)
    torch.testing.assert_close(layer(scalars, GRAPH, 3)[:, 0], torch.tensor([1 / 3, 1 / 3, 1 / 3, 1, 0.5, 0.5]))
    with torch.no_grad():
        layer.logit.weight.normal_(std=20, generator=torch.Generator().manual_seed(1))
    weights = layer(scalars, GRAPH, 3)
    torch.testing.assert_close(sum_by_graph(weights, GRAPH, 3), torch.ones(3, 2))
    assert weights.isfinite().all() and weights.std() > 0.1


def test_sum_by_graph_keeps_an_empty_graph_at_zero():
    values = torch.arange(6.0)[:, None]
    assert sum_by_graph(values, GRAPH, 4)[:, 0].tolist() == [3.0, 3.0, 9.0, 0.0]
