"""Members trained by the workers of a Dask scheduler, one of which is killed at it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from mlcluster.errors import ConfigError, DataError
from mlcluster.levels.baselines import fit_mean
from mlcluster.levels.network import elsewhere
from mlcluster.levels.network.entries import prepare_items
from mlcluster.levels.network.member import MemberJob, train_member
from mlcluster.levels.network.training_state import read_progress
from mlcluster.levels.protocol import Work
from mlcluster.levels.run_config import TrainConfig, load_config
from mlcluster.resources import config_path
from mlcluster.training.evaluate import evaluate
from mlcluster.training.train import train
from tests.dask_cluster import dask

__all__ = ["dask"]


@pytest.fixture
def config(tiny: TrainConfig, monkeypatch: pytest.MonkeyPatch) -> TrainConfig:
    """Three folds of whole families, without the baselines and plots that are tested elsewhere."""
    monkeypatch.setattr("mlcluster.levels.network.fold_reader.BASELINES", {"mean": fit_mean})
    for plot in ("parity_plot", "calibration_plot"):
        monkeypatch.setattr(f"mlcluster.training.held_out_record.{plot}", lambda parts, path, title: path.touch())
    return load_config(tiny, ["fit.epochs=3", "evaluate.folds=3", "model.prior=mean"])


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_its_own_member_only(
    dask: tuple[str, list[Any]], config: TrainConfig, new_project: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, workers = dask
    watched = elsewhere.watched

    def killing(jobs: Sequence[MemberJob], on_progress: Callable[[Any], None]) -> Callable[[], Any]:
        def told(progress: Sequence[Any]) -> None:
            if workers[0].poll() is None and any(reached.epoch for reached in progress):
                os.kill(workers[0].pid, signal.SIGKILL)
                workers[0].wait()
            on_progress(progress)

        return watched(jobs, told)

    monkeypatch.setattr(elsewhere, "watched", killing)
    far = evaluate(config, project=new_project(), scheduler=address)
    assert workers[0].poll() == -signal.SIGKILL and workers[1].poll() is None

    def train_here(jobs, config, *, cache, on_progress):
        items = prepare_items(config)
        for job in jobs:
            train_member(job, config, items, cache=cache)
        on_progress([read_progress(job.directory) for job in jobs])

    monkeypatch.setattr("mlcluster.levels.network.fit.train_members", train_here)
    here = evaluate(config, project=new_project())
    assert far["table"] == here["table"] and len(far["folds"]) == 3 * len(config.evaluate.seeds)


def test_a_worker_with_other_data_or_without_the_directory_is_refused(
    config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataError, match="reads other data"):
        elsewhere._items(config.model_dump_json(), "0" * 64)
    monkeypatch.setattr(elsewhere, "SEEN_SECONDS", 0.1)
    asked = elsewhere._Asked(None, config, tmp_path, "", tmp_path / "mark", elsewhere.__version__)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"does not see the directory.*--project"):
        elsewhere._train_one(asked)
    with pytest.raises(ConfigError, match="another version"):
        elsewhere._train_one(asked._replace(version="0"))


def test_workers_that_cannot_be_used_are_told_before_anything_is_done(
    config: TrainConfig, new_project: Callable[[], Path], tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="a part is done on this machine"):
        evaluate(config, project=new_project(), part="1/2", scheduler="tcp://127.0.0.1:1")
    with pytest.raises(ConfigError, match="formula level has no members"):
        train(config_path("formula_level.yaml"), project=new_project(), scheduler="tcp://127.0.0.1:1")
    work = Work(directory=tmp_path / "states", cache=tmp_path, scheduler=str(tmp_path / "nowhere.json"))
    with pytest.raises(ConfigError, match="no Dask scheduler answers"):
        elsewhere.train_elsewhere([], config, work, "", on_progress=lambda _: None)
    assert not list((tmp_path / "states").glob(".shared*"))
