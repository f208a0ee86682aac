"""Masked loss in standardised model space; a bound costs only where it is broken."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch_geometric.utils import scatter

Kind = Literal["huber", "l2", "l1"]


def within_families(
    predicted: torch.Tensor, label: torch.Tensor, mask: torch.Tensor, family: torch.Tensor
) -> torch.Tensor:
    r"""Predictions whose errors are those within families: what is wrong with a whole family is taken out.

    The error :math:`e_{gc}` becomes :math:`\sqrt{n/(n-1)}\,(e_{gc} - \bar e_{fc})` with the mean over the n labels that
    family f has in the batch, so that its expected square does not depend on n. A family with one label says nothing.
    Families differ by more than composition and structure can say when there are a dozen of them; how the members of
    one differ is what comparisons of isomers and defects ask for.

    Parameters
    ----------
    predicted, label, mask
        As for `masked_loss`.
    family
        Number of the family of each graph, (G,).

    Returns
    -------
    torch.Tensor
        Label plus that error, (G, C).
    """
    numbers = torch.unique(family, return_inverse=True)[1]
    error = (predicted - label).masked_fill(~mask, 0.0)
    count = torch.zeros_like(error).index_add_(0, numbers, mask.to(error.dtype))
    mean = torch.zeros_like(count).index_add_(0, numbers, error) / count.clamp(min=1)
    inflation = (count / (count - 1).clamp(min=1)).sqrt()
    return label + ((error - mean[numbers]) * inflation[numbers]).masked_fill(~mask, 0.0)


def masked_loss(
    predicted: torch.Tensor,
    label: torch.Tensor,
    mask: torch.Tensor,
    bound: torch.Tensor,
    scale: torch.Tensor,
    *,
    kind: Kind = "huber",
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
    return _penalty(residual, kind, delta).sum() / mask.sum().clamp(min=1)


def charge_loss(
    predicted: torch.Tensor,
    label: torch.Tensor,
    mask: torch.Tensor,
    graph: torch.Tensor,
    n_graphs: int,
    scale: torch.Tensor,
    *,
    kind: Kind = "huber",
    delta: float = 1.0,
) -> torch.Tensor:
    """Mean over graphs of the mean loss over the charges of their atoms: a large cluster counts as a small one.

    Parameters
    ----------
    predicted, label
        Charges of atoms, (N,), e.
    mask
        Which labels are there, (N,) bool.
    graph, n_graphs
        Graph of each atom, (N,), and G.
    scale
        Residuals count in units of it, e, ().
    kind, delta
        As for `masked_loss`.

    Returns
    -------
    torch.Tensor
        A scalar; 0 when no label is there.
    """
    residual = ((predicted - label) / scale).masked_fill(~mask, 0.0)
    total = scatter(_penalty(residual, kind, delta), graph, dim_size=n_graphs, reduce="sum")
    count = torch.bincount(graph[mask], minlength=n_graphs)
    return (total / count.clamp(min=1)).sum() / (count > 0).sum().clamp(min=1)


def _penalty(residual: torch.Tensor, kind: Kind, delta: float) -> torch.Tensor:
    if kind == "huber":
        return F.huber_loss(residual, torch.zeros_like(residual), reduction="none", delta=delta)
    return residual.square() if kind == "l2" else residual.abs()
