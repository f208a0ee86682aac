"""Training of one member of an ensemble, from its state file if there is one.

``python -m mlcluster.training.member JOB.json`` trains the members of a job one after the other, and
`mlcluster.training.pool` starts such processes. A process of its own needs no fork (a forked child that calls the
network hangs) and no guard in the user's script, and can be killed at any time.
"""

from __future__ import annotations

import copy
import json
import os
import signal
import sys
import time
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch

from mlcluster.data.datamodule import ClusterDataModule
from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.splits import Split
from mlcluster.levels.network.property_model import build_model
from mlcluster.training.composition import fit_prior
from mlcluster.training.config import TrainConfig
from mlcluster.training.module import PropertyModule, learning_rate
from mlcluster.training.prepare import prepare_items
from mlcluster.training.start import start_from
from mlcluster.training.state import Progress, read_progress, read_tensors, restore, write_state


@dataclass(frozen=True, kw_only=True)
class MemberJob:
    """One member to train.

    Parameters
    ----------
    directory
        Where its state is kept.
    split
        Entries to fit and to stop on.
    seed
        Of its weights and the order of its batches.
    """

    directory: Path
    split: Split
    seed: int

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"directory": str(self.directory), "split": asdict(self.split), "seed": self.seed}

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> MemberJob:
        """Build from the JSON form."""
        return cls(directory=Path(fields["directory"]), split=Split.from_dict(fields["split"]), seed=fields["seed"])


def train_member(
    job: MemberJob,
    config: TrainConfig,
    items: Sequence[LabelledCluster],
    *,
    cache: Path | None = None,
    parent: int | None = None,
) -> None:
    """Train until early stopping or the last epoch; does nothing for a member that is done.

    Parameters
    ----------
    job
        The member.
    config
        Network, loss and schedule.
    items
        Entries that the split names.
    cache
        Directory of the graph cache.
    parent
        Process that wants the result: training ends when it is gone.
    """
    progress = read_progress(job.directory)
    if progress.done:
        return
    data = ClusterDataModule(
        items,
        job.split,
        config.model.channels,
        cutoff=config.model.cutoff,
        atoms_per_batch=config.fit.atoms_per_batch,
        samples_per_epoch=config.fit.samples_per_epoch,
        weights=config.data.weights,
        seed=job.seed,
        first_epoch=progress.epoch,
        cache=cache,
    )
    torch.manual_seed(job.seed)
    model = build_model(config.model, seed=job.seed)
    data.label_statistics()  # refuses a channel without a training label before any work is done
    # The composition term chooses its penalty by families left out, so it needs none to stop on.
    learned = (*job.split.train, *job.split.validation)
    fit_prior(model, data.graphs(learned), [data.family(entry) for entry in learned])
    model.readout.start_at_prior()
    if config.fit.start_from is not None:
        start_from(model, config.fit.start_from, job.seed)
    if config.fit.trained == "heads":
        model.freeze_trunk()
    module = PropertyModule(model, model.readout.methods.deviation, config.fit)
    module.first_epoch, module.steps = progress.epoch, progress.steps
    trainer = pl.Trainer(
        accelerator="cpu",
        devices=1,
        max_epochs=config.fit.epochs - progress.epoch,
        gradient_clip_val=config.fit.gradient_clip,
        callbacks=[StateKeeper(job.directory, progress, parent)],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        # Before the first step all of the validation families are predicted: the prior itself may be the best epoch.
        num_sanity_val_steps=0 if progress.epoch else -1,
    )
    with warnings.catch_warnings():
        # Lightning's advice on loader processes, and deprecations inside it: neither is for our users.
        warnings.filterwarnings("ignore", module="pytorch_lightning")
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        trainer.fit(module, datamodule=data)


class StateKeeper(pl.Callback):
    """Restores the state before the first epoch, and after each epoch writes it and decides whether to go on.

    Parameters
    ----------
    directory
        Directory of the member.
    progress
        What was reached before.
    parent
        Process without which to stop.
    """

    def __init__(self, directory: Path, progress: Progress, parent: int | None) -> None:
        self._directory, self._progress, self._parent = directory, progress, parent
        self._best: dict[str, torch.Tensor] = {}
        self._started = 0.0

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Go on where the state file ends."""
        if self._progress.epoch:
            assert isinstance(pl_module, PropertyModule)
            restore(self._directory, pl_module.model, pl_module.averaged, trainer.optimizers[0])
            self._best = read_tensors(self._directory, "best")

    def on_sanity_check_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Keep the network as it starts; an epoch has to be better than that."""
        assert isinstance(pl_module, PropertyModule)
        pl_module.close_epoch()
        self._progress.best_error = pl_module.epoch_error
        self._best = copy.deepcopy(dict(pl_module.averaged.state_dict()))

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock."""
        self._started = time.perf_counter()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Keep the best weights, write the state, stop when nothing gets better or nobody waits."""
        module, progress = pl_module, self._progress
        assert isinstance(module, PropertyModule)
        module.close_epoch()
        fit = module.fit_config
        progress.epoch, progress.steps = progress.epoch + 1, module.steps
        if module.epoch_error < progress.best_error or not self._best:
            progress.best_error, progress.best_epoch = module.epoch_error, progress.epoch
            self._best = copy.deepcopy(dict(module.averaged.state_dict()))
        progress.history.append(
            {
                "epoch": progress.epoch,
                "loss": module.epoch_loss,
                "validation": module.epoch_error,
                "learning_rate": learning_rate(fit, progress.epoch - 1),
                "seconds": time.perf_counter() - self._started,
            }
        )
        stale = progress.epoch - progress.best_epoch >= fit.patience
        progress.done = stale or progress.epoch >= fit.epochs
        write_state(self._directory, progress, module.model, module.averaged, self._best, trainer.optimizers[0])
        if self._parent is not None and os.getppid() != self._parent:
            os._exit(3)  # killed parent: a resumed run will start its own processes on this state
        trainer.should_stop = progress.done


def main(job_file: Path) -> None:
    """Train the members of a job file."""
    # Ctrl-C is for the parent, which ends this process: Lightning would otherwise begin a shutdown of its own.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)
    job = json.loads(job_file.read_text(encoding="utf-8"))
    config = TrainConfig.model_validate(job["config"])
    items = prepare_items(config)
    for member in job["members"]:
        train_member(MemberJob.from_dict(member), config, items, cache=Path(job["cache"]), parent=job["parent"])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
