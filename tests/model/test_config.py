"""Model configuration: nearest valid key, impossible values, channels and their targets."""

from __future__ import annotations

import pytest

from mlcluster.errors import ConfigError
from mlcluster.levels.network import ModelConfig, build_model
from mlcluster.nn.trunks import TRUNKS


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


def test_keys_of_the_trunk_stand_in_its_section_or_beside_the_others():
    short = ModelConfig.parse({"trunk": "painn", "lmax": 1, "n_features": 8})
    assert short == ModelConfig.parse({"trunk": {"name": "painn", "lmax": 1}, "n_features": 8})
    assert short == ModelConfig.parse({"lmax": 1, "n_features": 8}), "painn is the default"
    changed = ModelConfig.parse(short.model_dump(mode="json") | {"lmax": 2})
    assert (changed.trunk.lmax, short.trunk.lmax) == (2, 1), "as --set model.lmax=2 does"
    assert short.model_dump(mode="json")["trunk"] == {"name": "painn", "lmax": 1, "n_layers": 3, "n_radial": 20}


def test_a_key_of_another_trunk_is_refused():
    with pytest.raises(ConfigError, match="lmax: unknown key"):
        ModelConfig.parse({"trunk": "schnet", "lmax": 1})
    with pytest.raises(ConfigError, match="a name or a section"):
        ModelConfig.parse({"trunk": 3})


def test_every_registered_trunk_can_be_built_and_cited_and_an_unknown_name_is_refused():
    for name, trunk in TRUNKS.items():
        network = build_model(ModelConfig.parse({"trunk": name, "n_features": 4}))
        assert network.config.trunk.name == name and isinstance(network.trunk, trunk)
        assert "arXiv" in trunk.citation
    with pytest.raises(ConfigError, match="pain.*Did you mean painn"):
        ModelConfig.parse({"trunk": "pain"})
