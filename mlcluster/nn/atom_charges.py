"""Charges of atoms, which sum to the charge of their cluster: a head beside those of the targets."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch_geometric.utils import scatter

from mlcluster.chem.elements import SYMBOLS


def summing_to(charges: Tensor, graph: Tensor, total: Tensor, known: Tensor) -> Tensor:
    """Charges shifted by one amount for all atoms of a graph, so that they sum to its charge.

    Parameters
    ----------
    charges, graph
        Of each atom, e, and the graph it belongs to, (N,).
    total, known
        Charge of each graph, e, and whether it is known, (G,); where it is not, nothing is shifted.

    Returns
    -------
    Tensor
        (N,), e.
    """
    n_graphs = len(total)
    atoms = torch.bincount(graph, minlength=n_graphs).clamp(min=1)
    missing = (total - scatter(charges, graph, dim_size=n_graphs, reduce="sum")) / atoms
    return charges + torch.where(known, missing, torch.zeros_like(missing))[graph]


class AtomCharges(nn.Module):
    r"""Charge of each atom from its features.

    .. math:: q_i = r_i + \frac{1}{N} \Big(Q - \sum_j r_j\Big), \qquad r_i = \bar q_{Z_i} + \sigma h(x_i)

    with the charge Q of the cluster, the mean charge :math:`\bar q_Z` of each element in training and the deviation
    :math:`\sigma` of what those means leave, which are set once, and a small network h. Two far copies of a structure
    have the charges of one.

    Parameters
    ----------
    n_features
        Features F per atom.
    """

    element_means: Tensor
    deviation: Tensor

    def __init__(self, n_features: int) -> None:
        super().__init__()
        hidden = max(n_features // 2, 4)
        self.layers = nn.Sequential(nn.Linear(n_features, hidden), nn.SiLU(), nn.Linear(hidden, 1))
        self.register_buffer("element_means", torch.zeros(len(SYMBOLS)))
        self.register_buffer("deviation", torch.ones(()))

    @torch.no_grad()
    def set_reference(self, element_means: Tensor, deviation: float) -> None:
        """Take over the mean charge of each element, e, (elements,), and the deviation of what they leave, e."""
        self.element_means.copy_(element_means)
        self.deviation.fill_(deviation)

    @torch.no_grad()
    def start_at_means(self) -> None:
        """Zero the last map: before the first step the charges are the means of the elements, shifted."""
        for parameter in self.layers[-1].parameters():
            parameter.zero_()

    def forward(self, scalars: Tensor, atomic_numbers: Tensor, graph: Tensor, total: Tensor, known: Tensor) -> Tensor:
        """Charges (N,), e, of atoms with features (N, F); the rest as for `summing_to`."""
        own = self.element_means[atomic_numbers] + self.deviation * self.layers(scalars)[:, 0]
        return summing_to(own, graph, total.to(own), known)
