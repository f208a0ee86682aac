"""`PropertyModel`: graphs in, properties out, as a sum of atomic contributions and named global terms."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch_geometric.data import Batch, Data

from mlcluster.chem.elements import SYMBOLS
from mlcluster.model.config import ModelConfig
from mlcluster.nn.embedding import STATES, StateEmbedding
from mlcluster.nn.heads import MethodScale, TargetHead
from mlcluster.nn.linear import rounded_rows
from mlcluster.nn.message_choice import message_sum
from mlcluster.nn.painn import Interaction, Update
from mlcluster.nn.pooling import AtomWeights, sum_by_graph
from mlcluster.nn.prior import CompositionPrior, composition_inputs
from mlcluster.nn.radial import RadialBasis


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
        configuration has that prior, ``composition``.
    embedding
        Mean of the last atomic features, (G, F).
    """

    value: Tensor
    contributions: Tensor
    global_terms: dict[str, Tensor]
    embedding: Tensor


class PropertyModel(nn.Module):
    r"""Equivariant message passing network of the PaiNN type with features of degree 0 ... lmax.

    For target t of graph g, before the method scale,

    .. math:: z_{gt} = \sum_{i \in g} w_{it} y_{it} + \sum_k u_{kt}(s_{gk}), \qquad \sum_{i \in g} w_{it} = 1

    with weights w and values y from the scalar features of the atoms, and :math:`s_k` charge, multiplicity and
    valence electrons. A linear term of the composition, fitted before and fixed, is added in model space; the network
    then learns only what the composition leaves open. The three states also enter the first features of every atom.
    The output does not change under rotation, reflection, translation or a new order of the atoms. Mirror images
    therefore have equal properties.

    There is a row of features for each element up to curium. A row that training never met keeps its random start: the
    network then answers, but only the elements named in the ensemble's ``domain`` were learned.

    Parameters
    ----------
    config
        Sizes and channels. Weights are drawn from torch's global generator; `mlcluster.model.build_model` takes a seed.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        n_features, n_targets = config.n_features, len(config.targets)
        self.elements = nn.Embedding(len(SYMBOLS), n_features)
        self.states = nn.ModuleDict({name: StateEmbedding(n_features) for name in STATES})
        self.basis = RadialBasis(config.cutoff, config.n_radial)
        self.interactions = nn.ModuleList(
            Interaction(n_features, config.n_radial, config.lmax) for _ in range(config.n_layers)
        )
        self.updates = nn.ModuleList(Update(n_features, config.lmax) for _ in range(config.n_layers))
        self.norm = nn.LayerNorm(n_features)
        self.head = TargetHead(n_features, n_targets)
        self.weights = AtomWeights(n_features, n_targets)
        self.state_terms = nn.ModuleDict({name: nn.Linear(n_features, n_targets, bias=False) for name in STATES})
        self.methods = MethodScale(config.target_of_channel)
        self.composition = CompositionPrior(len(config.channels)) if config.prior == "composition" else None

    @torch.no_grad()
    def set_reference(self, mean: Tensor, deviation: Tensor) -> None:
        """Set, in model space, mean (C,) of the training labels and standard deviation (C,) of what the prior leaves.

        The network then learns standardised values, while its output stays in model space.
        """
        self.methods.mean.copy_(mean)
        self.methods.deviation.copy_(deviation)

    @torch.no_grad()
    def start_at_prior(self) -> None:
        """Zero the last maps: before the first step the model then says what mean and composition say."""
        for layer in (self.head.last, *self.state_terms.values()):
            for parameter in layer.parameters():
                parameter.zero_()

    def freeze_trunk(self) -> None:
        """Leave only the heads to be trained: pooling weights, target heads, state terms and method scales."""
        self.requires_grad_(False)
        for part in (self.head, self.weights, self.state_terms, self.methods):
            part.requires_grad_(True)

    def forward(self, batch: Batch | Data) -> ModelOutput:
        """Predict the graphs of a batch; a single graph counts as a batch of one."""
        dtype = self.methods.mean.dtype
        states = {name: embed(batch[name].to(dtype), batch[f"{name}_known"]) for name, embed in self.states.items()}
        n_graphs = len(batch["charge"])
        graph = getattr(batch, "batch", None)
        if graph is None:
            graph = torch.zeros_like(batch.atomic_numbers)

        scalars = self.elements(batch.atomic_numbers) + torch.stack(list(states.values())).sum(dim=0)[graph]
        n_atoms, n_rows = len(scalars), rounded_rows(len(scalars), scalars)
        # Rows beyond the atoms have no edges and are cut off again.
        scalars = functional.pad(scalars, (0, 0, 0, n_rows - n_atoms))
        tensors = scalars.new_zeros(n_rows, (self.config.lmax + 1) ** 2 - 1, self.config.n_features)
        vector, distance = batch.edge_vector.to(dtype), batch.edge_distance.to(dtype)
        messages = message_sum(batch.edge_index, vector, distance, n_rows, self.basis, self.config.lmax)
        for interaction, update in zip(self.interactions, self.updates, strict=True):
            scalars, tensors = interaction(scalars, tensors, messages)
            scalars, tensors = update(scalars, tensors)
        scalars = self.norm(scalars[:n_atoms])

        weights = self.weights(scalars, graph, n_graphs)
        contributions = self.methods(weights * self.head(scalars))
        terms = {name: self.methods(self.state_terms[name](state)) for name, state in states.items()}
        terms["method_offset"] = self.methods.constant().expand(n_graphs, -1)
        if self.composition is not None:
            inputs = (batch["charge"], batch["multiplicity"], dtype)
            terms["composition"] = self.composition(composition_inputs(batch.atomic_numbers, graph, n_graphs, *inputs))
        value = sum_by_graph(contributions, graph, n_graphs) + torch.stack(list(terms.values())).sum(dim=0)
        atoms = torch.bincount(graph, minlength=n_graphs)[:, None]
        return ModelOutput(value, contributions, terms, sum_by_graph(scalars, graph, n_graphs) / atoms)
