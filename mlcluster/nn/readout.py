r"""From features per atom to the channels of a cluster: heads, pooling, state terms, method scales and the prior.

An extensive target, one that two far copies of a structure have twice, is a sum over atoms and nothing else: each atom
counts :math:`1/\bar N`, with :math:`\bar N` the mean number of atoms in training; mean and composition term grow with
:math:`N/\bar N`; charge, multiplicity and valence electrons, which belong to no atom, have no term of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch_geometric.utils import softmax

from mlcluster.nn.atom_charges import AtomCharges
from mlcluster.nn.prior import LinearPrior


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
    extensive
        For each target whether it is a sum over atoms; none is when empty. With one that is, the mean number of atoms
        in training (`typical_atoms`) belongs to the reference.
    """

    target_of_channel: Tensor
    mean: Tensor
    deviation: Tensor
    extensive: Tensor
    typical_atoms: Tensor

    def __init__(self, target_of_channel: Sequence[int], extensive: Sequence[bool] = ()) -> None:
        super().__init__()
        n_channels = len(target_of_channel)
        self.register_buffer("target_of_channel", torch.tensor(target_of_channel), persistent=False)
        self.register_buffer("mean", torch.zeros(n_channels))
        self.register_buffer("deviation", torch.ones(n_channels))
        self.has_extensive = any(extensive)
        if self.has_extensive:
            self.register_buffer("typical_atoms", torch.ones(()))
            self.register_buffer("extensive", torch.tensor(extensive), persistent=False)
        self.offset = nn.Parameter(torch.zeros(n_channels))
        self.scale = nn.Parameter(torch.ones(n_channels))

    def forward(self, term: Tensor) -> Tensor:
        """Share of each channel (..., C) that a term (..., T) of the targets brings."""
        return term[..., self.target_of_channel] * (self.scale * self.deviation)

    def constant(self) -> Tensor:
        """Share of each channel (C,) that does not depend on the cluster: the method offset."""
        return self.mean + self.deviation * self.offset


class AtomWeights(nn.Module):
    """Learned weight of each atom for each target; over the atoms of a graph they sum to one.

    The pooled value is intensive: two far copies of a cluster give the value of one. Weights start equal.
    """

    def __init__(self, n_features: int, n_targets: int) -> None:
        super().__init__()
        self.logit = nn.Linear(n_features, n_targets, bias=False)
        nn.init.zeros_(self.logit.weight)

    def forward(self, scalars: Tensor, graph: Tensor, n_graphs: int) -> Tensor:
        """Weights (N, T) of atoms with features (N, F), where `graph` (N,) is the graph of each atom."""
        return softmax(self.logit(scalars), graph, num_nodes=n_graphs)


def sum_by_graph(values: Tensor, graph: Tensor, n_graphs: int) -> Tensor:
    """Sum over the atoms of each graph: (N, ...) to (G, ...)."""
    return values.new_zeros(n_graphs, *values.shape[1:]).index_add_(0, graph, values)


class ModelOutput(NamedTuple):
    """Predictions of a batch of G graphs with N atoms for C channels, in model space.

    ``value == contributions summed over the atoms of each graph + sum of global_terms``.

    Attributes
    ----------
    value
        (G, C).
    contributions
        Share of each atom, (N, C).
    global_terms
        Shares that belong to no atom, (G, C) each: ``charge``, ``multiplicity``, ``valence_electrons``,
        ``method_offset``, the mean of the training labels with the learned offset of the method, and, where the
        configuration has that prior, ``composition`` or ``calculation``.
    embedding
        Mean of the last atomic features, (G, F).
    atom_charges
        Charge of each atom, (N,), e; None where the configuration asks for none.
    """

    value: Tensor
    contributions: Tensor
    global_terms: dict[str, Tensor]
    embedding: Tensor
    atom_charges: Tensor | None = None


class Readout(nn.Module):
    """What every trunk shares: features per atom and features of the states become channel values.

    Parameters
    ----------
    n_features
        F.
    states
        Names of the states with a term of their own.
    target_of_channel
        For each channel the number of its target.
    with_composition
        Whether a linear term of the composition is added.
    extensive
        For each target whether it is a sum over atoms; none is when empty.
    with_charges
        Whether there is a head for the charges of atoms, `charges`.
    n_calculated
        Descriptors of a calculation that a linear term is added of; none when 0.
    """

    def __init__(
        self,
        n_features: int,
        states: Sequence[str],
        target_of_channel: Sequence[int],
        *,
        with_composition: bool,
        extensive: Sequence[bool] = (),
        with_charges: bool = False,
        n_calculated: int = 0,
    ) -> None:
        super().__init__()
        n_targets = len(set(target_of_channel))
        self.head = TargetHead(n_features, n_targets)
        self.weights = AtomWeights(n_features, n_targets)
        self.state_terms = nn.ModuleDict({name: nn.Linear(n_features, n_targets, bias=False) for name in states})
        self.methods = MethodScale(target_of_channel, extensive)
        self.composition = LinearPrior(len(target_of_channel)) if with_composition else None
        self.calculation = LinearPrior(len(target_of_channel), n_calculated) if n_calculated else None
        self.charges = AtomCharges(n_features) if with_charges else None

    @torch.no_grad()
    def start_at_prior(self) -> None:
        """Zero the last maps: before the first step the model then says what mean and composition say."""
        for layer in (self.head.last, *self.state_terms.values()):
            for parameter in layer.parameters():
                parameter.zero_()
        if self.charges is not None:
            self.charges.start_at_means()

    def forward(
        self,
        scalars: Tensor,
        states: Mapping[str, Tensor],
        graph: Tensor,
        composition: Tensor | None,
        calculated: Tensor | None = None,
    ) -> ModelOutput:
        """Channel values in model space.

        Parameters
        ----------
        scalars
            Features per atom, (N, F).
        states
            Features of each state, (G, F).
        graph
            Graph of each atom, (N,).
        composition
            `mlcluster.nn.prior.composition_inputs`, (G, D), where the composition has a term.
        calculated
            Descriptors of a calculation, (G, D'), where that has a term.
        """
        n_graphs = len(next(iter(states.values())))
        atoms = torch.bincount(graph, minlength=n_graphs)[:, None]
        weights = self.weights(scalars, graph, n_graphs)
        if self.methods.has_extensive:
            weights = torch.where(self.methods.extensive, 1.0 / self.methods.typical_atoms, weights)
        contributions = self.methods(weights * self.head(scalars))
        terms = {name: self.methods(self.state_terms[name](state)) for name, state in states.items()}
        terms["method_offset"] = self.methods.constant().expand(n_graphs, -1)
        if self.composition is not None and composition is not None:
            terms["composition"] = self.composition(composition)
        if self.calculation is not None and calculated is not None:
            terms["calculation"] = self.calculation(calculated)
        if self.methods.has_extensive:
            terms = self._growing(terms, atoms / self.methods.typical_atoms)
        value = sum_by_graph(contributions, graph, n_graphs) + torch.stack(list(terms.values())).sum(dim=0)
        return ModelOutput(value, contributions, terms, sum_by_graph(scalars, graph, n_graphs) / atoms)

    def _growing(self, terms: dict[str, Tensor], size: Tensor) -> dict[str, Tensor]:
        """Terms of extensive channels grow with the size (G, 1), and those of the states are left out."""
        grows = self.methods.extensive[self.methods.target_of_channel]
        return {
            name: torch.where(grows, torch.zeros_like(term) if name in self.state_terms else term * size, term)
            for name, term in terms.items()
        }
