"""Lengths and inner products of `mlcluster.nn.trunks.painn.invariants` in one compiled pass over the atoms."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from mlcluster.nn.cpu.compiled import Floats, Kernels, compiled


@cache
def _kernels(n_features: int, n_components: int, smallest: float) -> Kernels:
    """Compile lengths and inner products of tensors, of one degree."""
    F, M, least = n_features, n_components, np.float32(smallest)

    @compiled("void(float32[::1], float32[::1], float32[::1], float32[::1])")
    def forward(mixed: Floats, u: Floats, length: Floats, product: Floats) -> None:
        for i in range(len(length) // F):
            for f in range(F):
                square, inner = least, np.float32(0)
                for c in range(M):
                    a, b = mixed[(i * M + c) * 2 * F + f], mixed[(i * M + c) * 2 * F + F + f]
                    u[(i * M + c) * F + f] = a
                    square += b * b
                    inner += a * b
                length[i * F + f], product[i * F + f] = np.sqrt(square), inner

    @compiled("void(float32[::1], float32[::1], float32[::1], float32[::1], float32[::1], float32[::1])")
    def backward(
        mixed: Floats, length: Floats, g_u: Floats, g_length: Floats, g_product: Floats, g_mixed: Floats
    ) -> None:
        for i in range(len(length) // F):
            for f in range(F):
                along, inner = g_length[i * F + f] / length[i * F + f], g_product[i * F + f]
                for c in range(M):
                    a, b = mixed[(i * M + c) * 2 * F + f], mixed[(i * M + c) * 2 * F + F + f]
                    g_mixed[(i * M + c) * 2 * F + f] = g_u[(i * M + c) * F + f] + inner * b
                    g_mixed[(i * M + c) * 2 * F + F + f] = inner * a + along * b

    return Kernels(forward, backward)


class FusedInvariants(torch.autograd.Function):
    """U, lengths of V and inner products of two tensors side by side; arguments are these and the smallest square."""

    @staticmethod
    def forward(ctx: Any, mixed: Tensor, smallest: float) -> tuple[Tensor, Tensor, Tensor]:
        """(N, M, 2 F) to (N, M, F), (N, F) and (N, F)."""
        n_atoms, n_components, width = mixed.shape
        mixed = mixed.contiguous()
        u = mixed.new_empty(n_atoms, n_components, width // 2)
        length, product = mixed.new_empty(n_atoms, width // 2), mixed.new_empty(n_atoms, width // 2)
        ctx.kernels = _kernels(width // 2, n_components, smallest)
        ctx.kernels.forward(*(array.view(-1).numpy() for array in (mixed.detach(), u, length, product)))
        ctx.save_for_backward(mixed, length)
        return u, length, product

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        """Gradient of the tensors; the smallest square has none."""
        mixed, length = ctx.saved_tensors
        result = torch.empty_like(mixed)
        inputs = (array.detach().contiguous() for array in (mixed, length, *gradients))
        ctx.kernels.backward(*(array.view(-1).numpy() for array in (*inputs, result)))
        return result, None
