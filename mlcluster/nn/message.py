"""Messages along edges, summed at the receiving atoms: plainly, a block of edges at a time, or compiled."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from mlcluster.nn.cpu import SWITCH, compiled_path_is_wanted
from mlcluster.nn.edge_basis import RadialBasis, degree_slices, harmonics

MessageSum = Callable[[Tensor, Tensor, Tensor], Tensor]
"""From scalars, tensors and filters to the messages at each atom, as `summed_messages`."""

BLOCK_EDGES = 1024
"""Edges handled at once: their messages stay in the processor's cache, and memory does not grow with the edges."""


def edge_messages(scalars: Tensor, tensors: Tensor, basis: Tensor, angular: Tensor, filters: Tensor) -> Tensor:
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
    basis, angular
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
        parts.append(torch.addcmul(carried * tensors[:, part], along, angular[:, part, None]))
    return torch.cat(parts, dim=1)


class _BlockwiseSum(torch.autograd.Function):
    """Sum of `edge_messages` at the receivers; the backward pass computes each block's messages again.

    Nothing of the size of all edges times the features is ever held. First derivatives with respect to every
    floating argument are exact; second derivatives are refused.
    """

    @staticmethod
    def forward(ctx: Any, edge_index: Tensor, *floating: Tensor) -> Tensor:
        ctx.save_for_backward(edge_index, *floating)
        scalars, tensors, basis, angular, filters = floating
        total = tensors.new_zeros(len(scalars), 1 + tensors.shape[1], tensors.shape[2])
        for edges in _blocks(edge_index):
            sender, receiver = edge_index[:, edges]
            sent = scalars.index_select(0, sender), tensors.index_select(0, sender)
            messages = edge_messages(*sent, basis[edges], angular[edges], filters)
            total.index_add_(0, receiver, messages)
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        edge_index, *floating = ctx.saved_tensors
        wanted = ctx.needs_input_grad[1:]
        result = [torch.zeros_like(value) if want else None for value, want in zip(floating, wanted, strict=True)]
        scalars, tensors, basis, angular, filters = floating
        for edges in _blocks(edge_index):
            sender, receiver = edge_index[:, edges]
            sent = scalars.index_select(0, sender), tensors.index_select(0, sender)
            block = [*sent, basis[edges], angular[edges], filters]
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
    edge_index: Tensor, scalars: Tensor, tensors: Tensor, basis: Tensor, angular: Tensor, filters: Tensor
) -> Tensor:
    """Messages of all edges summed at their receivers, (N, 1 + C, F).

    Parameters
    ----------
    edge_index
        (2, E): sender and receiver of each edge.
    scalars, tensors
        Of each atom, (N, P * F) and (N, C, F).
    basis, angular, filters
        As in `edge_messages`.
    """
    # In full precision whatever the layers around it have: sums over dozens of neighbours lose too much in 16 bits.
    with torch.autocast(scalars.device.type, enabled=False):
        return _BlockwiseSum.apply(edge_index, scalars, tensors, basis, angular, filters)


def message_sum(
    edge_index: Tensor, vector: Tensor, distance: Tensor, n_atoms: int, basis: RadialBasis, lmax: int
) -> MessageSum:
    """Sum of messages over the edges of a batch, whose geometry is worked out once for all layers.

    The compiled path needs float32 on the CPU and a sorted, symmetric edge list, and knows no derivative with respect
    to the geometry; in every other case, or if the environment says ``MLCLUSTER_FUSED=0``, the plain path is taken.
    Both give the same numbers. What was taken is told once to the log "mlcluster".

    Parameters
    ----------
    edge_index
        (2, E), sender and receiver.
    vector, distance
        From receiver to sender, (E, 3) and (E,), angstrom.
    n_atoms
        Atoms of the batch.
    basis
        Radial functions.
    lmax
        Largest degree of the features.
    """
    obstacle = _obstacle(vector, distance)
    if obstacle is None:
        from mlcluster.nn.cpu.fused_message import edge_rows

        rows = edge_rows(edge_index, vector, distance, n_atoms, basis, lmax)
        if rows is not None:
            _tell("fused (numba)")
            return rows
        obstacle = "edges are not sorted and symmetric"
    _tell(f"plain ({obstacle})")
    angular, radial = harmonics(vector / distance[:, None], lmax), basis(distance)
    return lambda scalars, tensors, filters: summed_messages(edge_index, scalars, tensors, radial, angular, filters)


def _obstacle(vector: Tensor, distance: Tensor) -> str | None:
    if not compiled_path_is_wanted():
        return f"{SWITCH}=0"
    if distance.device.type != "cpu":
        return f"on {distance.device.type}"
    if distance.dtype != torch.float32:
        return str(distance.dtype).removeprefix("torch.")
    return "derivative with respect to positions" if vector.requires_grad or distance.requires_grad else None


@cache
def _tell(path: str) -> None:
    logging.getLogger("mlcluster").info("messages are summed on the path: %s", path)
