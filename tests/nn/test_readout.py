"""Weights sum to one in each graph, and pooling is intensive."""

from __future__ import annotations

import torch

from mlcluster.nn.prior import N_INPUTS
from mlcluster.nn.readout import AtomWeights, Readout, sum_by_graph

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


def test_an_extensive_target_doubles_with_the_structure_and_an_intensive_one_stays():
    readout = Readout(4, ("charge",), [0, 1], with_composition=True, extensive=[False, True])
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in readout.parameters():
            parameter.normal_(generator=generator)
        readout.methods.typical_atoms.fill_(7.0)
        readout.methods.mean.copy_(torch.tensor([1.0, 30.0]))
        readout.composition.coefficients.normal_(generator=generator)
    scalars = torch.randn(3, 4, generator=generator)
    doubled, states = torch.cat([scalars, scalars]), {"charge": torch.randn(1, 4, generator=generator)}
    inputs = torch.randn(1, N_INPUTS, generator=generator)
    one = readout(scalars, states, torch.zeros(3, dtype=torch.long), inputs)
    two = readout(doubled, states, torch.zeros(6, dtype=torch.long), inputs)
    torch.testing.assert_close(two.value[:, 0], one.value[:, 0])
    torch.testing.assert_close(two.value[:, 1], 2 * one.value[:, 1])
    for output, atoms in ((one, 3), (two, 6)):
        assert output.contributions.shape == (atoms, 2)
        total = output.contributions.sum(dim=0) + torch.stack(list(output.global_terms.values())).sum(dim=0)[0]
        torch.testing.assert_close(total, output.value[0])
        assert output.global_terms["charge"][0, 1] == 0, "a charge belongs to no atom"


def test_without_extensive_targets_nothing_is_stored_for_them():
    plain = Readout(4, ("charge",), [0], with_composition=False, extensive=[False])
    assert not any("typical" in name or "extensive" in name for name in plain.state_dict())
