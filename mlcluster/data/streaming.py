"""Batches straight from packed shards: memory depends on the size of a few shards, not on that of the data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, IterableDataset
from torch_geometric.data import Batch

from mlcluster.data.datamodule import label_row, labelled_graphs
from mlcluster.data.labelled import LabelledCluster, only_trainable
from mlcluster.data.packed import PackedSource
from mlcluster.data.sampling import AtomBudgetBatches, BalancedSampler, FamilySampler, Place, epoch_sampler
from mlcluster.data.splits import Split
from mlcluster.errors import DataError
from mlcluster.graph import GraphCache
from mlcluster.labels import require_trainable

OPEN_SHARDS = 4
"""Shards in use at a time, with as many more while the next are decoded. Entries are shuffled within so many, and
which ones these are changes from epoch to epoch."""

Order = BalancedSampler | FamilySampler | Sequence[int]


class StreamingDataModule(pl.LightningDataModule):
    """As `ClusterDataModule`, for prepared sources that need not fit into memory.

    Parameters
    ----------
    sources
        Prepared sources.
    split
        Which entries are for training, validation and test; with several sources as ``source/entry``, the names that
        `mlcluster.data.load_together` gives.
    channels, cutoff, atoms_per_batch, samples_per_epoch, weights, seed, first_epoch, cache
        As in `ClusterDataModule`.

    Raises
    ------
    DataError
        If the split names an entry that is not there, or has no label of the channels that may be learned from.
    """

    def __init__(
        self,
        sources: Sequence[PackedSource],
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
    ) -> None:
        super().__init__()
        self.channels, self._budget = list(channels), atoms_per_batch
        self._sources, self._cutoff, self._seed, self._first_epoch = list(sources), cutoff, seed, first_epoch
        self._samples, self._weights = samples_per_epoch, weights
        self._cache = GraphCache(cache) if cache is not None else None
        self._shards: list[tuple[int, int]] = []
        self._places: list[Place] = []
        self._index: dict[tuple[int, str], int] = {}
        known: dict[str, int] = {}
        for number, source in enumerate(self._sources):
            name = source.header["source"]
            for shard, facts in source.facts():
                taught = tuple(key for key in facts["channels"] if key in self.channels)
                if taught:
                    index = self._index[number, facts["entry"]] = len(self._places)
                    known[facts["entry"] if len(self._sources) == 1 else f"{name}/{facts['entry']}"] = index
                    self._shards.append((number, shard))
                    self._places.append(Place(name, facts["family"] or "", taught))
        sides = (split.train, split.validation, split.test)
        missing = [entry for side in sides for entry in side if entry not in known]
        if missing:
            raise DataError(
                "the split names entries without a label to learn from.",
                found=", ".join(missing[:5]),
                expected=f"entries with a label of {', '.join(self.channels)}",
                hint="Split what mlcluster.data.only_trainable leaves.",
            )
        self._train, self._validation, self._test = (sorted(known[entry] for entry in side) for side in sides)

    def label_statistics(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Compute mean and standard deviation of the training labels of each channel in model space, (C,) each."""
        sums = torch.zeros(3, len(self.channels), dtype=torch.float64)
        for _, items in self._windows(self._train, None):
            for item in items.values():
                value, mask, _ = label_row(item, self.channels)
                x = value[0].double() * mask[0]
                sums += torch.stack([mask[0].double(), x, x * x])
        count, total, squares = sums
        empty = [key for key, n in zip(self.channels, count.tolist(), strict=True) if not n]
        if empty:
            raise DataError("a channel has no training label.", found=", ".join(empty), hint="Drop it or add data.")
        mean = total / count
        spread = (squares / count - mean**2).clamp(min=0).sqrt()
        # A single label, or equal ones, have no spread to scale by.
        return mean.float(), torch.where(spread > 1e-6, spread, torch.ones_like(spread)).float()

    def train_dataloader(self) -> DataLoader:
        """Batches of one epoch of training entries."""
        places = [self._places[index] for index in self._train]
        sampler = epoch_sampler(places, self._samples, self._weights, self._seed, self._first_epoch)
        return self._loader(self._train, sampler)

    def val_dataloader(self) -> DataLoader:
        """Batches of all validation entries."""
        return self._loader(self._validation, range(len(self._validation)))

    def test_dataloader(self) -> DataLoader:
        """Batches of all test entries."""
        return self._loader(self._test, range(len(self._test)))

    def stream(self, indices: Sequence[int], rng: np.random.Generator | None) -> Iterator[Batch]:
        """Yield batches of entries, each as often as it is named; every shard is decoded once.

        Parameters
        ----------
        indices
            Entries of this module.
        rng
            Shuffles; None keeps the order of the shards.
        """
        for order, items in self._windows(indices, rng):
            sizes = [len(items[index].cluster) for index in order]
            for batch in AtomBudgetBatches(range(len(order)), sizes, self._budget):
                chosen = [items[order[k]] for k in batch]
                require_trainable(record for item in chosen for record in item.labels)
                yield Batch.from_data_list(labelled_graphs(chosen, self.channels, self._cutoff, self._cache))

    def _loader(self, entries: Sequence[int], order: Order) -> DataLoader:
        return DataLoader(_Epoch(self, entries, order, self._seed, self._first_epoch), batch_size=None)

    def _windows(
        self, indices: Sequence[int], rng: np.random.Generator | None
    ) -> Iterator[tuple[list[int], dict[int, LabelledCluster]]]:
        """Order of entries and the entries themselves, a few shards at a time."""
        wanted: dict[tuple[int, int], list[int]] = {}
        for index in indices:
            wanted.setdefault(self._shards[index], []).append(index)
        shards = sorted(wanted)
        if rng is not None:
            shards = [shards[k] for k in rng.permutation(len(shards))]
        for start in range(0, len(shards), OPEN_SHARDS):
            window = shards[start : start + OPEN_SHARDS]
            order = [index for shard in window for index in wanted[shard]]
            yield order if rng is None else rng.permutation(order).tolist(), self._decode(window, set(order))

    def _decode(self, shards: Sequence[tuple[int, int]], wanted: set[int]) -> dict[int, LabelledCluster]:
        found = {}
        for number, shard in shards:
            for item in only_trainable(self._sources[number].shard(shard), self.channels):
                index = self._index[number, item.entry]
                if index in wanted:
                    found[index] = item
        return found


class _Epoch(IterableDataset[Batch]):
    """Batches of one epoch; its number is that of the trainer, or the passes made where there is none."""

    def __init__(
        self, data: StreamingDataModule, entries: Sequence[int], order: Order, seed: int, first_epoch: int
    ) -> None:
        self._data, self._entries, self._order = data, entries, order
        self._seed, self._first_epoch, self._passes = seed, first_epoch, 0

    def __iter__(self) -> Iterator[Batch]:
        trainer = self._data.trainer
        epoch = self._passes if trainer is None else trainer.current_epoch
        self._passes += 1
        rng = None
        if not isinstance(self._order, Sequence):
            self._order.set_epoch(epoch)
            rng = np.random.default_rng([self._seed, self._first_epoch + epoch, 1])
        return self._data.stream([self._entries[k] for k in self._order], rng)
