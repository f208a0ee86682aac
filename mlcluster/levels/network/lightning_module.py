"""Lightning module: masked loss, scores in the units of the channels, optimizer and learning rate by configuration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import pytorch_lightning as pl
import torch
from pytorch_lightning.utilities.types import OptimizerLRSchedulerConfig
from torch_geometric.data import Batch

from mlcluster.labels.methods import Channel
from mlcluster.levels.network.channel_errors import ChannelErrors, ChargeErrors, Sums
from mlcluster.levels.network.loss import Kind, charge_loss, masked_loss, within_families
from mlcluster.levels.network.network_config import ModelConfig
from mlcluster.levels.network.property_model import PropertyModel
from mlcluster.levels.network.schedule import EpochSchedule, make_optimizer
from mlcluster.levels.network.training_state import SafetensorsIO
from mlcluster.levels.run_config import FitConfig
from mlcluster.nn.readout import ModelOutput

VALIDATION = "validation"
"""Logged metric: absolute error per label on the early-stopping families, in units of the spread."""


class PropertyModule(pl.LightningModule):
    """Trains a `PropertyModel` in units of the spread of its training labels, in any `Trainer` of Lightning.

    Each epoch logs ``train/loss`` and ``validation`` (per label, in units of the spread: the number to stop on and to
    choose the best epoch by), and for each channel its mean absolute error in its unit, such as
    ``validation/gap:optical/mae_eV``; with charges of atoms, which share the loss but not ``validation``, also
    ``validation/atom_charge/mae_e``. `Trainer.test` logs ``test`` and the same of the test entries. Over several
    processes these are sums over all of them.

    Parameters
    ----------
    model
        Network with its reference already set, or the configuration of one.
    scale
        Spread of the training labels of each channel in model space, (C,); that of the network when None.
    fit
        Loss, optimizer and schedule.
    """

    scale: torch.Tensor

    def __init__(
        self,
        model: PropertyModel | ModelConfig | Mapping[str, Any],
        scale: torch.Tensor | None = None,
        fit: FitConfig | Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        if not isinstance(model, PropertyModel):
            model = PropertyModel(model if isinstance(model, ModelConfig) else ModelConfig.parse(model))
        self.model = model
        self.fit_config = fit if isinstance(fit, FitConfig) else FitConfig.model_validate(dict(fit or {}))
        # Plain values, from which the module is made again: nothing in a checkpoint has to be unpickled.
        self.save_hyperparameters(
            {"model": model.config.model_dump(mode="json"), "fit": self.fit_config.model_dump(mode="json")}
        )
        self.register_buffer("scale", (model.readout.methods.deviation if scale is None else scale).clone())
        # Buffers stay what they are. Processes that train together would else agree on them at every batch, and wait
        # for ever where one has a batch more to look at.
        self._ddp_params_and_buffers_to_ignore = [name for name, _ in self.named_buffers()]
        self._sums = {side: Sums() for side in ("train", "validation", "test")}
        self._errors, self._charge_errors = ChannelErrors(model.config.channels), ChargeErrors()

    @classmethod
    def load_from_checkpoint(cls, checkpoint_path: Any, *args: Any, **kwargs: Any) -> Self:
        """Module of a checkpoint, of Lightning's own kind or as `SafetensorsIO` writes it; no class is unpickled.

        Parameters
        ----------
        checkpoint_path
            File.
        *args, **kwargs
            As Lightning has them; ``weights_only`` stays true.
        """
        if Path(checkpoint_path).suffix != ".safetensors":
            return super().load_from_checkpoint(checkpoint_path, *args, **{**kwargs, "weights_only": True})
        kept = SafetensorsIO().load_checkpoint(checkpoint_path)
        module = cls(**kept[cls.CHECKPOINT_HYPER_PARAMS_KEY])
        module.load_state_dict(kept["state_dict"])
        return module

    def forward(self, batch: Batch) -> ModelOutput:
        """What the network says of a batch of graphs, in model space."""
        return self.model(batch)

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """Optimizer and schedule of the configuration, which may give the parts of the network rates of their own."""
        optimizer = make_optimizer(self.model, self.fit_config)
        schedule = EpochSchedule(optimizer, self.fit_config)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "epoch"}}

    def on_train_epoch_start(self) -> None:
        """Set the learning rate of this epoch: a pure function of it, also in the first after a resume."""
        self._sums["train"].clear()
        schedule = self.lr_schedulers()
        if isinstance(schedule, EpochSchedule):
            schedule.begin(self.current_epoch)

    def training_step(self, batch: Batch, _: int) -> torch.Tensor:
        """Loss of a batch."""
        if self.fit_config.position_noise:
            shake(batch, self.fit_config.position_noise)
        output = self.model(batch)
        loss = self._with_charges(self._loss(output.value, batch, self.fit_config.loss), output, batch)
        self._sums["train"].add(loss.detach(), batch)
        return loss

    def on_train_epoch_end(self) -> None:
        """Log the loss of the epoch."""
        self._sums["train"].join(self.trainer.strategy)
        self._log("train/loss", self.training_loss())

    def on_validation_epoch_start(self) -> None:
        """Start the sums anew."""
        self._start("validation")

    def validation_step(self, batch: Batch, _: int) -> None:
        """Absolute error, in units of the spread, on families that are not fitted, shared out as the loss is."""
        self._look(batch, "validation")

    def on_validation_epoch_end(self) -> None:
        """Log the error of the epoch, which callbacks see too, and that of each channel in its unit."""
        self._close("validation", VALIDATION)

    def on_test_epoch_start(self) -> None:
        """Start the sums anew."""
        self._start("test")

    def test_step(self, batch: Batch, _: int) -> None:
        """Absolute error on entries held out."""
        self._look(batch, "test")

    def on_test_epoch_end(self) -> None:
        """Log the error on the entries held out."""
        self._close("test", "test")

    def predict_step(self, batch: Batch, _: int = 0) -> torch.Tensor:
        """Values (G, C) in the units of the channels."""
        value = self.model(batch).value.double().cpu()
        targets = [Channel.parse(channel).definition for channel in self.model.config.channels]
        columns = [torch.as_tensor(target.from_model(value[:, k].numpy())) for k, target in enumerate(targets)]
        return torch.stack(columns, dim=1)

    def training_loss(self) -> float:
        """Loss of the latest epoch per label."""
        return self._sums["train"].mean()

    def validation_error(self) -> float:
        """Absolute error of the latest validation per label, in units of the spread."""
        return self._sums["validation"].mean()

    def channel_errors(self) -> dict[str, float]:
        """Mean absolute errors of the latest validation or test by name, ``gap:optical/mae_eV``, in those units."""
        return self._errors.means() | self._charge_errors.means()

    def _start(self, side: str) -> None:
        for sums in (self._sums[side], self._errors, self._charge_errors):
            sums.clear()

    def _look(self, batch: Batch, side: str) -> None:
        output = self.model(batch)
        self._sums[side].add(self._loss(output.value, batch, "l1"), batch)
        self._errors.add(output.value, batch)
        if output.atom_charges is not None:
            self._charge_errors.add(output.atom_charges, batch)

    def _close(self, side: str, name: str) -> None:
        for sums in (self._sums[side], self._errors, self._charge_errors):
            sums.join(self.trainer.strategy)
        # Asked as a method: tests and subclasses may say another error.
        self._log(name, self.validation_error() if side == "validation" else self._sums[side].mean())
        for key, value in self.channel_errors().items():
            self._log(f"{side}/{key}", value)

    def _log(self, name: str, value: float) -> None:
        # In 64 bits where the device has them: early stopping and the best epoch then follow the same number.
        dtype = torch.float32 if self.device.type == "mps" else torch.float64
        self.log(name, torch.tensor(value, dtype=dtype), batch_size=1)

    def _loss(self, value: torch.Tensor, batch: Batch, kind: Kind) -> torch.Tensor:
        """Loss of single values and, with the share the configuration says, of differences within families."""
        fit = self.fit_config
        parts = [(1.0 - fit.within_families, value)]
        if fit.within_families:
            parts.append((fit.within_families, within_families(value, batch.label, batch.label_mask, batch.family)))
        about = (batch.label, batch.label_mask, batch.label_bound, self.scale)
        losses = [share * masked_loss(each, *about, kind=kind, delta=fit.huber_delta) for share, each in parts if share]
        return torch.stack(losses).sum()

    def _with_charges(self, loss: torch.Tensor, output: ModelOutput, batch: Batch) -> torch.Tensor:
        """Loss with the share of the charges of atoms, where the network gives them."""
        charges, fit = self.model.readout.charges, self.fit_config
        if charges is None or output.atom_charges is None:
            return loss
        about = (batch.atom_charge, batch.atom_charge_mask, batch.batch, batch.num_graphs, charges.deviation)
        of_charges = charge_loss(output.atom_charges, *about, kind=fit.loss, delta=fit.huber_delta)
        return (1.0 - fit.charge_weight) * loss + fit.charge_weight * of_charges


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
