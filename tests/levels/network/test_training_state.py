"""The state of a training on disk: what is read is what was written, and nothing in it is run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from mlcluster.errors import MlclusterError
from mlcluster.levels.network.training_state import FILE, Progress, SafetensorsIO, read_progress


def test_a_checkpoint_of_any_shape_comes_back(tmp_path: Path) -> None:
    shared = torch.arange(3.0)
    checkpoint = {
        "epoch": 2,
        "state": {0: {"step": torch.tensor(5), "moments": [shared, shared]}, 1: {}},
        "groups": [{"lr": 0.1, "betas": (0.9, 0.999), "fused": None, "amsgrad": False}],
        "best": float("inf"),
        "random": torch.get_rng_state(),
    }
    SafetensorsIO().save_checkpoint(checkpoint, tmp_path / FILE)
    found = SafetensorsIO().load_checkpoint(tmp_path / FILE)
    assert list(found["state"]) == [0, 1] and torch.equal(found["state"][0]["moments"][1], shared)
    assert found["groups"] == [{"lr": 0.1, "betas": [0.9, 0.999], "fused": None, "amsgrad": False}]
    assert (found["epoch"], found["best"]) == (2, float("inf"))
    assert torch.equal(found["random"], checkpoint["random"])
    with safe_open(tmp_path / FILE, framework="pt") as handle:
        assert json.loads(handle.metadata()["tree"])["epoch"] == 2
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_what_is_no_plain_value_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        SafetensorsIO().save_checkpoint({"object": object()}, tmp_path / FILE)
    assert not list(tmp_path.iterdir())


def test_nothing_reached_yet_and_a_state_of_an_earlier_version(tmp_path: Path) -> None:
    assert read_progress(tmp_path) == Progress()
    save_file({"weights.a": torch.zeros(1)}, tmp_path / FILE, {"schema": "2", "progress": "{}"})
    with pytest.raises(MlclusterError, match=r"earlier version.*Start the run anew"):
        read_progress(tmp_path)
