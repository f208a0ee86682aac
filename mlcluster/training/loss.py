"""Masked loss in standardised model space; a bound costs only where it is broken."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F


def masked_loss(
    predicted: torch.Tensor,
    label: torch.Tensor,
    mask: torch.Tensor,
    bound: torch.Tensor,
    scale: torch.Tensor,
    *,
    kind: Literal["huber", "l2", "l1"] = "huber",
    delta: float = 1.0,
) -> torch.Tensor:
    """Mean loss over the labels that are there.

    Parameters
    ----------
    predicted, label
        Model space, (G, C).
    mask
        Which labels are there, (G, C) bool.
    bound
        1 where the true value is at least the label, -1 where at most, 0 where it is the label, (G, C).
    scale
        Spread of each channel's training labels, (C,): residuals count in units of it.
    kind, delta
        Huber with its turning point, squared or absolute error.

    Returns
    -------
    torch.Tensor
        A scalar; 0 when no label is there.
    """
    residual = (predicted - label) / scale
    # A prediction above a lower bound, or below an upper one, agrees with all that is known.
    agrees = bound * residual > 0
    residual = residual.masked_fill(agrees | ~mask, 0.0)
    zero = torch.zeros_like(residual)
    if kind == "huber":
        each = F.huber_loss(residual, zero, reduction="none", delta=delta)
    else:
        each = residual.square() if kind == "l2" else residual.abs()
    return each.sum() / mask.sum().clamp(min=1)
