"""What the composition, or a calculation, says of a property: a linear term the network only has to correct."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from mlcluster.chem.elements import SYMBOLS, is_metal

EXTRAS = ("log_atoms", "log_metals", "charge_per_metal", "unpaired_electrons")
"""Inputs beside the fraction of each element."""

N_INPUTS = len(SYMBOLS) + len(EXTRAS)


def composition_inputs(
    atomic_numbers: Tensor, graph: Tensor, n_graphs: int, charge: Tensor, multiplicity: Tensor, dtype: torch.dtype
) -> Tensor:
    """Element fractions, logarithms of the numbers of atoms and metal atoms, charge a metal, unpaired electrons.

    Parameters
    ----------
    atomic_numbers, graph
        Of each atom, (N,), and the graph it belongs to, (N,).
    n_graphs
        G.
    charge, multiplicity
        (G,), 0 where unknown: an unknown charge enters as neutral, an unknown multiplicity as closed-shell.
    dtype
        Of the result.

    Returns
    -------
    Tensor
        (G, `N_INPUTS`).
    """
    counts = torch.bincount(graph * len(SYMBOLS) + atomic_numbers, minlength=n_graphs * len(SYMBOLS))
    counts = counts.view(n_graphs, len(SYMBOLS)).to(dtype)
    atoms = counts.sum(dim=1).clamp(min=1)
    metal = torch.from_numpy(is_metal(np.arange(len(SYMBOLS)))).to(counts.device, dtype)
    metals = (counts @ metal).clamp(min=1)
    extras = (atoms.log(), metals.log(), charge.to(dtype) / metals, (multiplicity.to(dtype) - 1).clamp(min=0))
    return torch.cat([counts / atoms[:, None], torch.stack(extras, dim=1)], dim=1)


class LinearPrior(nn.Module):
    r"""Linear term :math:`b_c \cdot (x_g - \bar x_c)` of inputs x, by default those of `composition_inputs`.

    The coefficients are fitted by ridge regression before the network is trained, and do not change after. An element
    that training never met has the coefficient 0.

    Parameters
    ----------
    n_channels
        C.
    n_inputs
        D.
    """

    coefficients: Tensor
    center: Tensor

    def __init__(self, n_channels: int, n_inputs: int = N_INPUTS) -> None:
        super().__init__()
        self.register_buffer("coefficients", torch.zeros(n_channels, n_inputs))
        self.register_buffer("center", torch.zeros(n_channels, n_inputs))

    @torch.no_grad()
    def set(self, coefficients: Tensor, center: Tensor) -> None:
        """Take over fitted coefficients and the inputs at which the term vanishes, (C, D) each."""
        self.coefficients.copy_(coefficients)
        self.center.copy_(center)

    def forward(self, inputs: Tensor) -> Tensor:
        """Term of each channel, (G, C), in model space."""
        return torch.einsum("gcd,cd->gc", inputs[:, None] - self.center, self.coefficients)
