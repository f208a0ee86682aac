"""`PropertyModel`: graphs in, properties out, as a sum of atomic contributions and named global terms."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch_geometric.data import Batch, Data

from mlcluster.errors import ModelError
from mlcluster.levels.network.network_config import ModelConfig
from mlcluster.nn.embedding import STATES, FirstFeatures
from mlcluster.nn.frontier_orbitals import Answers, PotentialShifts, diagonalised, known_answers, read_out
from mlcluster.nn.prior import composition_inputs
from mlcluster.nn.readout import ModelOutput, Readout
from mlcluster.nn.trunks import trunk_named

FRONTIER = "frontier_orbitals"
"""Name of the global term of the levels."""


class BeforeLevels(NamedTuple):
    """What a network says of a batch before levels are read out.

    Attributes
    ----------
    output
        Without the term of the levels.
    charges, shifts
        Of each atom, e and eV, (N,); None where no levels are read out.
    graph
        Graph of each atom, (N,).
    """

    output: ModelOutput
    charges: Tensor | None
    shifts: Tensor | None
    graph: Tensor


class PropertyModel(nn.Module):
    r"""A trunk between first features per atom and a readout that all trunks share.

    For target t of graph g, before the method scale,

    .. math:: z_{gt} = \sum_{i \in g} w_{it} y_{it} + \sum_k u_{kt}(s_{gk}), \qquad \sum_{i \in g} w_{it} = 1

    with weights w and values y from the scalar features per atom, and :math:`s_k` charge, multiplicity and valence
    electrons; an extensive target is the plain sum of its atoms, see `mlcluster.nn.readout`. A linear term of the
    composition, or of descriptors of a calculation, fitted before and fixed, is added in model space; the network then
    learns only what that leaves open. With ``frontier: hamiltonian`` gap, HOMO and LUMO have a term of
    `mlcluster.nn.frontier_orbitals` too, and all else corrects it. The three states also enter the first features of
    every atom. The output does not change under rotation, reflection, translation or a new order of the atoms. Mirror
    images therefore have equal properties.

    Parameters
    ----------
    config
        Sizes and channels. Weights are drawn from torch's global generator; `build_model` takes a seed.
    """

    read_out: Tensor
    level: Tensor
    own: Tensor

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.first = FirstFeatures(config.n_features)
        self.trunk = trunk_named(config.trunk.name)(config.trunk, config.n_features, config.cutoff)  # type: ignore[attr-defined]
        self.readout = Readout(
            config.n_features,
            STATES,
            config.target_of_channel,
            with_composition=config.prior == "composition",
            extensive=config.extensive,
            with_charges=config.atom_charges,
            n_calculated=config.n_calculated,
        )
        self.frontier = PotentialShifts(config.n_features) if config.frontier == "hamiltonian" else None
        levels = config.level_of_channel
        self.register_buffer("read_out", torch.tensor([k is not None for k in levels]), persistent=False)
        self.register_buffer("own", torch.tensor(config.levels_are_own), persistent=False)
        self.register_buffer("level", torch.tensor([k or 0 for k in levels]), persistent=False)

    @torch.no_grad()
    def set_reference(self, mean: Tensor, deviation: Tensor) -> None:
        """Set, in model space, mean (C,) of the training labels and standard deviation (C,) of what the prior leaves.

        The network then learns standardised values, while its output stays in model space.
        """
        self.readout.methods.mean.copy_(mean)
        self.readout.methods.deviation.copy_(deviation)

    def freeze_trunk(self) -> None:
        """Leave only what reads out to be trained: pooling weights, heads, state terms, method scales and levels."""
        self.requires_grad_(False)
        self.readout.requires_grad_(True)
        if self.frontier is not None:
            self.frontier.requires_grad_(True)

    def forward(self, batch: Batch | Data) -> ModelOutput:
        """Predict the graphs of a batch; a single graph counts as a batch of one.

        Raises
        ------
        CalculationError
            If levels are read out and a graph has none, see `mlcluster.electronic.core_hamiltonian`.
        """
        seen = self.before_levels(batch)
        if seen.charges is None or seen.shifts is None:
            return seen.output
        return self.with_levels(seen, known_answers(batch) or diagonalised(seen.charges, seen.shifts, batch))

    def with_levels(self, seen: BeforeLevels, answers: Answers) -> ModelOutput:
        """The output with the term of the levels, read out from what is known of levels for charges near these."""
        output = seen.output
        if seen.charges is None or seen.shifts is None:
            return output
        with torch.autocast(seen.charges.device.type, enabled=False):
            levels = read_out(seen.charges, seen.shifts, answers, seen.graph)[:, self.level]
            scale = torch.where(self.own, 1.0, self.readout.methods.scale)
            term = torch.where(self.read_out, levels * scale, 0.0)
        return output._replace(value=output.value + term, global_terms=output.global_terms | {FRONTIER: term})

    def before_levels(self, batch: Batch | Data) -> BeforeLevels:
        """Everything but the term of the levels."""
        n_graphs, dtype = len(batch["charge"]), self.readout.methods.mean.dtype
        graph = getattr(batch, "batch", None)
        if graph is None:
            graph = torch.zeros_like(batch.atomic_numbers)
        scalars, states = self.first(batch, graph)
        scalars = self.trunk(scalars, batch)
        composition = None
        if self.readout.composition is not None:
            state = (batch["charge"], batch["multiplicity"], dtype)
            composition = composition_inputs(batch.atomic_numbers, graph, n_graphs, *state)
        calculated = None
        if self.readout.calculation is not None:
            if "calculated" not in batch:
                expected = "graphs of mlcluster.levels.network.cluster_graph"
                raise ModelError("the network corrects a calculation that the graph does not have.", expected=expected)
            calculated = batch["calculated"].to(dtype)
        # Mixed precision ends here: the readout costs little, and its sums are what is predicted.
        with torch.autocast(scalars.device.type, enabled=False):
            states = {name: state.to(dtype) for name, state in states.items()}
            output = self.readout(scalars.to(dtype), states, graph, composition, calculated)
            if self.readout.charges is None:
                return BeforeLevels(output, None, None, graph)
            known = (batch["charge"], batch["charge_known"])
            charges = self.readout.charges(scalars.to(dtype), batch.atomic_numbers, graph, *known)
            output = output._replace(atom_charges=charges)
            if self.frontier is None:
                return BeforeLevels(output, None, None, graph)
            return BeforeLevels(output, charges, self.frontier(scalars.to(dtype)), graph)


def build_model(config: ModelConfig, seed: int = 0) -> PropertyModel:
    """Make a network with weights drawn from a seed; the global generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return PropertyModel(config)
