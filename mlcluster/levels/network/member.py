"""Training of the members of an ensemble, each from its state file if there is one, in processes of their own."""

from __future__ import annotations

import multiprocessing
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import pytorch_lightning as pl
import torch
from lightning_fabric.utilities.exceptions import MisconfigurationException
from torch.multiprocessing import ProcessExitedException, ProcessRaisedException

from mlcluster.data.datamodule import ClusterDataModule
from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.splits import Split
from mlcluster.errors import ConfigError, MlclusterError
from mlcluster.levels.network.descriptor_fit import train_descriptor_model
from mlcluster.levels.network.entries import prepare_items
from mlcluster.levels.network.known_fields import known_fields
from mlcluster.levels.network.network_config import TrainerConfig
from mlcluster.levels.network.starting_weights import starting_module
from mlcluster.levels.network.state_keeper import AveragedWeights, StateKeeper, early_stopping
from mlcluster.levels.network.training_state import FILE, Progress, SafetensorsIO, read_progress
from mlcluster.levels.run_config import TrainConfig
from mlcluster.runs import ProcessDied, last_lines, spread, usable_cores
from mlcluster.runs.child import end_with

OnProgress = Callable[[list[Progress]], None]


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


def train_member(
    job: MemberJob,
    config: TrainConfig,
    items: Sequence[LabelledCluster],
    *,
    cache: Path | None = None,
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
    """
    progress = read_progress(job.directory)
    if progress.done:
        return
    if config.model.kind == "gaussian_process":
        train_descriptor_model(job.directory, job.split, config.model, items)
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
        fields=known_fields(config),
    )
    torch.manual_seed(job.seed)
    module = starting_module(config, data, job.seed)
    averaging, stopping = AveragedWeights(config.fit.averaging), early_stopping(config.fit.patience)
    trainer = _trainer(
        config.trainer,
        max_epochs=config.fit.epochs,
        gradient_clip_val=config.fit.gradient_clip,
        callbacks=[
            averaging,
            stopping,
            StateKeeper(job.directory, progress, averaging, stopping),
            *([_EndWithParent()] if config.trainer.n_devices > 1 else []),
        ],
        plugins=[SafetensorsIO()],
        logger=False,
        # Bars of members that are trained side by side are drawn by the process that waits for all of them.
        enable_progress_bar=False,
        enable_model_summary=False,
        # Before the first step all of the validation families are predicted: the prior itself may be the best epoch.
        num_sanity_val_steps=0 if progress.epoch else -1,
    )
    with warnings.catch_warnings():
        # Lightning's advice on loader processes, and deprecations inside it: neither is for our users.
        warnings.filterwarnings("ignore", module="pytorch_lightning")
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        try:
            trainer.fit(module, datamodule=data, ckpt_path=job.directory / FILE if progress.epoch else None)
        except (ProcessExitedException, ProcessRaisedException) as error:
            # Of one of several devices; its traceback is in the log.
            found = str(error).strip().splitlines()[-1]
            raise MlclusterError("the process of a device failed.", file=job.directory, found=found) from error


class _EndWithParent(pl.Callback):
    """Ends the processes of several devices where the one that started them was killed."""

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        parent = multiprocessing.parent_process()
        if parent is not None and parent.pid is not None:  # in the process of a device
            end_with(parent.pid)


def _trainer(where: TrainerConfig, **settings: Any) -> pl.Trainer:
    """Lightning's trainer on the devices that are asked for."""
    asked: dict[str, Any] = {"accelerator": where.accelerator, "devices": where.devices, "precision": where.precision}
    try:
        return pl.Trainer(**asked, strategy=_strategy(where), **settings)
    except (MisconfigurationException, TypeError, ValueError) as error:
        raise ConfigError(
            "this machine cannot train as it is asked to.",
            site=f"trainer: {', '.join(f'{key}: {value}' for key, value in asked.items())}",
            found=str(error).strip().splitlines()[0],
            hint="accelerator: auto with devices: 1 takes what is there.",
        ) from error


def _strategy(trainer: TrainerConfig) -> str:
    """How the devices of a member share its batches: by processes that begin anew, as ours is no script to run again.

    A batch may lack what part of the weights is for, such as the labels of a channel.
    """
    return "auto" if trainer.n_devices == 1 else "ddp_spawn_find_unused_parameters_true"


def train_members(
    jobs: Sequence[MemberJob], config: TrainConfig, *, cache: Path, on_progress: OnProgress
) -> list[Progress]:
    """Train every member that is not done, several at a time, and wait.

    Parameters
    ----------
    jobs
        The members.
    config
        Of the run.
    cache
        Directory of the graph cache.
    on_progress
        Called with what each member has reached, whenever one has reached more.

    Raises
    ------
    MlclusterError
        What a process met, or that it died, with the end of its log. The states of all members stay.
    """
    look = watched(jobs, on_progress)

    def log_of(number: int) -> Path:
        # Beside the state: several calls may train members of one directory.
        return open_jobs[number].job.directory.with_suffix(".log")

    open_jobs = [_Work(job, config, cache) for job in jobs if not read_progress(job.directory).done]
    look()
    for number, result in spread(
        _train_one, open_jobs, min(_workers(config), len(open_jobs)), log=log_of, on_wait=look
    ):
        if isinstance(result, ProcessDied):
            log = log_of(number)
            found = f"exit code {result.exit_code}\n{last_lines(log)}"
            raise MlclusterError("a training process failed.", file=log, found=found)
    return look()


def watched(jobs: Sequence[MemberJob], on_progress: OnProgress) -> Callable[[], list[Progress]]:
    """Function that reads what members have reached, and hands it on whenever one has reached more."""
    seen: list[int] = []

    def look() -> list[Progress]:
        progress = [read_progress(job.directory) for job in jobs]
        if [reached.epoch for reached in progress] != seen:
            seen[:] = [reached.epoch for reached in progress]
            on_progress(progress)
        return progress

    return look


class _Work(NamedTuple):
    job: MemberJob
    config: TrainConfig
    cache: Path


def _train_one(work: _Work) -> None:
    torch.set_num_threads(1)
    train_member(work.job, work.config, _items(work.config.model_dump_json()), cache=work.cache)


@lru_cache(maxsize=1)
def _items(config: str) -> list[LabelledCluster]:
    """Entries of a run, read once for all members that a process trains."""
    return prepare_items(TrainConfig.model_validate_json(config))


def _workers(config: TrainConfig) -> int:
    """Processes side by side: one a core, or a single one where a faster device does the work."""
    on_cores = config.trainer.accelerator == "cpu" or not torch.accelerator.is_available()
    return config.ensemble.workers or (max(usable_cores() // config.trainer.n_devices, 1) if on_cores else 1)
