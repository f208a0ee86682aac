"""Training of members on the workers of a Dask scheduler, which share the directory of their states."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import torch

from mlcluster import __version__
from mlcluster.data.checking import usable
from mlcluster.data.data_card import data_hash
from mlcluster.data.failures import noting
from mlcluster.data.labelled import LabelledCluster
from mlcluster.errors import ConfigError, DataError, MlclusterError
from mlcluster.levels.network.entries import prepare_items
from mlcluster.levels.network.member import MemberJob, OnProgress, train_member, watched
from mlcluster.levels.network.training_state import Progress, read_progress
from mlcluster.levels.protocol import Work
from mlcluster.levels.run_config import TrainConfig
from mlcluster.runs import ProcessDied, write_whole
from mlcluster.runs.dask_workers import dask_workers

SEEN_SECONDS = 15.0
"""How long a new file may take to be seen on another machine."""


def train_elsewhere(
    jobs: Sequence[MemberJob], config: TrainConfig, work: Work, entries_hash: str, *, on_progress: OnProgress
) -> list[Progress]:
    """Train every member that is not done on the workers of a scheduler, and wait.

    A member whose worker dies is gone on with by another at its last epoch; the others lose nothing. When this call
    ends early, what workers are at goes on to its end and is found done by the next call.

    Parameters
    ----------
    jobs
        The members.
    config
        Of the run.
    work
        Its directory, the cache and the scheduler.
    entries_hash
        Of the entries the splits name; a worker that reads others is refused.
    on_progress
        Called with what each member has reached, whenever one has reached more.

    Raises
    ------
    ConfigError
        If no scheduler answers, or a worker has another version or does not share the directory.
    DataError
        If a worker reads other data.
    MlclusterError
        What a worker met, or that a member has ended several workers. The states of all members stay.
    """
    look = watched(jobs, on_progress)
    open_jobs = [job for job in jobs if not read_progress(job.directory).done]
    look()
    mark = work.directory / f".shared-{uuid.uuid4().hex[:12]}"
    write_whole(mark, "")
    items = [_Asked(job, config, work.cache, entries_hash, mark, __version__) for job in open_jobs]
    try:
        with dask_workers(work.scheduler) as workers:
            for number, result in workers.spread(_train_one, items, on_wait=look):
                if isinstance(result, ProcessDied):
                    raise MlclusterError(
                        "a member has ended every worker that trained it.",
                        file=open_jobs[number].directory,
                        hint="What the workers printed says why; too little memory is the usual reason.",
                    )
    finally:
        mark.unlink(missing_ok=True)
    return look()


class _Asked(NamedTuple):
    job: MemberJob
    config: TrainConfig
    cache: Path
    entries_hash: str
    mark: Path
    version: str


def _train_one(asked: _Asked) -> None:
    if asked.version != __version__:
        raise ConfigError("a worker has another version of mlcluster.", found=__version__, expected=asked.version)
    until = time.monotonic() + SEEN_SECONDS
    while not asked.mark.is_file():
        if time.monotonic() > until:
            raise ConfigError(
                "a worker does not see the directory of the run.",
                file=asked.mark.parent,
                hint="Give a --project that all machines share.",
            )
        time.sleep(0.2)
    torch.set_num_threads(1)
    items = _items(asked.config.model_dump_json(), asked.entries_hash)
    train_member(asked.job, asked.config, items, cache=asked.cache)


@lru_cache(maxsize=1)
def _items(config_json: str, entries_hash: str) -> list[LabelledCluster]:
    """Entries of a run, read and checked once for all members that a worker trains."""
    config = TrainConfig.model_validate_json(config_json)
    with noting(strict=config.data.strict):
        items = usable(prepare_items(config), config.model.cutoff)
    found = data_hash(items)
    if found != entries_hash:
        raise DataError(
            "a worker reads other data than the process that asks.",
            file=config.data.source,
            found=found[:12],
            expected=entries_hash[:12],
            hint="Give every machine the same files under the same paths.",
        )
    return items
