from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mlcluster.training.config import TrainConfig, load_config

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


@pytest.fixture(scope="session")
def new_project(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Maker of project directories with a database, which takes seconds to make and is copied here."""
    from mlcluster.tracking import RunStore

    template = tmp_path_factory.mktemp("template")
    RunStore(template).sync()  # contact makes the database

    def make() -> Path:
        project = tmp_path_factory.mktemp("project")
        shutil.copytree(template / ".mlcluster", project / ".mlcluster")
        return project

    return make
