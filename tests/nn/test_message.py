"""Blockwise messages against the formula written out, and their derivatives."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mlcluster.nn import message
from mlcluster.nn.message import edge_messages, summed_messages


def inputs(lmax: int, n_atoms: int = 5, n_edges: int = 17, n_features: int = 3, n_radial: int = 4):
    random = torch.Generator().manual_seed(lmax)
    paths, components = 1 + 2 * lmax, (lmax + 1) ** 2 - 1
    shapes = [
        (n_atoms, paths * n_features),
        (n_atoms, components, n_features),
        (n_edges, n_radial),
        (n_edges, components),
        (n_radial, paths * n_features),
    ]
    floating = [torch.randn(shape, generator=random, dtype=torch.float64, requires_grad=True) for shape in shapes]
    return torch.randint(n_atoms, (2, n_edges), generator=random), floating


def written_out(edge_index, scalars, tensors, basis, harmonics, filters):
    """The sum edge by edge, feature by feature."""
    scalars, tensors, basis, harmonics, filters = (
        t.detach().numpy() for t in (scalars, tensors, basis, harmonics, filters)
    )
    n, components, n_features = tensors.shape
    total = np.zeros((n, 1 + components, n_features))
    for e, (j, i) in enumerate(edge_index.T.tolist()):
        w = (basis[e] @ filters * scalars[j]).reshape(-1, n_features)
        total[i, 0] += w[0]
        for c in range(components):
            path = 1 if c < 3 else 3
            total[i, 1 + c] += w[path] * harmonics[e, c] + w[path + 1] * tensors[j, c]
    return total


@pytest.mark.parametrize("lmax", [0, 1, 2])
@pytest.mark.parametrize("block", [1, 5, 1000])
def test_sum_and_derivatives(lmax, block, monkeypatch):
    monkeypatch.setattr(message, "BLOCK_EDGES", block)
    edge_index, floating = inputs(lmax)
    np.testing.assert_allclose(
        summed_messages(edge_index, *floating).detach().numpy(), written_out(edge_index, *floating), atol=1e-12
    )
    assert torch.autograd.gradcheck(lambda *f: summed_messages(edge_index, *f), floating)


@pytest.mark.parametrize("lmax", [0, 1, 2])
def test_blockwise_equals_all_at_once(lmax, monkeypatch):
    monkeypatch.setattr(message, "BLOCK_EDGES", 4)
    edge_index, floating = inputs(lmax)
    sender, receiver = edge_index
    all_messages = edge_messages(floating[0][sender], floating[1][sender], *floating[2:])
    at_once = torch.zeros(5, *all_messages.shape[1:], dtype=torch.float64).index_add(0, receiver, all_messages)
    blockwise = summed_messages(edge_index, *floating)
    seed = torch.randn_like(at_once)
    for a, b in zip(
        torch.autograd.grad(at_once, floating, seed, allow_unused=True, materialize_grads=True),
        torch.autograd.grad(blockwise, floating, seed),
        strict=True,
    ):
        torch.testing.assert_close(a, b)


def test_no_edges_give_no_message():
    _, floating = inputs(1, n_edges=0)
    total = summed_messages(torch.zeros(2, 0, dtype=torch.long), *floating)
    assert (total == 0).all()
    total.sum().backward()
    assert (floating[4].grad == 0).all()


def test_a_second_derivative_is_refused():
    edge_index, floating = inputs(1)
    (first,) = torch.autograd.grad(
        summed_messages(edge_index, *floating).square().sum(), floating[0], create_graph=True
    )
    with pytest.raises(RuntimeError, match="once_differentiable"):
        first.sum().backward()
