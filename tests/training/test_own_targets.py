"""Properties of one's own from data to predictions: real molecules, an intensive and an extensive one, an own trunk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from mlcluster.chem.elements import SYMBOLS
from mlcluster.data import load
from mlcluster.errors import ConfigError, DataError
from mlcluster.labels.methods import OWN_METHODS
from mlcluster.labels.targets import TARGETS
from mlcluster.levels.baselines import BASELINES, baseline_predictions
from mlcluster.levels.network.fit import NetworkTask
from mlcluster.levels.run_config import TrainConfig, load_config
from mlcluster.levels.validation import validate
from mlcluster.nn.trunks import PLUGINS
from mlcluster.tracking import RunStore
from mlcluster.training.train import TrainResult, train
from tests.at_hand import not_at_hand

DIPOLE, ENERGY = "dipole_moment:b3lyp", "zero_point_energy:b3lyp"

TRUNK = """
import torch
from pydantic import BaseModel, ConfigDict

from mlcluster.nn.trunks import register_trunk


class OwnConfig(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str = "own"
    depth: int = 1

    def described(self, n_features: int) -> str:
        return f"{self.depth} rounds of sums over neighbours"


class OwnTrunk(torch.nn.Module):
    config_type = OwnConfig
    citation = "nobody"

    def __init__(self, config: OwnConfig, n_features: int, cutoff: float) -> None:
        super().__init__()
        self.maps = torch.nn.ModuleList(torch.nn.Linear(n_features, n_features) for _ in range(config.depth))
        self.cutoff = cutoff

    def forward(self, scalars, batch):
        near, far = batch.edge_index
        weight = torch.exp(-((batch.edge_distance / (0.4 * self.cutoff)) ** 2)).to(scalars.dtype)[:, None]
        for layer in self.maps:
            message = torch.zeros_like(scalars).index_add_(0, far, weight * scalars[near])
            scalars = scalars + torch.tanh(layer(message))
        return scalars


register_trunk("own", OwnTrunk)
"""


def molecules(shared: Path, path: Path, count: int) -> None:
    """Write every so manieth molecule of the packed copy of QM9 as extended XYZ, with dipole and zero-point energy."""
    packed = shared / "qm9" / "qm9_raw.npz"
    if not packed.is_file():
        not_at_hand(f"QM9 is not at {packed}")
    with np.load(packed, allow_pickle=False) as data:
        columns, offsets = data["prop_names"].tolist(), data["offsets"]
        chosen = np.linspace(100, len(data["ids"]) - 1, count).astype(int)
        rows, numbers, positions = data["props"][chosen], data["Z"], data["R"]
        frames = []
        for k, row in zip(chosen.tolist(), rows, strict=True):
            atoms = slice(offsets[k], offsets[k + 1])
            told = {"entry": f"gdb{k}", "charge": 0, "multiplicity": 1}
            told |= {"mu": row[columns.index("mu")], "zpve": row[columns.index("zpve")]}
            both = zip(numbers[atoms].tolist(), positions[atoms].tolist(), strict=True)
            lines = [f"{SYMBOLS[z]} {x:.5f} {y:.5f} {w:.5f}" for z, (x, y, w) in both]
            frames.append("\n".join([str(len(lines)), " ".join(f"{a}={b}" for a, b in told.items()), *lines]))
    path.write_text("\n".join(frames) + "\n")


@pytest.fixture(scope="module")
def config(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrainConfig]:
    path = tmp_path_factory.mktemp("molecules") / "molecules.extxyz"
    molecules(shared_data, path, 60)
    labels = {DIPOLE: {"column": "mu", "unit": "debye"}, ENERGY: {"column": "zpve", "unit": "hartree"}}
    os.environ[PLUGINS] = str(path.with_name("own_trunk.py"))
    path.with_name("own_trunk.py").write_text(TRUNK)
    try:
        yield TrainConfig.model_validate(
            {
                "name": "molecules",
                "experiment": "tests",
                "targets": {
                    "dipole_moment": {"unit": "debye", "bounds": [0, 40], "methods": {"b3lyp": "B3LYP/6-31G(2df,p)"}},
                    "zero_point_energy": {
                        "unit": "eV",
                        "bounds": [0, 200],
                        "pooling": "extensive",
                        "methods": {"b3lyp": "B3LYP/6-31G(2df,p)"},
                    },
                },
                "data": {"source": "extxyz", "options": {"path": str(path), "labels": labels}},
                "model": {"channels": [DIPOLE, ENERGY], "trunk": {"name": "own", "depth": 2}, "n_features": 8},
                "fit": {"epochs": 3},
                "ensemble": {"members": 2, "workers": 1},
            }
        )
    finally:
        del os.environ[PLUGINS]
        for channel in (DIPOLE, ENERGY):
            target, method = channel.split(":")
            TARGETS.pop(target, None)
            OWN_METHODS.pop((target, method), None)


@pytest.fixture(scope="module")
def trained(config: TrainConfig, new_project: Callable[[], Path]) -> tuple[Path, TrainResult]:
    project = new_project()
    return project, train(config, project=project)


@pytest.mark.slow
def test_an_own_target_goes_through_a_training_in_other_processes(trained: tuple[Path, TrainResult]) -> None:
    project, result = trained
    run = RunStore(project).find(result.run_id)
    assert run.status == "FINISHED"
    document = json.loads((result.model / "model.json").read_text())
    assert document["targets"]["zero_point_energy"]["pooling"] == "extensive"
    assert document["channels"][0] == {"channel": DIPOLE, "unit": "debye"}
    assert document["config"]["trunk"] == {"name": "own", "depth": 2}
    card = (result.model / "MODEL_CARD.md").read_text()
    assert "B3LYP/6-31G(2df,p)" in card and "2 rounds of sums over neighbours" in card
    # Zero-point energies are nearly sums over atoms, and the composition is what the network starts from.
    assert result.metrics[f"test/{ENERGY}/network/mae"] < 0.1
    assert result.metrics[f"test/{ENERGY}/network/r2"] > 0.8


@pytest.mark.slow
def test_the_model_answers_in_a_process_that_was_told_nothing(trained: tuple[Path, TrainResult], config) -> None:
    """Water, and two far copies of it: the zero-point energy is twice that of one."""
    code = (
        "import sys, json; import numpy as np; from mlcluster import Cluster\n"
        "from mlcluster.levels.network import load_ensemble\n"
        "from mlcluster.prediction.predict import predict_clusters\n"
        "model = load_ensemble(sys.argv[1])\n"
        "one = np.array([[0, 0, 0.119], [0, 0.763, -0.477], [0, -0.763, -0.477]])\n"
        "both = np.concatenate([one, one + [30.0, 0, 0]])\n"
        "made = [Cluster(numbers=np.array([8, 1, 1] * (len(p) // 3)), positions=p, charge=0, multiplicity=1)"
        " for p in (one, both)]\n"
        "rows = predict_clusters(made, model, formula=False)\n"
        "print(json.dumps([row.to_dict() for row in rows]))\n"
    )
    plugin = str(Path(config.data.options["path"]).with_name("own_trunk.py"))
    environment = os.environ | {PLUGINS: plugin}
    told = subprocess.run(
        [sys.executable, "-c", code, str(trained[1].model)], capture_output=True, text=True, env=environment, check=True
    )
    rows = json.loads(told.stdout)
    expected = [("dipole_moment", "debye"), ("zero_point_energy", "eV")] * 2
    assert [(row["target"], row["unit"]) for row in rows] == expected
    assert rows[3]["value"] == pytest.approx(2 * rows[1]["value"], rel=1e-5)
    assert 0.3 < rows[1]["value"] < 0.9, "B3LYP has 0.58 eV"
    for row in rows:
        assert row["lower"] <= row["value"] <= row["upper"] and row["basis"] == "network"


def test_baselines_of_a_sum_are_sums(config: TrainConfig) -> None:
    load_config(config)  # declares the targets
    items = load("extxyz", **config.data.options)
    for name, fitter in BASELINES.items():
        part = baseline_predictions(name, fitter, ENERGY, items[:40], items[40:], calibrate=False)
        error, spread = np.abs(part.predicted - part.label).mean(), part.label.std()
        assert error < spread, name


def test_wrong_columns_leave_no_dead_run(config: TrainConfig, project: Path) -> None:
    labels = {DIPOLE: {"column": "moment", "unit": "debye"}, ENERGY: config.data.options["labels"][ENERGY]}
    options = {**config.data.options, "labels": labels}
    wrong = config.model_copy(update={"data": config.data.model_copy(update={"options": options})})
    with pytest.raises(ConfigError, match=r"no key of a frame. Found: moment. Expected: one of charge, entry"):
        train(wrong, project=project)
    options = {**config.data.options, "labels": {DIPOLE: {"column": "mu", "unit": "hartree"}}}
    wrong = config.model_copy(update={"data": config.data.model_copy(update={"options": options})})
    with pytest.raises(ConfigError, match="dipole_moment cannot be given in this unit. Found: hartree"):
        train(wrong, project=project)
    assert RunStore(project).records() == []


def test_bad_structures_are_left_out_or_refused(config: TrainConfig, tmp_path: Path, capsys) -> None:
    good = Path(config.data.options["path"]).read_text()
    path = tmp_path / "some.extxyz"
    path.write_text(
        good
        + "1\nentry=lonely charge=0 mu=1 zpve=0.1\nHe 0 0 0\n"
        + "2\nentry=far charge=0 mu=1 zpve=0.1\nHe 0 0 0\nHe 0 0 27\n"
        + "2\nentry=impossible charge=0 mu=99 zpve=0.1\nH 0 0 0\nH 0 0 0.74\n"
        + "2\nentry=first charge=0 mu=0 zpve=0.01\nH 0 0 0\nH 0 0 0.74\n"
        + "2\nentry=second charge=0 mu=0 zpve=0.02\nH 5 0 0\nH 5.74 0 0\n"
    )
    options = {**config.data.options, "path": str(path)}
    some = config.model_copy(update={"data": config.data.model_copy(update={"options": options})})
    (result,) = validate(config=some)
    assert (result["entries"], result["skipped"], result["errors"], result["warnings"]) == (62, 3, 3, 1)
    told = {found["entry"]: found["message"] for found in result["findings"]}
    assert "the only atom" in told["lonely"] and "nearest atom at 27.00" in told["far"]
    assert "99 debye" in told["impossible"] and "the same structure as first with another label" in told["second"]
    assert "zero_point_energy:b3lyp is 0.272" in told["second"]
    assert result["error"] == "3 of 65 entries are left out."
    assert capsys.readouterr().err == ""
    told = NetworkTask(some, "train").documents["data_report.md"]
    assert "- lonely: " in told and "- second: the same structure as first" in told
    assert "3 entries are left out, 62 are used" in capsys.readouterr().err
    strict = some.model_copy(update={"data": some.data.model_copy(update={"strict": True})})
    (refused,) = validate(config=strict)
    assert "impossible: dipole_moment lies outside" in refused["error"]
    path.write_text("1\nentry=lonely charge=0 mu=1 zpve=0.1\nHe 0 0 0\n")
    (empty,) = validate(config=some)
    assert "no entry can be used. Found: lonely" in empty["error"]
    with pytest.raises(DataError, match="no entry can be used"):
        train(some, project=tmp_path)
