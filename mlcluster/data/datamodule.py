"""`ClusterDataModule`: labelled clusters as batches of graphs for Lightning."""

from __future__ import annotations

import copy
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset
from torch_geometric.data import Batch, Data

from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.sampling import AtomBudgetBatches, BalancedSampler, FamilySampler, epoch_sampler, place_of
from mlcluster.data.splits import Split
from mlcluster.electronic.calculation import LARGEST_ATOMIC_CHARGE
from mlcluster.errors import DataError
from mlcluster.graph import GraphCache, batched, convert
from mlcluster.labels import require_trainable, trainable

FieldsOf = Callable[[LabelledCluster], Mapping[str, torch.Tensor]]
"""Function that gives further fields of the graph of an entry, by name."""
BOUND_SIGN = {None: 0, "lower": 1, "upper": -1}
"""How a bound is written in the graph field ``label_bound``."""


class ClusterDataModule(pl.LightningDataModule):
    """Batches of graphs with labels in model space.

    Parameters
    ----------
    items
        Entries; every label passes `require_trainable`, whichever side of the split it is on.
    split
        Which entries are for training, validation and test.
    channels
        Columns of the label matrix, ``target:method``.
    cutoff
        Radius of the graphs, angstrom.
    atoms_per_batch
        Budget of a batch.
    samples_per_epoch
        Entries an epoch in equal shares of the families; None takes each training entry once.
    weights
        Of sources and channels, see `BalancedSampler`; None leaves balancing to the families.
    seed
        Of the order of the entries.
    first_epoch
        Epochs done before a resume.
    cache
        Directory of the graph cache; None converts anew.
    fields
        Further fields of graphs, such as what a calculation says of an entry.

    Raises
    ------
    DataError
        If a label may not be learned from, an entry is missing, or there is no training label.
    """

    def __init__(
        self,
        items: Sequence[LabelledCluster],
        split: Split,
        channels: Sequence[str],
        *,
        cutoff: float,
        atoms_per_batch: int,
        samples_per_epoch: int | None = None,
        weights: Mapping[str, float] | None = None,
        seed: int = 0,
        first_epoch: int = 0,
        cache: Path | None = None,
        fields: FieldsOf | None = None,
    ) -> None:
        super().__init__()
        require_trainable(record for item in items for record in item.labels)
        self.channels = list(channels)
        self._by_entry = {item.entry: item for item in items}
        missing = [e for e in (*split.train, *split.validation, *split.test) if e not in self._by_entry]
        if missing:
            raise DataError("the split names entries that the data lack.", found=", ".join(missing[:5]))
        self._split, self._cutoff, self._budget = split, cutoff, atoms_per_batch
        self._samples, self._weights, self._seed, self._first_epoch = samples_per_epoch, weights, seed, first_epoch
        self._cache = GraphCache(cache) if cache is not None else None
        self._fields = fields

    def graphs(self, entries: Sequence[str]) -> list[Data]:
        """Labelled graphs of entries, in their order."""
        items = [self._by_entry[entry] for entry in entries]
        return labelled_graphs(items, self.channels, self._cutoff, self._cache, self._fields)

    @property
    def learned(self) -> tuple[str, ...]:
        """Entries that are fitted or stopped on."""
        return (*self._split.train, *self._split.validation)

    def family(self, entry: str) -> str:
        """Family of an entry; empty where it has none."""
        return self._by_entry[entry].family or ""

    def label_statistics(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Compute mean and standard deviation of the training labels of each channel in model space, (C,) each.

        They are 0 and 1 for a channel whose labels are all held out, as in a fold that leaves their only family out.
        """
        rows = [label_row(self._by_entry[entry], self.channels) for entry in self._split.train]
        values, mask = (torch.cat([row[i] for row in rows]) for i in (0, 1))
        if not mask.any():
            raise DataError("no training label of any channel.", found=", ".join(self.channels), hint="Add data.")
        columns = [values[mask[:, c], c].double() for c in range(len(self.channels))]
        nothing = values.new_zeros((), dtype=torch.float64)
        mean = torch.stack([column.mean() if len(column) else nothing for column in columns])
        spread = torch.stack([column.std(correction=0) if len(column) else nothing for column in columns])
        # A single label, or equal ones, have no spread to scale by.
        return mean.float(), torch.where(spread > 1e-6, spread, torch.ones_like(spread)).float()

    def train_dataloader(self) -> DataLoader:
        """Batches of one epoch of training entries."""
        places = [place_of(self._by_entry[entry], self.channels) for entry in self._split.train]
        sampler = epoch_sampler(places, self._samples, self._weights, self._seed, self._first_epoch)
        return self._loader(self.graphs(self._split.train), sampler, even=True)

    def val_dataloader(self) -> DataLoader:
        """Batches of all validation entries."""
        graphs = self.graphs(self._split.validation)
        return self._loader(graphs, range(len(graphs)))

    def test_dataloader(self) -> DataLoader:
        """Batches of all test entries."""
        graphs = self.graphs(self._split.test)
        return self._loader(graphs, range(len(graphs)))

    def predict_dataloader(self) -> DataLoader:
        """The same batches, for `Trainer.predict`."""
        return self.test_dataloader()

    def _loader(
        self, graphs: list[Data], order: FamilySampler | BalancedSampler | Sequence[int], *, even: bool = False
    ) -> DataLoader:
        batches = AtomBudgetBatches(order, [int(graph.num_nodes or 0) for graph in graphs], self._budget, even=even)
        # A sampler of whole batches: the data set gives the batch of a list of numbers.
        return DataLoader(_Batches(graphs), sampler=batches, batch_size=None)


class _Batches(TorchDataset[Batch]):
    """Batches of graphs by the numbers of their graphs."""

    def __init__(self, graphs: Sequence[Data]) -> None:
        self._graphs = graphs

    def __getitem__(self, numbers: Sequence[int]) -> Batch:
        return batched([self._graphs[number] for number in numbers])


def labelled_graphs(
    items: Sequence[LabelledCluster],
    channels: Sequence[str],
    cutoff: float,
    cache: GraphCache | None,
    fields: FieldsOf | None = None,
) -> list[Data]:
    """Graphs of entries with their labels, charges of atoms and a number for their family, in their order.

    With `fields` they have what that gives of an entry as well.
    """
    clusters = [item.cluster for item in items]
    if cache is None:
        graphs = [convert(cluster, cutoff) for cluster in clusters]
    else:
        # Copies: two entries of one content share a graph in the cache, but not their labels.
        graphs = [copy.copy(graph) for graph in cache.convert(clusters, cutoff)]
    for graph, item in zip(graphs, items, strict=True):
        graph.label, graph.label_mask, graph.label_bound = label_row(item, channels)
        graph.atom_charge, graph.atom_charge_mask = charge_rows(item)
        for name, value in (fields(item) if fields is not None else {}).items():
            graph[name] = value
        graph.family = torch.tensor([zlib.crc32((item.family or item.entry).encode())])
    return graphs


def charge_rows(item: LabelledCluster) -> tuple[torch.Tensor, torch.Tensor]:
    """Calculated charge of each atom in e, and whether it is there; (N,) each.

    Charges of an entry with a label that may not be learned from are left out with it, and so are all charges of a
    calculation that put more on one atom than a physical density does.
    """
    size = len(item.cluster)
    learnable = len(trainable(item.labels)) == len(item.labels)
    if item.atom_charges is None or not learnable or abs(item.atom_charges).max() > LARGEST_ATOMIC_CHARGE:
        return torch.zeros(size), torch.zeros(size, dtype=torch.bool)
    return torch.from_numpy(item.atom_charges).float(), torch.ones(size, dtype=torch.bool)


def label_row(item: LabelledCluster, channels: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Labels of one entry in model space, which of them are there, and which are bounds; (1, C) each.

    Several values of one channel, measured in other media, enter as their mean; bounds count only without a value.
    """
    label = torch.zeros(1, len(channels))
    mask = torch.zeros(1, len(channels), dtype=torch.bool)
    bound = torch.zeros(1, len(channels), dtype=torch.int8)
    for column, key in enumerate(channels):
        records = [record for record in item.labels if record.channel.key == key]
        values = [record.model_value for record in records if record.model_bound is None]
        if records:
            mask[0, column] = True
            label[0, column] = sum(values) / len(values) if values else records[0].model_value
            bound[0, column] = 0 if values else BOUND_SIGN[records[0].model_bound]
    return label, mask, bound
