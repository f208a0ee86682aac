"""Lightning module: masked loss, AdamW, and a learning rate that is a pure function of the epoch."""

from __future__ import annotations

import math
from typing import Literal

import pytorch_lightning as pl
import torch
from torch_geometric.data import Batch

from mlcluster.levels.network.loss import masked_loss, within_families
from mlcluster.levels.network.property_model import PropertyModel
from mlcluster.levels.run_config import FitConfig

VALIDATION = "validation"
"""Logged metric: absolute error per label on the early-stopping families, in units of the spread."""

LOWEST_RATE = 0.01
"""Share of the learning rate at which the schedule ends."""


class PropertyModule(pl.LightningModule):
    """Trains a `PropertyModel` in units of the spread of its training labels.

    Parameters
    ----------
    model
        Network with its reference already set.
    scale
        Spread of the training labels of each channel in model space, (C,).
    fit
        Loss, optimizer and schedule.
    """

    scale: torch.Tensor

    def __init__(self, model: PropertyModel, scale: torch.Tensor, fit: FitConfig) -> None:
        super().__init__()
        self.model, self.fit_config = model, fit
        self.register_buffer("scale", scale.clone(), persistent=False)
        self._sums = {"train": [0.0, 0.0], "validation": [0.0, 0.0]}

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """AdamW; weight decay acts on matrices only, not on offsets, scales and biases."""
        decayed = [p for p in self.model.parameters() if p.requires_grad and p.dim() > 1]
        others = [p for p in self.model.parameters() if p.requires_grad and p.dim() <= 1]
        groups = [{"params": decayed, "weight_decay": self.fit_config.weight_decay}]
        groups += [{"params": others, "weight_decay": 0.0}] if others else []
        return torch.optim.AdamW(groups, lr=self.fit_config.learning_rate)

    def on_train_epoch_start(self) -> None:
        """Set the learning rate of this epoch."""
        self._sums["train"] = [0.0, 0.0]
        for group in self.trainer.optimizers[0].param_groups:
            group["lr"] = learning_rate(self.fit_config, self.current_epoch)

    def training_step(self, batch: Batch, _: int) -> torch.Tensor:
        """Loss of a batch."""
        if self.fit_config.position_noise:
            shake(batch, self.fit_config.position_noise)
        loss = self._loss(self.model(batch).value, batch, self.fit_config.loss)
        self._count("train", loss.detach(), batch)
        return loss

    def on_validation_epoch_start(self) -> None:
        """Start the sums anew."""
        self._sums["validation"] = [0.0, 0.0]

    def validation_step(self, batch: Batch, _: int) -> None:
        """Absolute error, in units of the spread, on families that are not fitted, shared out as the loss is."""
        error = self._loss(self.model(batch).value, batch, "l1")
        self._count("validation", error, batch)

    def on_validation_epoch_end(self) -> None:
        """Show the error of the epoch to the callbacks."""
        # In 64 bits where the device has them: early stopping and the best epoch then follow the same number.
        dtype = torch.float32 if self.device.type == "mps" else torch.float64
        self.log(VALIDATION, torch.tensor(self.validation_error(), dtype=dtype), batch_size=1)

    def training_loss(self) -> float:
        """Loss of the latest epoch per label."""
        return _mean(self._sums["train"])

    def validation_error(self) -> float:
        """Absolute error of the latest validation per label, in units of the spread."""
        return _mean(self._sums["validation"])

    def _loss(self, value: torch.Tensor, batch: Batch, kind: Literal["huber", "l2", "l1"]) -> torch.Tensor:
        """Loss of single values and, with the share the configuration says, of differences within families."""
        fit = self.fit_config
        parts = [(1.0 - fit.within_families, value)]
        if fit.within_families:
            parts.append((fit.within_families, within_families(value, batch.label, batch.label_mask, batch.family)))
        about = (batch.label, batch.label_mask, batch.label_bound, self.scale)
        losses = [share * masked_loss(each, *about, kind=kind, delta=fit.huber_delta) for share, each in parts if share]
        return torch.stack(losses).sum()

    def _count(self, part: str, mean: torch.Tensor, batch: Batch) -> None:
        labels = float(batch.label_mask.sum())
        self._sums[part][0] += float(mean) * labels
        self._sums[part][1] += labels


def _mean(sums: list[float]) -> float:
    return sums[0] / max(sums[1], 1.0)


def shake(batch: Batch, width: float) -> None:
    """Displace every atom at random, in place: labels hardly change within the width of a thermal motion.

    The network then cannot tell training structures apart by the last digits of their coordinates. Neighbours stay as
    they were found.

    Parameters
    ----------
    batch
        Graphs with ``positions``, ``edge_index``, ``edge_vector`` and ``edge_distance``.
    width
        Standard deviation of each coordinate, angstrom.
    """
    displacement = width * torch.randn_like(batch.positions)
    sender, receiver = batch.edge_index
    batch.edge_vector = batch.edge_vector + displacement[sender] - displacement[receiver]
    batch.edge_distance = batch.edge_vector.norm(dim=1)


def learning_rate(fit: FitConfig, epoch: int) -> float:
    """Linear warm-up, then half a cosine down to a hundredth.

    Parameters
    ----------
    fit
        Schedule.
    epoch
        Epoch, counted from 0.
    """
    if epoch < fit.warmup_epochs:
        return fit.learning_rate * (epoch + 1) / (fit.warmup_epochs + 1)
    share = (epoch - fit.warmup_epochs) / max(1, fit.epochs - fit.warmup_epochs)
    return fit.learning_rate * (LOWEST_RATE + (1 - LOWEST_RATE) * 0.5 * (1 + math.cos(math.pi * min(1.0, share))))
