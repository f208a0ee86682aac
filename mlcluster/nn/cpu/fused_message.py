"""The sum of messages in one compiled pass over the edges of each atom: numbers of `mlcluster.nn.message`, faster.

Forward and backward only gather, so an atom is written once and nothing has the size of edges times features. The
backward pass of a sender needs the edges that leave it; in a symmetric list these are the reverses of the edges that
reach it, which stand together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import once_differentiable

from mlcluster.nn.cpu.edge_kernels import pack_edges, pair_edges, row_length
from mlcluster.nn.cpu.message_kernels import message_kernels
from mlcluster.nn.edge_basis import RadialBasis


@dataclass(frozen=True)
class EdgeRows:
    """Edges of a batch as the compiled loops want them.

    Attributes
    ----------
    starts
        (N + 1,): the edges that atom i receives are ``starts[i]`` to ``starts[i + 1]``.
    edges
        (E, 2): sender, and the first of its four splines.
    numbers
        (E, 4 + C): spline weights and harmonics.
    """

    starts: Tensor
    edges: Tensor
    numbers: Tensor

    def __call__(self, scalars: Tensor, tensors: Tensor, filters: Tensor) -> Tensor:
        """Messages summed at their receivers, as `mlcluster.nn.message.summed_messages`."""
        return _FusedSum.apply(scalars, tensors, filters, self.starts, self.edges, self.numbers)


def reverse_edges(edge_index: Tensor, n_atoms: int) -> tuple[Tensor, Tensor] | None:
    """Where the edges of each receiver start (N + 1,), and for each edge the number of its reverse (E,).

    None if the edges (2, E) are not sorted by receiver, then sender, or one of them has no reverse.
    """
    starts, reverse = torch.empty(n_atoms + 1, dtype=torch.long), torch.empty(edge_index.shape[1], dtype=torch.long)
    senders, receivers = edge_index.contiguous().numpy()
    return (starts, reverse) if pair_edges(senders, receivers, starts.numpy(), reverse.numpy()) else None


def edge_rows(
    edge_index: Tensor, vector: Tensor, distance: Tensor, n_atoms: int, basis: RadialBasis, lmax: int
) -> EdgeRows | None:
    """Rows of the edges of a batch, or None if the list is not sorted and symmetric in atoms and vectors.

    Parameters
    ----------
    edge_index
        (2, E), sender and receiver.
    vector, distance
        From receiver to sender, (E, 3) and (E,), float32, angstrom.
    n_atoms
        Atoms of the batch.
    basis
        Whose splines weight the filters.
    lmax
        Degree of the harmonics.
    """
    paired = reverse_edges(edge_index, n_atoms)
    if paired is None:
        return None
    starts, reverse = paired
    edges = torch.empty(len(distance), 2, dtype=torch.long)
    numbers = torch.empty(len(distance), row_length(lmax))
    symmetric = pack_edges(
        edge_index[0].contiguous().numpy(),
        reverse.numpy(),
        vector.contiguous().numpy(),
        distance.contiguous().numpy(),
        basis.envelope(distance).numpy(),
        np.float32(basis.spacing),
        basis.n_radial - 4,
        lmax,
        edges.numpy(),
        numbers.numpy(),
    )
    return EdgeRows(starts, edges, numbers) if symmetric else None


class _FusedSum(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, scalars: Tensor, tensors: Tensor, filters: Tensor, starts: Tensor, edges: Tensor, numbers: Tensor
    ) -> Tensor:
        n_atoms, n_components, n_features = tensors.shape
        ctx.save_for_backward(scalars, tensors, filters, starts, edges, numbers)
        total = tensors.new_empty(n_atoms, 1 + n_components, n_features)
        kernels = message_kernels(n_features, round((1 + n_components) ** 0.5) - 1)
        kernels.forward(*map(_flat, (scalars, tensors, filters, starts, edges, numbers)), _flat(total))
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        scalars, tensors, filters, *rows = ctx.saved_tensors
        _, n_components, n_features = tensors.shape
        results = [
            torch.empty_like(value, memory_format=torch.contiguous_format) for value in (scalars, tensors, filters)
        ]
        kernels = message_kernels(n_features, round((1 + n_components) ** 0.5) - 1)
        kernels.backward(*map(_flat, (scalars, tensors, filters, *rows, gradient)), *map(_flat, results))
        return *results, None, None, None


def _flat(values: Tensor) -> NDArray[Any]:
    return values.detach().contiguous().view(-1).numpy()
