"""HOMO, LUMO and gap of the GFN1-xTB Hamiltonian with the charges that a network gives its atoms.

The gap of a metal cluster is that of electrons which belong to all of its metals: a sum over atoms, each seeing a few
angstrom around it, cannot count them. Charges are local, and a network meets those of clusters it has never seen to
0.01 or 0.02 e; what they leave of the calculation is one diagonalisation, see
`mlcluster.electronic.core_hamiltonian`. A second head gives each atom a further potential, for what charges of atoms
alone do not say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch_geometric.data import Batch, Data

from mlcluster.electronic.core_hamiltonian import CoreHamiltonian, core_hamiltonian, frontier
from mlcluster.structure.cluster import Cluster

READ_OUT = ("homo", "lumo", "gap")
"""Targets that levels say, in the order of the columns of `FrontierOrbitals`."""
CORES = "cores"
"""Field of a batch for the `CoreHamiltonian` of each graph, where they are known before."""


class FrontierOrbitals(nn.Module):
    """From features and charges of atoms to the frontier levels of each graph.

    Diagonalising takes longer than all the rest, so training does without: graphs that bring their levels for known
    charges, and how these answer to other ones (`frontier_levels`, ``by_charge``, ``by_potential``, ``known_charge``),
    are read out to first order. Others are diagonalised; gradients are those of first-order perturbation, which are
    exact where levels are not equal.

    Parameters
    ----------
    n_features
        Features F per atom.
    """

    def __init__(self, n_features: int) -> None:
        super().__init__()
        hidden = max(n_features // 2, 4)
        self.shift = nn.Sequential(nn.Linear(n_features, hidden), nn.SiLU(), nn.Linear(hidden, 1))
        for parameter in self.shift[-1].parameters():
            nn.init.zeros_(parameter)

    def forward(self, scalars: Tensor, charges: Tensor, batch: Batch | Data, graph: Tensor) -> Tensor:
        """HOMO, LUMO and gap of each graph, eV, (G, 3).

        Parameters
        ----------
        scalars
            Features per atom, (N, F).
        charges
            Of each atom, (N,), e.
        batch
            Graphs.
        graph
            Graph of each atom, (N,).

        Raises
        ------
        CalculationError
            If a graph without known levels has none, see `core_hamiltonian`.
        """
        shifts = self.shift(scalars)[:, 0]
        if "frontier_levels" in batch:
            at, about = batch, (batch["known_charge"], torch.zeros_like(shifts))
        else:
            at, about = self._diagonalised(charges, shifts, batch), (charges.detach(), shifts.detach())
        by_charge, by_potential, levels = (
            at[name].to(scalars) for name in ("by_charge", "by_potential", "frontier_levels")
        )
        change = by_charge * (charges - about[0])[:, None] + by_potential * (shifts - about[1])[:, None]
        found = levels.index_add(0, graph, change)
        return torch.cat([found, found[:, 1:] - found[:, :1]], dim=1)

    def _diagonalised(self, charges: Tensor, shifts: Tensor, batch: Batch | Data) -> Mapping[str, Tensor]:
        cores = batch[CORES] if CORES in batch else cores_of(batch)
        sizes = [len(core.coulomb) for core in cores]
        parts = zip(cores, *(each.detach().double().cpu().split(sizes) for each in (charges, shifts)), strict=True)
        found = [frontier(core, charge.numpy(), shift.numpy()) for core, charge, shift in parts]
        return {
            "frontier_levels": torch.from_numpy(np.stack([each.levels_ev for each in found])),
            "by_charge": torch.from_numpy(np.concatenate([each.by_charge for each in found])),
            "by_potential": torch.from_numpy(np.concatenate([each.by_potential for each in found])),
        }


def cores_of(batch: Batch | Data) -> Sequence[CoreHamiltonian]:
    """Integrals of each graph of a batch.

    Raises
    ------
    CalculationError
        See `core_hamiltonian`.
    """
    sizes = torch.bincount(batch.batch).tolist() if "batch" in batch else [len(batch.atomic_numbers)]
    parts = zip(
        *(each.cpu().split(sizes) for each in (batch.atomic_numbers, batch.positions)),
        batch["charge"].tolist(),
        batch["charge_known"].tolist(),
        strict=True,
    )
    return [
        core_hamiltonian(
            Cluster(numbers=number.numpy(), positions=place.double().numpy(), charge=int(charge) if known else None)
        )
        for number, place, charge, known in parts
    ]
