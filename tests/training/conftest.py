from __future__ import annotations

import pytest

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
