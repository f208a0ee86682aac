"""`DescriptorModel`: a Gaussian process on descriptors as a member of an ensemble, in place of a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch_geometric.data import Batch, Data

from mlcluster.data.labelled import LabelledCluster
from mlcluster.levels.baselines import labelled_with_value
from mlcluster.levels.descriptor_process import MOST_FITTED, DescriptorProcess, fit_descriptor_process
from mlcluster.levels.network.network_config import ModelConfig
from mlcluster.levels.network.property_model import PropertyModel, build_model
from mlcluster.levels.structural_descriptors import N_DESCRIPTORS, describe_structure, structural_descriptors
from mlcluster.nn.readout import ModelOutput


class DescriptorModel(nn.Module):
    """One `DescriptorProcess` a channel; its output has the form of that of a network.

    The descriptors are its embedding, so that distances of the domain are distances between descriptors. It says
    nothing of single atoms: their contributions are 0, and what it adds to the mean is the term ``descriptors``.

    Parameters
    ----------
    config
        Its channels count, sizes of networks do not. Before `learn` it predicts 0.
    """

    extensive: Tensor
    center: Tensor
    scale: Tensor
    known: Tensor
    weights: Tensor
    length: Tensor
    level: Tensor

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        channels = len(config.channels)
        extensive = [config.extensive[target] for target in config.target_of_channel]
        self.register_buffer("extensive", torch.tensor(extensive), persistent=False)
        # As many rows as there may be: a file is then checked against the configuration, as those of networks are.
        for name, shape in (
            ("center", (N_DESCRIPTORS,)),
            ("scale", (N_DESCRIPTORS,)),
            ("known", (MOST_FITTED, N_DESCRIPTORS)),
            ("weights", (MOST_FITTED,)),
            ("length", ()),
            ("level", ()),
        ):
            self.register_buffer(name, torch.zeros(channels, *shape, dtype=torch.float64))
        self.length.fill_(1.0)

    def learn(self, items: Sequence[LabelledCluster]) -> None:
        """Condition each channel on the entries with a value of it; of an extensive one on the value an atom."""
        for column, channel in enumerate(self.config.channels):
            rows, labels = labelled_with_value(items, channel)
            if rows:
                sizes = np.array([len(item.cluster) for item in rows]) if self.extensive[column] else 1.0
                families = [item.family or "" for item in rows]
                self._take(column, fit_descriptor_process(structural_descriptors(rows), labels / sizes, families))

    def _take(self, column: int, fitted: DescriptorProcess) -> None:
        for name in ("center", "scale"):
            getattr(self, name)[column] = torch.from_numpy(getattr(fitted, name))
        self.known[column, : len(fitted.known)] = torch.from_numpy(fitted.known)
        self.weights[column, : len(fitted.weights)] = torch.from_numpy(fitted.weights)
        self.length[column], self.level[column] = fitted.length, fitted.level

    def forward(self, batch: Batch | Data) -> ModelOutput:
        """Predict the graphs of a batch; a single graph counts as a batch of one."""
        graph = getattr(batch, "batch", None)
        if graph is None:
            graph = torch.zeros_like(batch.atomic_numbers)
        counts = torch.bincount(graph, minlength=len(batch["charge"]))
        described = torch.from_numpy(_descriptors(batch, counts)).to(self.level)
        value = torch.stack([self.of_channel(column, described) for column in range(len(self.level))], dim=1)
        size = torch.where(self.extensive, counts[:, None].to(value), torch.ones_like(value))
        terms = {"method_offset": self.level * size, "descriptors": (value - self.level) * size}
        shares = value.new_zeros(len(graph), value.shape[1])
        return ModelOutput(value * size, shares, terms, described)

    def of_channel(self, column: int, described: Tensor) -> Tensor:
        """Means (G,) of one channel, of an extensive one an atom, of descriptors (G, D)."""
        x = (described - self.center[column]) * self.scale[column]
        distance = torch.cdist(x, self.known[column], compute_mode="donot_use_mm_for_euclid_dist")
        return self.level[column] + torch.exp(-0.5 * (distance / self.length[column]) ** 2) @ self.weights[column]


def _descriptors(batch: Batch | Data, counts: Tensor) -> np.ndarray:
    """Descriptors of each graph, (G, D)."""
    names = ("charge", "charge_known", "multiplicity", "multiplicity_known")
    states: Mapping[str, list[float]] = {name: batch[name].reshape(-1).tolist() for name in names}
    numbers, points = batch.atomic_numbers.cpu().numpy(), batch.positions.cpu().double().numpy()
    ends = counts.cumsum(0).tolist()
    rows = []
    for number, (start, end) in enumerate(zip([0, *ends], ends, strict=False)):
        known = {
            name: states[name][number] if states[f"{name}_known"][number] else None
            for name in ("charge", "multiplicity")
        }
        rows.append(describe_structure(numbers[start:end], points[start:end], **known))
    return np.stack(rows)


Member = PropertyModel | DescriptorModel
"""What an ensemble has several of."""


def build_member(config: ModelConfig) -> Member:
    """Make a member of the kind that a configuration names, to be filled with what was learned."""
    return DescriptorModel(config) if config.kind == "gaussian_process" else build_model(config)
