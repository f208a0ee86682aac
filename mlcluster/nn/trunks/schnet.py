"""SchNet, from PyTorch Geometric's own blocks on our neighbour list: it sees distances and no directions."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch_geometric.data import Batch, Data


class SchnetConfig(BaseModel):
    """Sizes of the trunk."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Literal["schnet"] = "schnet"
    n_layers: int = Field(3, ge=1, le=12)
    n_filters: int = Field(64, ge=4, le=1024, description="features of the continuous filters")
    n_gaussians: int = Field(50, ge=4, le=256, description="Gaussians that expand a distance")

    def described(self, n_features: int) -> str:
        """Sizes in words, for cards."""
        return f"{n_features} features, {self.n_filters} filters, {self.n_layers} layers"


class SchnetTrunk(nn.Module):
    """Interaction blocks of `torch_geometric.nn.models.SchNet`; the edges of a graph take the place of its own search.

    Parameters
    ----------
    config
        Sizes.
    n_features
        Features F per atom.
    cutoff
        Radius of the graphs, angstrom; the filters end there as half a cosine.
    """

    config_type: ClassVar[type[SchnetConfig]] = SchnetConfig
    citation: ClassVar[str] = (
        "K. T. Schütt et al., SchNet: a continuous-filter convolutional neural network for modeling quantum "
        "interactions, NeurIPS 2017, arXiv:1706.08566; blocks of PyTorch Geometric, arXiv:1903.02428"
    )

    def __init__(self, config: SchnetConfig, n_features: int, cutoff: float) -> None:
        # Inside: all layers of PyTorch Geometric take a second to load, and the other trunks need none of them.
        from torch_geometric.nn.models.schnet import GaussianSmearing, InteractionBlock

        super().__init__()
        self.expansion = GaussianSmearing(0.0, cutoff, config.n_gaussians)
        sizes: tuple[Any, ...] = (n_features, config.n_gaussians, config.n_filters, cutoff)
        self.interactions = nn.ModuleList(InteractionBlock(*sizes) for _ in range(config.n_layers))
        self.norm = nn.LayerNorm(n_features)

    def forward(self, scalars: Tensor, batch: Batch | Data) -> Tensor:
        """Last features per atom (N, F) from the first ones."""
        distance = batch.edge_distance.to(scalars.dtype)
        expanded = self.expansion(distance)
        for interaction in self.interactions:
            scalars = scalars + interaction(scalars, batch.edge_index, distance, expanded)
        return self.norm(scalars)
