"""First features per atom: its element, and what is known of the electrons of the whole cluster."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch_geometric.data import Batch, Data

from mlcluster.chem.elements import SYMBOLS

STATES = ("charge", "multiplicity", "valence_electrons")
"""Graph inputs, each with a companion ``<name>_known``."""


class StateEmbedding(nn.Module):
    """Features of one number that may be unknown.

    A known value passes through a small network of ``asinh(value)``, which keeps the sign and brings a count of 58
    near one of 8. An unknown one has a learned vector of its own, which is not that of the value 0.
    """

    def __init__(self, n_features: int) -> None:
        super().__init__()
        self.known = nn.Sequential(nn.Linear(1, n_features), nn.SiLU(), nn.Linear(n_features, n_features))
        self.unknown = nn.Parameter(0.1 * torch.randn(n_features))

    def forward(self, value: Tensor, known: Tensor) -> Tensor:
        """Features (G, F) of values (G,) where `known` (G,) is true."""
        return torch.where(known[:, None], self.known(value[:, None].asinh()), self.unknown)


class FirstFeatures(nn.Module):
    """Features per atom before any neighbour is seen, and those of the states of each graph.

    There is a row for each element up to curium. A row that training never met keeps its random start: the network then
    answers, but only the elements named in the ensemble's ``domain`` were learned.

    Parameters
    ----------
    n_features
        F.
    """

    def __init__(self, n_features: int) -> None:
        super().__init__()
        self.elements = nn.Embedding(len(SYMBOLS), n_features)
        self.states = nn.ModuleDict({name: StateEmbedding(n_features) for name in STATES})

    def forward(self, batch: Batch | Data, graph: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Features per atom (N, F) and of each state (G, F) of graphs, where `graph` (N,) is the graph of each atom."""
        dtype = self.elements.weight.dtype
        states = {name: embed(batch[name].to(dtype), batch[f"{name}_known"]) for name, embed in self.states.items()}
        return self.elements(batch.atomic_numbers) + torch.stack(list(states.values())).sum(dim=0)[graph], states
