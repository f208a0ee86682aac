"""`Ensemble`: several networks of one configuration, their mean and how far they disagree."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch_geometric.data import Batch, Data

from mlcluster.errors import ModelError
from mlcluster.graph import batched
from mlcluster.levels.network.descriptor_model import Member
from mlcluster.levels.network.network_config import ModelConfig
from mlcluster.levels.network.property_model import PropertyModel
from mlcluster.nn.frontier_orbitals import diagonalised, known_answers
from mlcluster.nn.readout import ModelOutput

ATOMS_PER_BATCH = 4000
"""Atoms predicted at once: bounds the memory of a prediction of any number of clusters."""


@dataclass(frozen=True, kw_only=True)
class EnsembleMetadata:
    """What training tells about an ensemble; every value is plain JSON.

    Parameters
    ----------
    residual_scale
        Root mean squared error of each channel, in model space, on families held out of training.
    calibration
        By channel, the JSON form of its `mlcluster.model.calibration.Calibration`.
    domain
        What training saw: elements, ranges of size and charge, families. Under ``channels`` the same of the entries
        that carry the labels of each channel, with its latent space (``embedding``) and its ``thresholds``.
    data_hash
        Hash of structures, labels and split.
    training
        Run id, settings, environment.
    metrics
        Held-out scores.
    """

    residual_scale: Mapping[str, float] = field(default_factory=dict)
    calibration: Mapping[str, Any] = field(default_factory=dict)
    domain: Mapping[str, Any] = field(default_factory=dict)
    data_hash: str | None = None
    training: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Plain values, as a reader of the file gets them back."""
        return json.loads(json.dumps(asdict(self)))


class EnsembleOutput(NamedTuple):
    """Predictions of M members for G graphs with N atoms in all and C channels, in model space.

    Attributes
    ----------
    mean, spread
        Mean and standard deviation over the members, (G, C); the spread of one member is 0.
    members
        (M, G, C).
    contributions, global_terms
        Means over the members of what `ModelOutput` defines; they sum to `mean`.
    embedding
        Features of all members side by side, (G, M * F).
    atom_charges
        Mean over the members of the charge of each atom, (N,), e; None for networks without.
    """

    mean: Tensor
    spread: Tensor
    members: Tensor
    contributions: Tensor
    global_terms: dict[str, Tensor]
    embedding: Tensor
    atom_charges: Tensor | None = None


