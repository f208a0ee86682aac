"""What the scalars of an atom learn from its tensors: lengths and inner products, plain and compiled."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from mlcluster.nn.switch import compiled_path_serves

SMALLEST = 1e-8
"""Added to squared lengths: keeps the derivative of the root finite where a feature vanishes by symmetry."""


def invariants(mixed: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    r"""Two tensors U and V of one degree, side by side, to U, :math:`|V|` and :math:`U \cdot V`.

    Parameters
    ----------
    mixed
        (N, M, 2 F) with M components.

    Returns
    -------
    tuple of Tensor
        (N, M, F), (N, F) and (N, F).
    """
    if compiled_path_serves(mixed):
        return _FusedInvariants.apply(mixed)
    u, v = mixed.chunk(2, dim=-1)
    return u, (v.square().sum(dim=1) + SMALLEST).sqrt(), (u * v).sum(dim=1)


class _FusedInvariants(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, mixed: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        from mlcluster.nn.invariant_kernels import invariant_kernels

        n_atoms, n_components, width = mixed.shape
        mixed = mixed.contiguous()
        u = mixed.new_empty(n_atoms, n_components, width // 2)
        length, product = mixed.new_empty(n_atoms, width // 2), mixed.new_empty(n_atoms, width // 2)
        arrays = (array.view(-1).numpy() for array in (mixed.detach(), u, length, product))
        invariant_kernels(width // 2, n_components).forward(*arrays)
        ctx.save_for_backward(mixed, length)
        return u, length, product

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        from mlcluster.nn.invariant_kernels import invariant_kernels

        mixed, length = ctx.saved_tensors
        result = torch.empty_like(mixed)
        inputs = (array.detach().contiguous() for array in (mixed, length, *gradients))
        arrays = (array.view(-1).numpy() for array in (*inputs, result))
        invariant_kernels(mixed.shape[2] // 2, mixed.shape[1]).backward(*arrays)
        return result
