from __future__ import annotations

import pytest

from mlcluster.levels.baselines import fit_mean
from mlcluster.levels.network.entries import prepare_items
from mlcluster.levels.network.member import train_member
from mlcluster.levels.network.training_state import read_progress
from mlcluster.levels.run_config import TrainConfig, load_config

TINY = {
    "name": "tiny",
    "experiment": "tests",
    "data": {"source": "gfn1_models", "subset": 14},
    "split": {"test": ["M13"]},
    "model": {"n_features": 8, "n_layers": 1, "lmax": 1, "cutoff": 3.5, "n_radial": 6},
    "fit": {"epochs": 30, "patience": 30, "samples_per_epoch": 12, "atoms_per_batch": 300},
    "ensemble": {"members": 2, "workers": 1},
    "evaluate": {"seeds": [0], "members": 1},
}


@pytest.fixture(scope="session")
def tiny() -> TrainConfig:
    """Configuration that trains in a second."""
    return load_config(TrainConfig.model_validate(TINY))


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Members are trained one after the other in this process, beside the mean as the only baseline, without plots."""

    def train_here(jobs, config, *, cache, on_progress):
        items = prepare_items(config)
        for job in jobs:
            train_member(job, config, items, cache=cache)
            on_progress([read_progress(other.directory) for other in jobs])

    monkeypatch.setattr("mlcluster.levels.network.fit.train_members", train_here)
    # The search of the ridge and the plots are tested elsewhere, and take most of the time.
    monkeypatch.setattr("mlcluster.levels.network.fold_reader.BASELINES", {"mean": fit_mean})
    for plot in ("parity_plot", "calibration_plot"):
        monkeypatch.setattr(f"mlcluster.training.held_out_record.{plot}", lambda parts, path, title: path.touch())
