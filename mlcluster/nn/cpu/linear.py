"""Linear maps whose products are taken by oneDNN, twice as fast as torch's default on processors not made by Intel.

Torch multiplies float32 matrices with MKL, which leaves the widest vector instructions of other makers' processors
unused; oneDNN, which torch carries as well, does not. Both are exact float32. oneDNN compiles a product for each shape
it meets, in about a millisecond, and keeps it: a network should therefore meet few shapes, see `rounded_rows`.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from mlcluster.nn.cpu import compiled_path_serves


class Linear(nn.Linear):
    """``torch.nn.Linear``, weights and numbers included; float32 on the CPU goes through oneDNN."""

    def forward(self, values: Tensor) -> Tensor:
        """Map (..., n_in) to (..., n_out)."""
        if not (_onednn_serves(values) and self.weight.dtype == torch.float32):
            return super().forward(values)
        product = _OneDnnLinear.apply(values.reshape(-1, self.in_features), self.weight, self.bias)
        return product.view(*values.shape[:-1], self.out_features)


def rounded_rows(n_rows: int, like: Tensor) -> int:
    """Number of rows to fill up to, so that batches of any size have 16 shapes between a size and its double.

    It stays as it is where oneDNN does not serve values `like` those.
    """
    if not _onednn_serves(like):
        return n_rows
    step = max(16, 1 << max(0, n_rows.bit_length() - 5))
    return -(-n_rows // step) * step


def _onednn_serves(values: Tensor) -> bool:
    # The operation is not part of torch's public interface: a release without it is as good, only slower.
    available = torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    return available and compiled_path_serves(values)


def _product(left: Tensor, right: Tensor, bias: Tensor | None = None) -> Tensor:
    """``left @ right.T + bias``."""
    return torch.ops.mkldnn._linear_pointwise(left, right, bias, "none", [], "")


class _OneDnnLinear(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(values, weight)
        return _product(values, weight, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        values, weight = ctx.saved_tensors
        for_values, for_weight, for_bias = ctx.needs_input_grad
        return (
            _product(gradient, weight.t()) if for_values else None,
            _product(gradient.t(), values.t()) if for_weight else None,
            gradient.sum(dim=0) if for_bias else None,
        )