class Ensemble:
    """Networks that differ in their seed and in what they were trained on.

    Parameters
    ----------
    members
        At least one, all of one configuration.
    metadata
        What training says about them.
    published_hash
        What an earlier version has recorded as its hash; of the content when None.

    Raises
    ------
    ModelError
        If there is no member, or their configurations differ.
    """

    def __init__(
        self,
        members: Sequence[Member],
        metadata: EnsembleMetadata | None = None,
        *,
        published_hash: str | None = None,
    ) -> None:
        if not members:
            raise ModelError("an ensemble needs a member.", found="none", expected="one network or more")
        self.members = [member.eval() for member in members]
        self.metadata = metadata or EnsembleMetadata()
        self._published_hash = published_hash
        self.config: ModelConfig = self.members[0].config
        for number, member in enumerate(self.members):
            if member.config != self.config:
                raise ModelError(
                    "members have different configurations.",
                    site=f"member {number}",
                    found=member.config.model_dump(),
                    expected=self.config.model_dump(),
                )

    @property
    def channels(self) -> tuple[str, ...]:
        """Outputs in the order of the columns."""
        return self.config.channels

    @torch.no_grad()
    def predict(self, graphs: Sequence[Data] | Batch, *, kept: bool = False) -> EnsembleOutput:
        """Predict graphs made with the cutoff of `config`, in their order.

        The members work where they are; what they say comes back to the host.

        Parameters
        ----------
        graphs
            Any number.
        kept
            Whether levels that are read out are kept in the cache: for a model that will be asked again.

        Raises
        ------
        ModelError
            If there is nothing to predict.
        """
        if len(graphs) == 0:
            raise ModelError("nothing to predict.", found="no graph", expected="one graph or more")
        parts: list[list[ModelOutput]] = [[] for _ in self.members]
        for batch in [graphs] if isinstance(graphs, Batch) else _batches(graphs):
            for own, output in zip(parts, self._outputs(batch, kept), strict=True):
                own.append(output)
        joined = [_join(own) for own in parts]
        values = torch.stack([output.value for output in joined])
        charges = [output.atom_charges for output in joined if output.atom_charges is not None]
        return EnsembleOutput(
            mean=values.mean(dim=0),
            spread=values.std(dim=0, correction=min(len(values) - 1, 1)),
            members=values,
            contributions=torch.stack([output.contributions for output in joined]).mean(dim=0),
            global_terms={
                name: torch.stack([output.global_terms[name] for output in joined]).mean(dim=0)
                for name in joined[0].global_terms
            },
            embedding=torch.cat([output.embedding for output in joined], dim=1),
            atom_charges=None if not charges else torch.stack(charges).mean(dim=0),
        )

    def _outputs(self, batch: Batch, kept: bool) -> Iterator[ModelOutput]:
        """What each member says of a batch.

        Levels are found once, for the mean charges of all members; what a member says differs from that by little, and
        is read out to first order.
        """
        members = [member for member in self.members if isinstance(member, PropertyModel)]
        if self.config.frontier != "hamiltonian" or not members:
            yield from (member(_beside(member, batch)) for member in self.members)
            return
        seen = [member.before_levels(_beside(member, batch)) for member in members]
        charges = torch.stack([each.charges for each in seen if each.charges is not None]).mean(dim=0)
        shifts = torch.stack([each.shifts for each in seen if each.shifts is not None]).mean(dim=0)
        answers = known_answers(batch) or diagonalised(charges, shifts, batch, kept=kept)
        yield from (member.with_levels(each, answers) for member, each in zip(members, seen, strict=True))

    @cached_property
    def hash(self) -> str:
        """SHA-256 over configuration, metadata and weights: the same before saving and after loading.

        A model that was written by an earlier version keeps the hash it was published under.
        """
        if self._published_hash is not None:
            return self._published_hash
        facts = {"config": self.config.model_dump(mode="json"), "metadata": self.metadata.as_json()}
        digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
        for member in self.members:
            for name, value in sorted(member.state_dict().items()):
                digest.update(f"{name} {tuple(value.shape)} {value.dtype}".encode())
                digest.update(value.detach().cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()

    @property
    def short_hash(self) -> str:
        """First 12 digits of `hash`, as written in outputs."""
        return self.hash[:12]


def _batches(graphs: Sequence[Data]) -> Iterator[Batch]:
    waiting: list[Data] = []
    atoms = 0
    for graph in graphs:
        if waiting and atoms + graph.num_nodes > ATOMS_PER_BATCH:
            yield batched(waiting)
            waiting, atoms = [], 0
        waiting.append(graph)
        atoms += graph.num_nodes
    yield batched(waiting)


def _beside(member: Member, batch: Batch) -> Batch:
    device = next(chain(member.parameters(), member.buffers())).device
    return batch if batch["charge"].device == device else batch.to(device)


def _join(parts: Sequence[ModelOutput]) -> ModelOutput:
    value, contributions, embedding = (
        torch.cat([getattr(part, name) for part in parts]).cpu() for name in ("value", "contributions", "embedding")
    )
    terms = {name: torch.cat([part.global_terms[name] for part in parts]).cpu() for name in parts[0].global_terms}
    charges = [part.atom_charges for part in parts if part.atom_charges is not None]
    return ModelOutput(value, contributions, terms, embedding, torch.cat(charges).cpu() if charges else None)
