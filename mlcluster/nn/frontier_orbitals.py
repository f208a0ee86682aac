"""HOMO, LUMO and gap of the GFN1-xTB Hamiltonian with the charges that a network gives its atoms.

The gap of a metal cluster is that of electrons which belong to all of its metals: a sum over atoms, each seeing a few
angstrom around it, cannot count them. Charges are local, and a network meets those of clusters it has never seen to
0.01 or 0.02 e; what they leave of the calculation is one diagonalisation, see
`mlcluster.electronic.core_hamiltonian`. A second head gives each atom a further potential, for what charges of atoms
alone do not say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch_geometric.data import Batch, Data

from mlcluster.electronic.kept_levels import known_frontier
from mlcluster.structure.cluster import Cluster

READ_OUT = ("homo", "lumo", "gap")
"""Targets that levels say, in the order of the columns of `read_out`."""


class Answers(NamedTuple):
    """HOMO and LUMO of G graphs with N atoms for some charges and potentials, and how they answer to others.

    Attributes
    ----------
    levels
        (G, 2), eV.
    by_charge, by_potential
        Change of both with charge and potential of each atom, (N, 2), eV/e and e.
    charges, shifts
        Of each atom, e and eV, that the levels are for, (N,).
    """

    levels: Tensor
    by_charge: Tensor
    by_potential: Tensor
    charges: Tensor
    shifts: Tensor


class PotentialShifts(nn.Module):
    """Potential of each atom beside that of the charges, eV, from its features (N, F); zero before training.

    Parameters
    ----------
    n_features
        F.
    """

    def __init__(self, n_features: int) -> None:
        super().__init__()
        hidden = max(n_features // 2, 4)
        self.layers = nn.Sequential(nn.Linear(n_features, hidden), nn.SiLU(), nn.Linear(hidden, 1))
        for parameter in self.layers[-1].parameters():
            nn.init.zeros_(parameter)

    def forward(self, scalars: Tensor) -> Tensor:
        """Potentials, (N,)."""
        return self.layers(scalars)[:, 0]


def read_out(charges: Tensor, shifts: Tensor, answers: Answers, graph: Tensor) -> Tensor:
    """HOMO, LUMO and gap of each graph, eV, (G, 3), to first order in what differs from the levels that are known.

    Where levels were found for charges next to these values are exact to 0.0003 eV, and gradients those of first-order
    perturbation, which are right where levels are not equal.

    Parameters
    ----------
    charges, shifts
        Of each atom, e and eV, (N,).
    answers
        Levels for charges near these.
    graph
        Graph of each atom, (N,).
    """
    known = Answers(*(each.to(charges) for each in answers))
    change = known.by_charge * (charges - known.charges)[:, None]
    change = change + known.by_potential * (shifts - known.shifts)[:, None]
    found = known.levels.index_add(0, graph, change)
    return torch.cat([found, found[:, 1:] - found[:, :1]], dim=1)


def known_answers(batch: Batch | Data) -> Answers | None:
    """Levels that the graphs of a batch bring, for training without diagonalising; None where they bring none."""
    if "frontier_levels" not in batch:
        return None
    charges = batch["known_charge"]
    return Answers(
        batch["frontier_levels"], batch["by_charge"], batch["by_potential"], charges, torch.zeros_like(charges)
    )


def diagonalised(charges: Tensor, shifts: Tensor, batch: Batch | Data, *, kept: bool = False) -> Answers:
    """Levels of each graph for charges and potentials of its atoms next to these, (N,) each.

    Whether they are `kept` is as in `known_frontier`.

    Raises
    ------
    CalculationError
        If a graph has none, see `core_hamiltonian`.
    """
    by_graph = (_by_graph(batch, each.detach()) for each in (charges, shifts))
    found = [
        known_frontier(cluster, charge.numpy(), shift.numpy(), kept=kept)
        for cluster, charge, shift in zip(_clusters(batch), *by_graph, strict=True)
    ]
    parts = (
        np.stack([each.found.levels_ev for each in found]),
        np.concatenate([each.found.by_charge for each in found]),
        np.concatenate([each.found.by_potential for each in found]),
        np.concatenate([each.charges_e for each in found]),
        np.concatenate([each.shifts_ev for each in found]),
    )
    return Answers(*map(torch.from_numpy, parts))


def _by_graph(batch: Batch | Data, values: Tensor) -> Sequence[Tensor]:
    sizes = torch.bincount(batch.batch).tolist() if "batch" in batch else [len(batch.atomic_numbers)]
    return values.double().cpu().split(sizes)


def _clusters(batch: Batch | Data) -> Iterator[Cluster]:
    parts = zip(
        *(_by_graph(batch, each) for each in (batch.atomic_numbers, batch.positions)),
        batch["charge"].tolist(),
        batch["charge_known"].tolist(),
        strict=True,
    )
    for numbers, places, charge, known in parts:
        yield Cluster(numbers=numbers.long().numpy(), positions=places.numpy(), charge=int(charge) if known else None)
