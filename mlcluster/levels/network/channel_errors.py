"""Running sums over the batches of an epoch: loss per label, absolute errors of channels and of charges of atoms."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import torch
from torch_geometric.data import Batch

from mlcluster.labels.methods import Channel


class Sums:
    """Sum of a mean over labels, weighted by how many there were."""

    def __init__(self) -> None:
        self._sum, self._labels = 0.0, 0.0

    def clear(self) -> None:
        """Begin an epoch."""
        self._sum, self._labels = 0.0, 0.0

    def add(self, mean: torch.Tensor, batch: Batch) -> None:
        """Count the mean over the labels of a batch."""
        labels = float(batch.label_mask.sum())
        self._sum += float(mean) * labels
        self._labels += labels

    def join(self, strategy: Any) -> None:
        """Take in what the other processes of a training have counted; call it once, at the end of an epoch."""
        if strategy.world_size > 1:
            self._sum, self._labels = _over_processes([self._sum, self._labels], strategy)

    def mean(self) -> float:
        """Mean per label; 0 where there was none."""
        return self._sum / max(self._labels, 1.0)


class ChannelErrors:
    """Mean absolute error of each channel in its unit; bounds have no error to count.

    Parameters
    ----------
    channels
        Columns, ``target:method``.
    """

    def __init__(self, channels: Sequence[str]) -> None:
        self._targets = [Channel.parse(channel).definition for channel in channels]
        self._names = [f"{key}/mae_{_sign(t.unit)}" for key, t in zip(channels, self._targets, strict=True)]
        self.clear()

    def clear(self) -> None:
        """Begin an epoch."""
        self._sum, self._labels = ([0.0] * len(self._targets) for _ in range(2))

    def add(self, value: torch.Tensor, batch: Batch) -> None:
        """Count a batch.

        Parameters
        ----------
        value
            Predictions in model space, (G, C).
        batch
            With labels.
        """
        known = (batch.label_mask & (batch.label_bound == 0)).cpu().numpy()
        predicted, label = (each.detach().double().cpu().numpy() for each in (value, batch.label))
        for column, target in enumerate(self._targets):
            rows = known[:, column]
            if rows.any():
                off = target.from_model(predicted[rows, column]) - target.from_model(label[rows, column])
                self._sum[column] += float(abs(off).sum())
                self._labels[column] += float(rows.sum())

    def join(self, strategy: Any) -> None:
        """Take in what the other processes of a training have counted; call it once, at the end of an epoch."""
        if strategy.world_size > 1:
            both = _over_processes([*self._sum, *self._labels], strategy)
            self._sum, self._labels = both[: len(self._sum)], both[len(self._sum) :]

    def means(self) -> dict[str, float]:
        """Means of the channels that had labels, by ``target:method/mae_unit``."""
        triples = zip(self._names, self._sum, self._labels, strict=True)
        return {name: total / labels for name, total, labels in triples if labels}


class ChargeErrors:
    """Mean absolute error of the charges of atoms, e, over all atoms that have one."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Begin an epoch."""
        self._sum, self._atoms = 0.0, 0.0

    def add(self, charges: torch.Tensor, batch: Batch) -> None:
        """Count the predicted charges (N,) of a batch with calculated ones."""
        known = batch.atom_charge_mask
        self._sum += float((charges.detach() - batch.atom_charge)[known].abs().double().sum().cpu())
        self._atoms += float(known.sum())

    def join(self, strategy: Any) -> None:
        """Take in what the other processes of a training have counted; call it once, at the end of an epoch."""
        if strategy.world_size > 1:
            self._sum, self._atoms = _over_processes([self._sum, self._atoms], strategy)

    def means(self) -> dict[str, float]:
        """The error as ``atom_charge/mae_e``; nothing where no atom had a charge."""
        return {"atom_charge/mae_e": self._sum / self._atoms} if self._atoms else {}


def _over_processes(values: list[float], strategy: Any) -> list[float]:
    dtype = torch.float32 if strategy.root_device.type == "mps" else torch.float64
    return strategy.reduce(torch.tensor(values, dtype=dtype, device=strategy.root_device), reduce_op="sum").tolist()


def _sign(unit: str) -> str:
    """Unit as a part of a metric's name, which may hold few signs.

    >>> _sign("kcal/mol"), _sign("e angstrom"), _sign("fraction")
    ('kcal_per_mol', 'e_angstrom', 'fraction')
    """
    return re.sub(r"[^\w-]+", "_", unit.replace("/", "_per_"), flags=re.ASCII)
