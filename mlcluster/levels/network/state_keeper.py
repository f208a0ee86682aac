"""What happens between the epochs: averaged weights, the best of them kept, the state written."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Checkpoint, EarlyStopping, WeightAveraging
from torch import Tensor, nn

from mlcluster.levels.network.lightning_module import VALIDATION, PropertyModule
from mlcluster.levels.network.schedule import learning_rate
from mlcluster.levels.network.training_state import FILE, Progress


def average(averaged: Tensor, now: Tensor, step: Tensor | int, *, decay: float) -> Tensor:
    """Next running average: of the one before the share `decay` is kept, in the first steps step / (step + 9)."""
    keep = min(decay, int(step) / (int(step) + 9))
    return averaged.lerp(now, 1 - keep)


class AveragedWeights(WeightAveraging):
    """Running average of the weights over the steps: what is validated and kept (Polyak and Juditsky 1992).

    It follows faster at first, so that the start is soon forgotten.

    Parameters
    ----------
    decay
        Of the average after many steps; 0 keeps none.
    """

    def __init__(self, decay: float) -> None:
        super().__init__(use_buffers=False, avg_fn=partial(average, decay=decay))

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Begin with the weights as they are, which count as the first of the average."""
        self._device = trainer.strategy.root_device
        super().setup(trainer, pl_module, stage)
        if self._average_model is not None:
            self._average_model.n_averaged.fill_(1)

    def weights(self) -> dict[str, Tensor]:
        """Copy of the averaged weights, by their names in the network."""
        assert self._average_model is not None
        averaged = cast(nn.Module, self._average_model.module.model)
        return {name: value.detach().clone() for name, value in averaged.state_dict().items()}


class StateKeeper(Checkpoint):
    """Keeps the best weights, and after each epoch writes one file from which training can go on.

    Lightning's own `ModelCheckpoint` would write the best weights and the state in two files, of which a kill could
    leave one, and does not know that the start may be the best.

    Parameters
    ----------
    directory
        Directory of the member.
    progress
        What was reached before.
    averaging, stopping
        The callbacks whose weights are kept and whose patience starts with the prior.
    """

    def __init__(
        self, directory: Path, progress: Progress, averaging: AveragedWeights, stopping: EarlyStopping
    ) -> None:
        self._directory, self._progress = directory, progress
        self._averaging, self._stopping = averaging, stopping
        self._best: dict[str, Tensor] = {}
        self._random: dict[str, list[Tensor]] | None = None
        self._started = 0.0

    def on_sanity_check_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Keep the network as it starts; an epoch has to be better than that."""
        assert isinstance(pl_module, PropertyModule)
        self._progress.best_error = pl_module.validation_error()
        self._best = self._averaging.weights()
        self._stopping.best_score = torch.tensor(self._progress.best_error, dtype=torch.float64)

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock; in the first epoch after a resume, draw random numbers from where the state ends.

        Not earlier: on its way here Lightning makes the iterator of that epoch, which draws a seed for its processes.
        """
        if self._random is not None:
            _set_random_states(self._random)
            torch.empty((), dtype=torch.int64).random_()  # that seed, which comes after the state in other epochs
            self._random = None
        self._started = time.perf_counter()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Keep the best weights and write the state."""
        module, progress = pl_module, self._progress
        assert isinstance(module, PropertyModule)
        progress.epoch, error = trainer.current_epoch + 1, module.validation_error()
        if error < progress.best_error or not self._best:
            progress.best_error, progress.best_epoch = error, progress.epoch
            self._best = self._averaging.weights()
        progress.history.append(
            {
                "epoch": progress.epoch,
                "loss": module.training_loss(),
                "validation": error,
                "learning_rate": learning_rate(module.fit_config, progress.epoch - 1),
                "seconds": time.perf_counter() - self._started,
                **{f"validation/{key}": value for key, value in module.channel_errors().items()},
            }
        )
        progress.done = trainer.should_stop or progress.epoch >= module.fit_config.epochs
        trainer.save_checkpoint(self._directory / FILE, weights_only=False)

    def state_dict(self) -> dict[str, Any]:
        """Progress, best weights, and the random states of all devices."""
        return {"progress": self._progress.as_json(), "best": self._best, "random": _random_states()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where the state ends."""
        self._best, self._random = state_dict["best"], state_dict["random"]


def early_stopping(patience: int) -> EarlyStopping:
    """Stop after so many epochs without a smaller error on the early-stopping families."""
    return EarlyStopping(VALIDATION, patience=patience, mode="min", check_finite=False, verbose=False)


def _random_states() -> dict[str, list[Tensor]]:
    states = {"host": [torch.get_rng_state()]}
    if torch.cuda.is_available():
        states["cuda"] = torch.cuda.get_rng_state_all()
    if torch.backends.mps.is_available():
        states["mps"] = [torch.mps.get_rng_state()]
    return states


def _set_random_states(states: dict[str, list[Tensor]]) -> None:
    torch.set_rng_state(states["host"][0])
    if "cuda" in states and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(states["cuda"])
    if "mps" in states and torch.backends.mps.is_available():
        torch.mps.set_rng_state(states["mps"][0])
