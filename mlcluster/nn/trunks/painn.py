"""PaiNN with features of degree 0 ... lmax: each layer is an exchange between neighbours, then one inside each atom."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn import functional
from torch_geometric.data import Batch, Data

from mlcluster.nn.cpu import compiled_path_serves
from mlcluster.nn.cpu.linear import Linear, rounded_rows
from mlcluster.nn.edge_basis import RadialBasis
from mlcluster.nn.message import MessageSum, message_sum

SMALLEST = 1e-8
"""Added to squared lengths: keeps the derivative of the root finite where a feature vanishes by symmetry."""

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
        Features F per atom and component.
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
        sent = self.sender(self.norm(scalars)).to(tensors.dtype)
        received = message_sum(sent, tensors, self.filters)
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
        seen = [invariants(mix(part).to(part.dtype)) for mix, part in zip(self.mix, parts, strict=True)]
        lengths = [length for _, length, _ in seen]
        gate = self.gate(torch.cat([scalars, *lengths], dim=-1)).to(scalars.dtype)
        own, *gates = gate.split(self.n_features, dim=-1)
        new_scalars, new_parts = scalars + own, []
        for part, (u, _, product), inward, outward in zip(parts, seen, gates[::2], gates[1::2], strict=True):
            new_scalars = torch.addcmul(new_scalars, inward, product)
            new_parts.append(torch.addcmul(part, u, outward[:, None]))
        return new_scalars, torch.cat(new_parts, dim=1) if new_parts else tensors


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
        from mlcluster.nn.cpu.fused_invariants import FusedInvariants

        return FusedInvariants.apply(mixed, SMALLEST)
    u, v = mixed.chunk(2, dim=-1)
    return u, (v.square().sum(dim=1) + SMALLEST).sqrt(), (u * v).sum(dim=1)


class PainnConfig(BaseModel):
    """Sizes of the trunk."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Literal["painn"] = "painn"
    lmax: int = Field(
        2, ge=0, le=2, description="largest degree of the features; 0 sees no directions and is there to compare with"
    )
    n_layers: int = Field(3, ge=1, le=12)
    n_radial: int = Field(20, ge=4, le=128, description="radial functions")

    def described(self, n_features: int) -> str:
        """Sizes in words, for cards."""
        return f"l = {self.lmax}, {n_features} features, {self.n_layers} layers"


class PainnTrunk(nn.Module):
    """Layers of `Interaction` and `Update`; tensors start at zero and are seen through their invariants only.

    Parameters
    ----------
    config
        Sizes.
    n_features
        Features F per atom and component.
    cutoff
        Radius of the graphs, angstrom.
    """

    config_type: ClassVar[type[PainnConfig]] = PainnConfig
    citation: ClassVar[str] = (
        "K. T. Schütt, O. T. Unke, M. Gastegger, Equivariant message passing for the prediction of tensorial "
        "properties and molecular spectra, ICML 2021, arXiv:2102.03150; extended to l = 2 component by component"
    )

    def __init__(self, config: PainnConfig, n_features: int, cutoff: float) -> None:
        super().__init__()
        self.lmax = config.lmax
        self.basis = RadialBasis(cutoff, config.n_radial)
        self.interactions = nn.ModuleList(
            Interaction(n_features, config.n_radial, config.lmax) for _ in range(config.n_layers)
        )
        self.updates = nn.ModuleList(Update(n_features, config.lmax) for _ in range(config.n_layers))
        self.norm = nn.LayerNorm(n_features)

    def forward(self, scalars: Tensor, batch: Batch | Data) -> Tensor:
        """Last features per atom (N, F) from the first ones."""
        n_atoms, n_rows = len(scalars), rounded_rows(len(scalars), scalars)
        # Rows beyond the atoms have no edges and are cut off again.
        scalars = functional.pad(scalars, (0, 0, 0, n_rows - n_atoms))
        tensors = scalars.new_zeros(n_rows, (self.lmax + 1) ** 2 - 1, scalars.shape[1])
        vector, distance = batch.edge_vector.to(scalars.dtype), batch.edge_distance.to(scalars.dtype)
        messages = message_sum(batch.edge_index, vector, distance, n_rows, self.basis, self.lmax)
        for interaction, update in zip(self.interactions, self.updates, strict=True):
            scalars, tensors = interaction(scalars, tensors, messages)
            scalars, tensors = update(scalars, tensors)
        return self.norm(scalars[:n_atoms])
