"""First features of an atom: its element, and what is known of the electrons of the whole cluster."""

from __future__ import annotations

import torch
from torch import Tensor, nn

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
