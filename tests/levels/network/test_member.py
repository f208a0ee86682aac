"""A member as it is trained: what is validated is kept, patience ends it, and a stop in between changes no bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mlcluster.data import LabelledCluster
from mlcluster.data.datamodule import ClusterDataModule
from mlcluster.data.splits import Split
from mlcluster.graph import convert
from mlcluster.labels import LabelRecord
from mlcluster.levels.network import Ensemble, build_model, load_ensemble, save_ensemble
from mlcluster.levels.network.lightning_module import PropertyModule
from mlcluster.levels.network.member import MemberJob, train_member
from mlcluster.levels.network.schedule import LOWEST_RATE, learning_rate
from mlcluster.levels.network.state_keeper import StateKeeper, average
from mlcluster.levels.network.training_state import read_best, read_progress
from mlcluster.levels.run_config import FitConfig, TrainConfig, load_config
from mlcluster.nn.trunks import PLUGINS, TRUNKS
from tests.training.test_prepare import entry

SMALL = {
    "model": {"n_features": 8, "n_layers": 1, "lmax": 1, "cutoff": 4.0, "n_radial": 6, "prior": "mean"},
    "fit": {"epochs": 4, "patience": 4, "atoms_per_batch": 40, "learning_rate": 0.02, "position_noise": 0.02},
    "trainer": {"accelerator": "cpu"},
}


def small(*settings: str) -> TrainConfig:
    return load_config(TrainConfig.model_validate(SMALL), settings)


@pytest.fixture(scope="module")
def items() -> list[LabelledCluster]:
    """Families A to D in which the label follows the charge."""
    made = [entry(f"{family}{k}", family, 3 + k) for family in "ABCD" for k in range(5)]
    return [replace(item, labels=(_label(item),)) for item in made]


def _label(item: LabelledCluster) -> LabelRecord:
    value = 1.0 + 0.5 * (item.cluster.charge or 0)
    return LabelRecord(entry=item.entry, family=item.family, target="gap", method="gfn1-xtb", value=value, unit="eV")


def job_in(directory: Path, items: list[LabelledCluster]) -> MemberJob:
    names = {side: tuple(i.entry for i in items if (i.family == "D") == (side == "stop")) for side in ("fit", "stop")}
    split = Split(kind="family", train=names["fit"], validation=names["stop"], test=(), seed=0)
    return MemberJob(directory=directory, split=split, seed=3)


def scripted(monkeypatch: pytest.MonkeyPatch, errors: list[float]) -> None:
    """Let the validation errors be those stated: before the first step, then of each epoch."""

    def error(module: PropertyModule) -> float:
        return errors[0 if module.trainer.sanity_checking else module.current_epoch + 1]

    monkeypatch.setattr(PropertyModule, "validation_error", error)


def test_kept_weights_are_the_averaged_ones_that_were_validated(tmp_path: Path, items: list[LabelledCluster]) -> None:
    config, job = small("fit.averaging=0.9", "fit.epochs=8"), job_in(tmp_path, items)
    train_member(job, config, items)
    progress = read_progress(tmp_path)
    assert progress.best_epoch > 0 and progress.done
    data = ClusterDataModule(items, job.split, config.model.channels, cutoff=4.0, atoms_per_batch=10**6)
    model = build_model(config.model)
    model.load_state_dict(read_best(tmp_path))
    (batch,) = data.val_dataloader()
    with torch.no_grad():
        error = (model(batch).value - batch.label).abs() / model.readout.methods.deviation
    assert error.mean().item() == pytest.approx(progress.best_error, rel=1e-5)
    assert progress.best_error == min(row["validation"] for row in progress.history)


def test_the_average_follows_by_its_formula() -> None:
    old, now = torch.tensor([0.0]), torch.tensor([1.0])
    # The share that is kept is step / (step + 9), and never more than the decay.
    assert [float(average(old, now, step, decay=0.5)) for step in (0, 1, 9, 100)] == pytest.approx([1.0, 0.9, 0.5, 0.5])


@pytest.mark.parametrize(
    ("errors", "epochs", "best"),
    [
        ([1.0, 0.9, 0.95, 0.94, 0.93, 0.1], 4, 1),  # three epochs without a better one
        ([1.0, 1.0, 1.2, 1.0, 0.1], 3, 0),  # an equal error is not better, and the prior counts
        ([1.0, 1.1, 1.1, 0.9, 1.0, 1.0, 1.0, 0.1], 6, 3),  # a better one in time starts the count again
        ([1.0, float("nan"), float("nan"), 0.5, 0.6, 0.6, 0.6], 6, 3),
    ],
)
def test_patience_counts_the_epochs_since_the_best(
    tmp_path: Path, items: list[LabelledCluster], monkeypatch: pytest.MonkeyPatch, errors, epochs: int, best: int
) -> None:
    scripted(monkeypatch, errors)
    train_member(job_in(tmp_path, items), small("fit.epochs=20", "fit.patience=3"), items)
    progress = read_progress(tmp_path)
    assert (len(progress.history), progress.epoch, progress.best_epoch, progress.done) == (epochs, epochs, best, True)
    assert progress.best_error == errors[best]


def test_stopped_between_epochs_and_gone_on_equals_undisturbed(
    tmp_path: Path, items: list[LabelledCluster], monkeypatch: pytest.MonkeyPatch
) -> None:
    errors, config = [1.0, 0.9, 0.95, 0.94, 0.93, 0.1], small("fit.epochs=20", "fit.patience=3")
    scripted(monkeypatch, errors)
    train_member(job_in(tmp_path / "whole", items), config, items)
    written = StateKeeper.on_train_epoch_end

    def killed(keeper, trainer, module) -> None:
        written(keeper, trainer, module)
        if trainer.current_epoch == 1:
            raise MemoryError("killed")

    with monkeypatch.context() as patch, pytest.raises(MemoryError):
        patch.setattr(StateKeeper, "on_train_epoch_end", killed)
        train_member(job_in(tmp_path / "parts", items), config, items)
    assert read_progress(tmp_path / "parts").epoch == 2
    train_member(job_in(tmp_path / "parts", items), config, items)
    whole, parts = (read_progress(tmp_path / name) for name in ("whole", "parts"))
    for row in (*whole.history, *parts.history):
        del row["seconds"]
    assert parts == whole and len(whole.history) == 4
    for name, value in read_best(tmp_path / "whole").items():
        assert torch.equal(value, read_best(tmp_path / "parts")[name])


def test_learning_rate_rises_then_falls_to_a_floor() -> None:
    fit = FitConfig(learning_rate=2.0, warmup_epochs=2, epochs=10)
    rates = [learning_rate(fit, epoch) for epoch in range(14)]
    assert rates[:3] == pytest.approx([2.0 / 3, 4.0 / 3, 2.0])
    assert rates[6] == pytest.approx(2.0 * (LOWEST_RATE + (1 - LOWEST_RATE) / 2)), "half-way down the cosine"
    assert all(np.diff(rates[2:11]) < 0)
    assert rates[10:] == pytest.approx([0.02] * 4), "a hundredth, however long it goes on"


@pytest.mark.parametrize("trunk", TRUNKS)
def test_half_precision_of_the_linear_maps_trains(tmp_path: Path, items: list[LabelledCluster], trunk: str) -> None:
    config = TrainConfig.model_validate(
        SMALL | {"model": {"trunk": trunk, "n_features": 8, "n_layers": 1, "prior": "mean"}}
    )
    config = load_config(config, ["trainer.precision=bf16-mixed", "fit.epochs=3"])
    train_member(job_in(tmp_path, items), config, items)
    progress, best = read_progress(tmp_path), read_best(tmp_path)
    assert np.isfinite([row[key] for row in progress.history for key in ("loss", "validation")]).all()
    assert progress.history[-1]["loss"] < progress.history[0]["loss"]
    assert {value.dtype for value in best.values() if value.is_floating_point()} == {torch.float32}


@pytest.mark.parametrize("trunk", TRUNKS)
def test_no_tensor_stays_behind_when_a_module_moves(trunk: str) -> None:
    config = small().model.model_validate({"trunk": trunk, "n_features": 8})
    module = PropertyModule(build_model(config), torch.ones(1), FitConfig()).to("meta")
    held = {id(value) for value in (*module.parameters(), *module.buffers())}
    assert {value.device.type for value in (*module.parameters(), *module.buffers())} == {"meta"}
    loose = [
        f"{type(part).__name__}.{name}"
        for part in module.modules()
        for name, value in vars(part).items()
        if isinstance(value, torch.Tensor) and id(value) not in held
    ]
    assert loose == []


PLUGIN = '''
from typing import Literal

from pydantic import BaseModel
from torch import nn

from mlcluster.nn.trunks import register_trunk


class ShellConfig(BaseModel):
    name: Literal["shell"] = "shell"
    n_layers: int = 1

    def described(self, n_features: int) -> str:
        return f"{n_features} features"


class ShellTrunk(nn.Module):
    """Counts neighbours."""

    config_type, citation = ShellConfig, "own work"

    def __init__(self, config: ShellConfig, n_features: int, cutoff: float) -> None:
        super().__init__()
        self.mix = nn.Linear(n_features, n_features)

    def forward(self, scalars, batch):
        sender, receiver = batch.edge_index
        return self.mix(scalars).index_add(0, receiver, 0.1 * scalars[sender])


class TiedTrunk(ShellTrunk):
    """One weight under two names."""

    def __init__(self, config: ShellConfig, n_features: int, cutoff: float) -> None:
        super().__init__(config, n_features, cutoff)
        self.again = nn.Linear(n_features, n_features)
        self.again.weight = self.mix.weight

    def forward(self, scalars, batch):
        return self.again(super().forward(scalars, batch).tanh())


class TiedConfig(ShellConfig):
    name: Literal["tied"] = "tied"


TiedTrunk.config_type = TiedConfig
register_trunk("shell", ShellTrunk)
register_trunk("tied", TiedTrunk)
'''


@pytest.mark.parametrize("trunk", ["schnet", "shell", "tied"])
def test_another_trunk_is_trained_saved_and_loaded(
    tmp_path: Path, items: list[LabelledCluster], monkeypatch: pytest.MonkeyPatch, trunk: str
) -> None:
    plugin = tmp_path / "own_trunk.py"
    plugin.write_text(PLUGIN)
    monkeypatch.setenv(PLUGINS, str(plugin))
    monkeypatch.setattr("mlcluster.nn.trunks.TRUNKS", dict(TRUNKS))
    config = TrainConfig.model_validate(SMALL | {"model": {"trunk": trunk, "n_features": 8, "n_layers": 1}})
    train_member(job_in(tmp_path / "member", items), config, items)
    model = build_model(config.model)
    model.load_state_dict(read_best(tmp_path / "member"))
    saved = save_ensemble(Ensemble([model]), tmp_path / "model")
    loaded = load_ensemble(saved)
    graphs = [convert(item.cluster, config.model.cutoff) for item in items[:3]]
    assert loaded.config == config.model and loaded.hash == Ensemble([model]).hash
    assert torch.equal(loaded.predict(graphs).mean, Ensemble([model]).predict(graphs).mean)
    if trunk == "tied":
        assert loaded.members[0].trunk.again.weight is loaded.members[0].trunk.mix.weight
