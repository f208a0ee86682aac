"""Charges of atoms before a network is trained: means of the elements, and what they leave to be learned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor
from torch_geometric.data import Data

from mlcluster.chem.elements import SYMBOLS
from mlcluster.data.datamodule import charge_rows
from mlcluster.data.labelled import LabelledCluster
from mlcluster.errors import DataError
from mlcluster.levels.network.property_model import PropertyModel
from mlcluster.nn.atom_charges import summing_to


def check_charges(items: Iterable[LabelledCluster]) -> None:
    """Refuse to learn charges of atoms where no entry has any.

    Raises
    ------
    DataError
        With the sources that have none.
    """
    sources: dict[str, None] = {}
    for item in items:
        if charge_rows(item)[1].any():
            return
        sources[item.source or "the data"] = None
    raise DataError(
        "no entry has charges of its atoms to learn from.",
        site="model.atom_charges",
        found=", ".join(sources),
        hint="The sources generated and gfn1_models have them; or leave model.atom_charges false.",
    )


def element_means(numbers: Tensor, charges: Tensor) -> Tensor:
    """Mean charge of each element, (elements,), e, of atoms of these atomic numbers and charges, (N,); 0 for others."""
    count = torch.bincount(numbers, minlength=len(SYMBOLS))
    total = torch.zeros(len(SYMBOLS), dtype=torch.float64).index_add_(0, numbers, charges.double())
    return total / count.clamp(min=1)


def fit_charges(model: PropertyModel, graphs: Sequence[Data]) -> None:
    """Set what the charges of atoms are counted from: means of the elements, and the deviation of what they leave.

    Parameters
    ----------
    model
        Network to set; one without charges of atoms is left as it is, and so is one none of whose graphs has any.
    graphs
        Labelled training graphs.
    """
    known = [graph for graph in graphs if bool(graph.atom_charge_mask.all())]
    if model.readout.charges is None or not known:
        return
    numbers, charges = (torch.cat([graph[key] for graph in known]) for key in ("atomic_numbers", "atom_charge"))
    means = element_means(numbers, charges)
    left = charges - from_means(means, known)
    deviation = float(left.square().mean().sqrt())
    model.readout.charges.set_reference(means, deviation if deviation > 1e-6 else 1.0)


def from_means(means: Tensor, graphs: Sequence[Data]) -> Tensor:
    """Charges (N,), e, of all atoms of graphs by the means of the elements alone, which sum to that of each graph."""
    sizes = torch.tensor([graph.num_nodes for graph in graphs])
    graph = torch.repeat_interleave(torch.arange(len(graphs)), sizes)
    total, known = (torch.cat([each[key] for each in graphs]) for key in ("charge", "charge_known"))
    return summing_to(means[torch.cat([each.atomic_numbers for each in graphs])], graph, total.double(), known)
