"""Model configuration: nearest valid key, impossible values, channels and their targets."""

from __future__ import annotations

import pytest

from mlcluster.errors import ConfigError
from mlcluster.model import MODELS, ModelConfig, build_model


def test_an_unknown_key_is_refused_with_the_nearest_valid_one():
    with pytest.raises(ConfigError, match="n_layer: unknown key.*Did you mean n_layers"):
        ModelConfig.parse({"n_layer": 3})
    with pytest.raises(ConfigError, match="cut_off.*Did you mean cutoff"):
        ModelConfig(cut_off=3.0)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"lmax": 3}, "lmax"),
        ({"cutoff": "wide"}, "cutoff"),
        ({"n_radial": 3}, "n_radial"),
        ({"channels": []}, "channels"),
        ({"channels": ["colour:measured"]}, "channels.*colour"),
        ({"channels": ["gap:optical", "gap:optical"]}, "channels.*twice"),
    ],
)
def test_an_impossible_value_is_refused_and_named(values, named):
    with pytest.raises(ConfigError, match=named):
        ModelConfig.parse(values)


def test_methods_of_one_target_share_it():
    config = ModelConfig(channels=["gap:optical", "emission:measured", "gap:gfn1-xtb"])
    assert config.targets == ("gap", "emission")
    assert config.target_of_channel == [0, 1, 0]
    assert ModelConfig.parse(config.model_dump(mode="json")) == config


def test_every_registered_network_can_be_built_and_an_unknown_name_is_refused():
    for name in MODELS:
        assert build_model(ModelConfig(model=name, n_features=4)).config.model == name
    with pytest.raises(ConfigError, match="pain.*Did you mean painn"):
        build_model(ModelConfig(model="pain"))
