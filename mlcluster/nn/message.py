"""Messages along edges, summed at the receiving atoms a block of edges at a time."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from mlcluster.nn.harmonics import degree_slices

BLOCK_EDGES = 1024
"""Edges handled at once: their messages stay in the processor's cache, and memory does not grow with the edges."""


def edge_messages(scalars: Tensor, tensors: Tensor, basis: Tensor, harmonics: Tensor, filters: Tensor) -> Tensor:
    r"""Messages of a set of edges.

    With the filter :math:`W = b(r) F`, split like the sender's scalars :math:`x` into 1 + 2 lmax parts,

    .. math:: m^0 = W_0 x_0, \qquad m^l = W_{a_l} x_{a_l} Y^l + W_{b_l} x_{b_l} h^l

    where :math:`h^l` is the sender's feature of degree l (Schuett et al., ICML 2021, arXiv:2102.03150, extended to
    l = 2 component by component).

    Parameters
    ----------
    scalars
        x of the sender of each edge, (E, P * F) with P = 1 + 2 lmax.
    tensors
        h of the sender, (E, C, F) with C = (lmax + 1)^2 - 1.
    basis, harmonics
        b(r), (E, K), and Y of the direction, (E, C).
    filters
        (K, P * F).

    Returns
    -------
    Tensor
        (E, 1 + C, F): the scalar message, then those of each degree.
    """
    n_edges, n_components, n_features = tensors.shape
    weighted = (scalars * (basis @ filters)).view(n_edges, -1, n_features)
    parts = [weighted[:, :1]]
    for degree, part in enumerate(degree_slices((weighted.shape[1] - 1) // 2)):
        along, carried = weighted[:, 1 + 2 * degree, None], weighted[:, 2 + 2 * degree, None]
        parts.append(torch.addcmul(carried * tensors[:, part], along, harmonics[:, part, None]))
    return torch.cat(parts, dim=1)


class _BlockwiseSum(torch.autograd.Function):
    """Sum of `edge_messages` at the receivers; the backward pass computes each block's messages again.

    Nothing of the size of all edges times the features is ever held. First derivatives with respect to every
    floating argument are exact; second derivatives are refused.
    """

    @staticmethod
    def forward(ctx: Any, edge_index: Tensor, *floating: Tensor) -> Tensor:
        ctx.save_for_backward(edge_index, *floating)
        scalars, tensors, basis, harmonics, filters = floating
        total = tensors.new_zeros(len(scalars), 1 + tensors.shape[1], tensors.shape[2])
        for edges in _blocks(edge_index):
            sender, receiver = edge_index[:, edges]
            sent = scalars.index_select(0, sender), tensors.index_select(0, sender)
            messages = edge_messages(*sent, basis[edges], harmonics[edges], filters)
            total.index_add_(0, receiver, messages)
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        edge_index, *floating = ctx.saved_tensors
        wanted = ctx.needs_input_grad[1:]
        result = [torch.zeros_like(value) if want else None for value, want in zip(floating, wanted, strict=True)]
        scalars, tensors, basis, harmonics, filters = floating
        for edges in _blocks(edge_index):
            sender, receiver = edge_index[:, edges]
            sent = scalars.index_select(0, sender), tensors.index_select(0, sender)
            block = [*sent, basis[edges], harmonics[edges], filters]
            block = [value.detach().requires_grad_(want) for value, want in zip(block, wanted, strict=True)]
            with torch.enable_grad():
                messages = edge_messages(*block)
            inputs = [value for value, want in zip(block, wanted, strict=True) if want]
            parts = iter(
                torch.autograd.grad(messages, inputs, gradient.index_select(0, receiver), materialize_grads=True)
            )
            for position, total in enumerate(result):
                if total is None:
                    continue
                if position < 2:
                    total.index_add_(0, sender, next(parts))
                elif position < 4:
                    total[edges] = next(parts)
                else:
                    total += next(parts)
        return None, *result


def _blocks(edge_index: Tensor) -> list[slice]:
    return [slice(start, start + BLOCK_EDGES) for start in range(0, edge_index.shape[1], BLOCK_EDGES)]


def summed_messages(
    edge_index: Tensor, scalars: Tensor, tensors: Tensor, basis: Tensor, harmonics: Tensor, filters: Tensor
) -> Tensor:
    """Messages of all edges summed at their receivers, (N, 1 + C, F).

    Parameters
    ----------
    edge_index
        (2, E): sender and receiver of each edge.
    scalars, tensors
        Of each atom, (N, P * F) and (N, C, F).
    basis, harmonics, filters
        As in `edge_messages`.
    """
    return _BlockwiseSum.apply(edge_index, scalars, tensors, basis, harmonics, filters)
