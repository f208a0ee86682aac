"""A trunk: features of each atom and a map of the sum over its neighbours, a few times."""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import nn
from torch_geometric.data import Batch, Data


class SumsConfig(BaseModel):
    """Section ``model.trunk`` of a configuration."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Literal["neighbour_sums"] = "neighbour_sums"
    n_layers: int = Field(2, ge=1, le=8, description="times that atoms look at their neighbours")

    def described(self, n_features: int) -> str:
        """A line for model cards."""
        return f"sums over neighbours, {self.n_layers} layers of {n_features} features"


class SumsTrunk(nn.Module):
    """First features per atom (N, F) to last ones (N, F); nothing changes when a cluster is turned or moved."""

    config_type = SumsConfig
    citation = "mlcluster-example"

    def __init__(self, config: SumsConfig, n_features: int, cutoff: float) -> None:
        super().__init__()
        self.cutoff = cutoff
        self.layers = nn.ModuleList(nn.Linear(n_features, n_features) for _ in range(config.n_layers))

    def forward(self, scalars: torch.Tensor, batch: Batch | Data) -> torch.Tensor:
        """One step for each layer, weighted by distance."""
        sender, receiver = batch.edge_index
        weight = 0.5 * (torch.cos(torch.pi * batch.edge_distance.to(scalars.dtype) / self.cutoff) + 1.0)
        for layer in self.layers:
            message = layer(scalars)[sender] * weight.unsqueeze(1)
            scalars = scalars + torch.tanh(torch.zeros_like(scalars).index_add(0, receiver, message))
        return scalars
