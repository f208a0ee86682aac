from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from mlcluster.levels.baselines import fit_mean
from mlcluster.tracking import RunStore
from tests.experiment.in_process import ProcessesHere, train_here

TINY = {
    "data": {"source": "gfn1_models", "subset": 14},
    "model": {"n_features": 8, "n_layers": 1, "lmax": 0, "cutoff": 3.5, "n_radial": 6, "prior": "mean"},
    "fit": {"epochs": 2, "samples_per_epoch": 8, "atoms_per_batch": 300},
    "evaluate": {"members": 1, "folds": 3},
}

EXPERIMENT = {
    "question": "Do directions help?",
    "config": "tiny.yaml",
    "arms": [{"name": "l = 0"}, {"name": "l = 1", "settings": {"model.lmax": 1}}],
    "seeds": [0, 1],
    "core_hours": 0.5,
}


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Project with a database, which takes seconds to make."""
    project = tmp_path_factory.mktemp("template")
    assert RunStore(project).client is not None
    return project


@pytest.fixture(scope="module")
def project(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Project of its own for the tests of a module."""
    project = tmp_path_factory.mktemp("project")
    shutil.copytree(template / ".mlcluster", project / ".mlcluster")
    return project


@pytest.fixture(scope="module")
def write(project: Path) -> Callable[..., Path]:
    """Writer of the experiment, with changes of single keys."""

    def written(**changes: object) -> Path:
        folder = project / "tiny"
        folder.mkdir(exist_ok=True)
        (folder / "tiny.yaml").write_text(yaml.safe_dump(TINY), encoding="utf-8")
        (folder / "experiment.yaml").write_text(yaml.safe_dump({**EXPERIMENT, **changes}, sort_keys=False))
        return folder

    return written


@pytest.fixture(scope="module")
def in_process():
    """Train in this process, without what takes long and is tested elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mlcluster.levels.network.fit.train_members", train_here)
        patch.setattr("mlcluster.levels.network.fold_reader.BASELINES", {"mean": fit_mean})
        for plot in ("parity_plot", "calibration_plot", "risk_coverage_plot", "error_distance_plot"):
            patch.setattr(f"mlcluster.training.held_out_record.{plot}", lambda arms, path, title: path.touch())
        patch.setattr("mlcluster.experiment.run_experiment.Processes", ProcessesHere)
        yield
