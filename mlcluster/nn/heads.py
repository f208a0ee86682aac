"""Outputs: one head a target, and an offset and a scale for each method of that target."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class TargetHead(nn.Module):
    """Per-atom value of each target, (N, F) to (N, T); all but the last map is shared."""

    def __init__(self, n_features: int, n_targets: int) -> None:
        super().__init__()
        hidden = max(n_features // 2, 4)
        self.layers = nn.Sequential(nn.Linear(n_features, hidden), nn.SiLU(), nn.Linear(hidden, n_targets))

    @property
    def last(self) -> nn.Linear:
        """The map of each target's own."""
        return self.layers[-1]  # type: ignore[return-value]

    def forward(self, scalars: Tensor) -> Tensor:
        """Per-atom values, (N, T)."""
        return self.layers(scalars)


class MethodScale(nn.Module):
    r"""Target values become channel values, :math:`y_c = \mu_c + \sigma_c (o_c + s_c z_{t(c)})`.

    The reference :math:`\mu_c, \sigma_c` is the mean and standard deviation of the training labels, set once; the
    offset :math:`o_c` and the scale :math:`s_c` are learned and say how the methods of one target differ.

    Parameters
    ----------
    target_of_channel
        For each channel the number of its target.
    """

    target_of_channel: Tensor
    mean: Tensor
    deviation: Tensor

    def __init__(self, target_of_channel: Sequence[int]) -> None:
        super().__init__()
        n_channels = len(target_of_channel)
        self.register_buffer("target_of_channel", torch.tensor(target_of_channel), persistent=False)
        self.register_buffer("mean", torch.zeros(n_channels))
        self.register_buffer("deviation", torch.ones(n_channels))
        self.offset = nn.Parameter(torch.zeros(n_channels))
        self.scale = nn.Parameter(torch.ones(n_channels))

    def forward(self, term: Tensor) -> Tensor:
        """Share of each channel (..., C) that a term (..., T) of the targets brings."""
        return term[..., self.target_of_channel] * (self.scale * self.deviation)

    def constant(self) -> Tensor:
        """Share of each channel (C,) that does not depend on the cluster: the method offset."""
        return self.mean + self.deviation * self.offset
