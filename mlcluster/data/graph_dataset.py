"""Labelled clusters as a data set of PyTorch Geometric, under its names and ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch_geometric.data import Data, Dataset

from mlcluster.data.datamodule import labelled_graphs
from mlcluster.data.labelled import LabelledCluster
from mlcluster.graph import GraphCache
from mlcluster.graph.convert import CUTOFF
from mlcluster.graph.keys import check_fields
from mlcluster.labels import Channel, require_trainable


class GraphDataset(Dataset):
    """Graphs of labelled clusters, for loaders and models of PyTorch Geometric and for `PropertyModule`.

    Besides the fields of `mlcluster.graph.keys` each graph has what PyTorch Geometric calls ``z`` (atomic numbers,
    (N,)), ``pos`` (positions, (N, 3), angstrom) and ``y`` (1, C): the labels in the units of their channels, NaN where
    there is none or only a bound. ``label``, ``label_mask`` and ``label_bound`` have the same in model space, and the
    bounds.

    Parameters
    ----------
    items
        Entries, as `mlcluster.data.load` gives them.
    channels
        Columns of the labels, ``target:method``.
    cutoff
        Radius of the graphs, angstrom.
    transform
        Of each graph as it is taken out, as for any data set of PyTorch Geometric.
    cache
        Directory of the graph cache; None converts anew.

    Raises
    ------
    DataError
        If a label may not be learned from.
    StructureError
        If a cluster cannot become a graph.
    """

    def __init__(
        self,
        items: Sequence[LabelledCluster],
        channels: Sequence[str],
        *,
        cutoff: float = CUTOFF,
        transform: Callable[[Data], Data] | None = None,
        cache: str | Path | None = None,
    ) -> None:
        super().__init__(transform=transform)
        require_trainable(record for item in items for record in item.labels)
        self.channels = tuple(channels)
        self.entries = tuple(item.entry for item in items)
        kept = None if cache is None else GraphCache(cache)
        self._graphs = [self._with_names(graph) for graph in labelled_graphs(items, self.channels, cutoff, kept)]

    def len(self) -> int:
        """How many graphs there are."""
        return len(self._graphs)

    def get(self, idx: int) -> Data:
        """Graph of one entry."""
        return self._graphs[idx].clone()

    def _with_names(self, graph: Data) -> Data:
        graph.z, graph.pos = graph.atomic_numbers, graph.positions
        targets = [Channel.parse(channel).definition for channel in self.channels]
        columns = [target.from_model(graph.label[:, k].double().numpy()) for k, target in enumerate(targets)]
        values = torch.stack([torch.from_numpy(column) for column in columns], dim=1).to(graph.label.dtype)
        is_value = graph.label_mask & (graph.label_bound == 0)
        graph.y = values.masked_fill(~is_value, float("nan"))
        return check_fields(graph)
