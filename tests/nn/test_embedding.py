"""Unknown is not zero."""

from __future__ import annotations

import torch

from mlcluster.nn.embedding import StateEmbedding
from mlcluster.nn.readout import MethodScale


def test_unknown_has_its_own_vector_whatever_number_stands_there():
    torch.manual_seed(0)
    layer = StateEmbedding(8)
    out = layer(torch.tensor([0.0, 0.0, 5.0, -1.0, 1.0]), torch.tensor([True, False, False, True, True]))
    assert not torch.allclose(out[0], out[1], atol=1e-3)
    assert torch.equal(out[1], out[2])
    assert not torch.allclose(out[3], out[4], atol=1e-3)


def test_unknown_and_known_are_both_learned():
    layer = StateEmbedding(8)
    layer(torch.tensor([2.0, 0.0]), torch.tensor([True, False])).sum().backward()
    assert all(p.grad is not None and p.grad.abs().max() > 0 for p in layer.parameters())


def test_methods_of_a_target_differ_by_offset_and_scale_about_the_reference():
    layer = MethodScale([0, 0, 1])
    layer.mean.copy_(torch.tensor([1.0, 2.0, 3.0]))
    layer.deviation.copy_(torch.tensor([0.5, 1.0, 2.0]))
    with torch.no_grad():
        layer.offset.copy_(torch.tensor([0.0, 0.1, 0.0]))
        layer.scale.copy_(torch.tensor([1.0, 2.0, 1.0]))
    value = layer(torch.tensor([[0.3, -1.0]])) + layer.constant()
    torch.testing.assert_close(value, torch.tensor([[1.15, 2.7, 1.0]]))
