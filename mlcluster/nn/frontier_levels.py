r"""Gap between the frontier levels of a learned tight-binding Hamiltonian, one orbital an atom.

The gap of a metal cluster is that of electrons which belong to all of its metals: a sum over atoms, each seeing a few
angstrom around it, cannot count them. Here the features of the atoms only set the elements of a matrix,

.. math:: H_{ii} = e_{Z_i} + f(x_i), \qquad
          H_{ij} = -k_{Z_i} k_{Z_j} h(r_{ij}) + \sum_a u_a(x_i)\, u_a(x_j)\, g_a(r_{ij}),

whose eigenvalues are filled with the electrons that the cluster has: the superatom electrons, and two for each atom
that is no metal. Learned Hückel models: Zubatiuk et al., J. Chem. Phys. 2021, 154, 244108 (10.1063/5.0052857); s
orbitals of metal clusters: Wang, George, Lindsay, Beri, J. Chem. Phys. 1987, 86, 3493.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch_geometric.data import Batch, Data

from mlcluster.chem.elements import SYMBOLS, is_metal
from mlcluster.nn.edge_basis import RadialBasis

PRODUCTS = 16
"""Products u_a(x_i) u_a(x_j) of a coupling."""
N_RADIAL = 20
CONTACT = 2.8
"""Typical distance of touching gold or silver atoms, angstrom: where h is `FIRST_COUPLING` before it is learned."""
FIRST_COUPLING, DECAY = 1.3, 3.0
"""eV at contact, and how fast it falls with the distance over the contact (the decay of the kernels of `design`)."""
METAL_LEVEL, OTHER_LEVEL, HYDROGEN_LEVEL = 0.0, -4.0, -6.0
"""First on-site energies, eV, from that of the metals: orbitals of ligands lie below."""
BEYOND = 1e3
"""Level of rows that only fill up a batch, eV: no cluster reaches it."""


class FrontierLevels(nn.Module):
    """From features per atom to the gap between the highest filled and the lowest empty level.

    Parameters
    ----------
    n_features
        F.
    cutoff
        Radius of the graphs, angstrom; couplings vanish there.
    """

    metal: Tensor

    def __init__(self, n_features: int, cutoff: float) -> None:
        super().__init__()
        self.cutoff = cutoff
        self.register_buffer("metal", torch.from_numpy(is_metal(np.arange(len(SYMBOLS)))), persistent=False)
        level = torch.where(self.metal, METAL_LEVEL, OTHER_LEVEL)
        level[1] = HYDROGEN_LEVEL
        self.level = nn.Parameter(level)
        self.on_site = nn.Sequential(nn.Linear(n_features, n_features // 2), nn.SiLU(), nn.Linear(n_features // 2, 1))
        self.strength = nn.Parameter(torch.ones(len(SYMBOLS)))
        self.decay = nn.Parameter(torch.tensor(DECAY))
        self.basis = RadialBasis(cutoff, N_RADIAL)
        self.factors = nn.Linear(n_features, PRODUCTS)
        self.radial = nn.Linear(N_RADIAL, PRODUCTS, bias=False)
        self.uncounted = nn.Parameter(torch.tensor(1.0))
        for last in (self.on_site[-1], self.radial):
            for parameter in last.parameters():
                nn.init.zeros_(parameter)

    def forward(self, scalars: Tensor, batch: Batch | Data, graph: Tensor) -> Tensor:
        """Gap of each graph, eV.

        An odd number of electrons leaves the half-filled level empty. A cluster whose electrons could not be counted
        has one learned value, and one without a filled or an empty level that of the levels nearest to it.

        Parameters
        ----------
        scalars
            Features per atom, (N, F).
        batch
            Graphs with symmetric edges.
        graph
            Graph of each atom, (N,).

        Returns
        -------
        Tensor
            (G,).
        """
        atoms = torch.bincount(graph, minlength=len(batch["charge"]))
        levels = torch.linalg.eigvalsh(self._matrices(scalars, batch, graph, atoms).double())
        others = torch.bincount(graph, weights=(~self.metal[batch.atomic_numbers]).double(), minlength=len(atoms))
        filled = (batch["valence_electrons"].double() / 2).floor() + others
        filled = torch.minimum(filled.long().clamp(min=1), (atoms - 1).clamp(min=1))[:, None]
        gap = (levels.gather(1, filled) - levels.gather(1, filled - 1))[:, 0].to(scalars.dtype)
        return torch.where(batch["valence_electrons_known"] & (atoms > 1), gap, self.uncounted)

    def _matrices(self, scalars: Tensor, batch: Batch | Data, graph: Tensor, atoms: Tensor) -> Tensor:
        """Hamiltonian of each graph, (G, M, M) with the M of the largest one; rows too many lie far above."""
        most, numbers = int(atoms.max()), batch.atomic_numbers
        place = torch.arange(len(graph), device=graph.device) - (atoms.cumsum(0) - atoms)[graph]
        sender, receiver = batch.edge_index
        distance = batch.edge_distance.to(scalars.dtype)
        bare = FIRST_COUPLING * torch.exp(-self.decay * (distance / CONTACT - 1)).clamp(max=math.exp(DECAY))
        bare = bare * self.strength[numbers[sender]] * self.strength[numbers[receiver]]
        bare = bare * 0.5 * (torch.cos(math.pi * distance / self.cutoff) + 1)
        factors = self.factors(scalars)
        learned = (factors[sender] * factors[receiver] * self.radial(self.basis(distance))).sum(dim=1)
        matrix = scalars.new_zeros(len(atoms), most, most)
        matrix[graph[sender], place[receiver], place[sender]] = learned - bare
        own = scalars.new_full((len(atoms), most), BEYOND)
        own[graph, place] = self.level[numbers] + self.on_site(scalars)[:, 0]
        return matrix + torch.diag_embed(own)
