from __future__ import annotations

from pathlib import Path

import pytest

from mlcluster.errors import ConfigError
from mlcluster.levels.run_config import TrainConfig, load_config
from mlcluster.resources import config_path


@pytest.mark.parametrize("name", ["quickstart.yaml", "default.yaml"])
def test_bundled_configurations_are_valid_and_round_trip(name: str) -> None:
    config = load_config(config_path(name))
    assert TrainConfig.model_validate(config.model_dump(mode="json")) == config


def test_settings_change_single_values(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("fit: {epochs: 5}\n")
    config = load_config(path, ["fit.patience=3", "split.test=[M9, M11]", "data.subset=30", "model.lmax=1"])
    assert (config.fit.epochs, config.fit.patience, config.split.test) == (5, 3, ["M9", "M11"])
    assert (config.data.subset, config.model.trunk.lmax) == (30, 1)
    assert load_config(config, ["seed=4"]).seed == 4


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("fit.epoch=5", "Did you mean fit.epochs"),
        ("model.n_feature=5", "Did you mean n_features"),
        ("ensembel.members=5", "Did you mean ensemble"),
        ("fit.epochs=none", "fit.epochs"),
        ("fit.epochs=0", "greater than or equal to 1"),
        ("fit", "key=value"),
        ("seed.value=1", "no keys below"),
        ("model.channels=[gap]", "target and method"),
        *((f"trainer.devices={value}", "how many devices, from 1 up") for value in ("0", "-1", "[]", "[-1]", "[0, 0]")),
        *((f"trainer.devices={value}", "how many devices, from 1 up") for value in ("true", "auto", "1.5", "null")),
        ('trainer={"accelerator": "cpu", "devices": [0, 1]}', "cores have no numbers"),
    ],
)
def test_wrong_settings_are_refused_readably(setting: str, message: str) -> None:
    base = TrainConfig.model_validate({"seed": 1})
    with pytest.raises(ConfigError, match=message):
        load_config(base, [setting])


def test_a_member_may_be_trained_on_the_devices_that_are_named() -> None:
    assert load_config(TrainConfig(), ["trainer.devices=[1]"]).trainer.devices == [1]
    assert [load_config(TrainConfig(), [f"trainer.devices={n}"]).trainer.n_devices for n in ("1", "3", "[0, 2]")] == [
        1,
        3,
        2,
    ]


def test_random_split_cannot_leave_families_out() -> None:
    with pytest.raises(ConfigError, match="only a split by family has families to leave out"):
        load_config(TrainConfig(), ["split.kind=random", "residual_scale=leave-one-family-out"])


def test_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such configuration"):
        load_config(tmp_path / "missing.yaml")
    path = tmp_path / "broken.yaml"
    for text in ("a: [1", "- 1\n- 2"):
        path.write_text(text)
        with pytest.raises(ConfigError, match="broken.yaml"):
            load_config(path)


@pytest.mark.usefixtures("own_names")
def test_slips_in_a_declaration_are_told_with_the_nearest_key(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("targets: {dipole: {unti: debye, bounds: [0, 40], methods: [mine]}}")
    with pytest.raises(ConfigError, match=r"targets.dipole.unti: unknown key.*Did you mean targets.dipole.unit\?"):
        load_config(path)
    path.write_text("targets: {dipole: {unit: debye, bounds: [0, 40], methods: {mine: {measurd: true}}}}")
    with pytest.raises(ConfigError, match=r"Did you mean targets.dipole.methods.mine.measured\?"):
        load_config(path)
    path.write_text("targets: {dipole: {unit: debye, methods: [mine]}}")
    with pytest.raises(ConfigError, match=r"own.yaml, targets.dipole: a target of your own needs its bounds"):
        load_config(path)


def test_records_of_earlier_runs_name_the_network_level_otherwise() -> None:
    assert TrainConfig.model_validate({"level": "structure"}).level == "network"
