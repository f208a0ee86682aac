"""One layer of the equivariant network: an exchange between neighbours, then one inside each atom."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mlcluster.nn.invariants import invariants
from mlcluster.nn.linear import Linear
from mlcluster.nn.message_choice import MessageSum

TYPICAL_NEIGHBOURS = 30
"""Neighbours of an atom of a protected cluster within 5 angstrom; sums are divided by its root to keep their size."""


def variance_preserving(n_in: int, n_out: int, *, bias: bool = True) -> nn.Linear:
    """Linear map that starts with outputs as large as its inputs, and no offset.

    torch's own start shrinks them to a third at every map; the products with the tensors then start far below the
    scalars, and directions are learned late.
    """
    layer = Linear(n_in, n_out, bias=bias)
    nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")
    if bias:
        nn.init.zeros_(layer.bias)
    return layer


class Interaction(nn.Module):
    """Atoms take in messages from their neighbours.

    Parameters
    ----------
    n_features
        Features F an atom and component.
    n_radial
        Size K of the radial basis.
    lmax
        Largest degree of the features: 0, 1 or 2.
    """

    def __init__(self, n_features: int, n_radial: int, lmax: int) -> None:
        super().__init__()
        n_paths = 1 + 2 * lmax
        self.norm = nn.LayerNorm(n_features)
        self.sender = nn.Sequential(
            variance_preserving(n_features, n_features),
            nn.SiLU(),
            variance_preserving(n_features, n_paths * n_features),
        )
        self.filters = nn.Parameter(torch.randn(n_radial, n_paths * n_features))

    def forward(self, scalars: Tensor, tensors: Tensor, message_sum: MessageSum) -> tuple[Tensor, Tensor]:
        """New scalars (N, F) and tensors (N, C, F)."""
        received = message_sum(self.sender(self.norm(scalars)), tensors, self.filters)
        # Split, not sliced: the gradients of both parts are then joined once, without two arrays full of zeros.
        scalar, tensor = received.split([1, tensors.shape[1]], dim=1)
        size = TYPICAL_NEIGHBOURS**-0.5
        return torch.add(scalars, scalar[:, 0], alpha=size), torch.add(tensors, tensor, alpha=size)


class Update(nn.Module):
    r"""Scalars and tensors of one atom act on each other.

    For each degree, two linear maps of the tensors give :math:`U` and :math:`V`; the scalars see
    :math:`|V|` and receive :math:`U \cdot V`, and :math:`U`, scaled by the scalars, is added to the tensors.
    """

    def __init__(self, n_features: int, lmax: int) -> None:
        super().__init__()
        self.n_features, self.lmax = n_features, lmax
        self.mix = nn.ModuleList(variance_preserving(n_features, 2 * n_features, bias=False) for _ in range(lmax))
        self.gate = nn.Sequential(
            variance_preserving((1 + lmax) * n_features, n_features),
            nn.SiLU(),
            variance_preserving(n_features, (1 + 2 * lmax) * n_features),
        )

    def forward(self, scalars: Tensor, tensors: Tensor) -> tuple[Tensor, Tensor]:
        """New scalars (N, F) and tensors (N, C, F)."""
        parts = tensors.split([2 * degree + 1 for degree in range(1, self.lmax + 1)], dim=1)
        seen = [invariants(mix(part)) for mix, part in zip(self.mix, parts, strict=True)]
        lengths = [length for _, length, _ in seen]
        own, *gates = self.gate(torch.cat([scalars, *lengths], dim=-1)).split(self.n_features, dim=-1)
        new_scalars, new_parts = scalars + own, []
        for part, (u, _, product), inward, outward in zip(parts, seen, gates[::2], gates[1::2], strict=True):
            new_scalars = torch.addcmul(new_scalars, inward, product)
            new_parts.append(torch.addcmul(part, u, outward[:, None]))
        return new_scalars, torch.cat(new_parts, dim=1) if new_parts else tensors
