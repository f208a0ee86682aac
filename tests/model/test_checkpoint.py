"""Checkpoints: what is read is what was written; what does not fit says why."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from mlcluster.anatomy import Anatomy
from mlcluster.errors import ModelError
from mlcluster.graph import convert
from mlcluster.levels.network import (
    Ensemble,
    EnsembleMetadata,
    ModelConfig,
    build_model,
    checkpoint,
    load_ensemble,
    save_ensemble,
)
from tests.model.structures import ml4, pair, random_cluster

CONFIG = {"channels": ["gap:gfn1-xtb", "emission:measured"], "n_features": 8, "n_layers": 1}
STORED = Path(__file__).resolve().parents[1] / "data" / "checkpoints"
METADATA = EnsembleMetadata(
    residual_scale={"gap:gfn1-xtb": 0.2},
    domain={"elements": ["Au", "Cl"], "n_atoms": (2, 20)},
    data_hash="0123",
    training={"run_id": "abc"},
    metrics={"mae": 0.1},
)


def ensemble(**sizes) -> Ensemble:
    config = ModelConfig.parse(CONFIG | sizes)
    members = [build_model(config, seed=k) for k in range(2)]
    for member in members:
        member.set_reference(torch.tensor([1.1, 1.8]), torch.tensor([0.3, 0.2]))
    return Ensemble(members, METADATA)


@pytest.fixture
def saved(tmp_path) -> Path:
    return save_ensemble(ensemble(), tmp_path / "model")


def edit(directory: Path, **changes) -> None:
    path = directory / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_what_is_read_is_what_was_written(tmp_path, dtype):
    before = ensemble()
    for member in before.members:
        member.to(dtype)
    after = load_ensemble(save_ensemble(before, tmp_path / "deep" / "model"))
    graphs = [convert(random_cluster(0)), convert(pair())]
    assert torch.equal(before.predict(graphs).members, after.predict(graphs).members)
    assert (after.hash, after.config, after.metadata.as_json()) == (
        before.hash,
        before.config,
        before.metadata.as_json(),
    )
    assert after.predict(graphs).mean.dtype == dtype


def test_the_document_names_channels_units_and_hash(saved):
    document = json.loads((saved / "model.json").read_text())
    assert document["schema_version"] == checkpoint.SCHEMA_VERSION and document["hash"] == ensemble().hash
    assert document["channels"] == [
        {"channel": "gap:gfn1-xtb", "unit": "eV"},
        {"channel": "emission:measured", "unit": "nm"},
    ]
    assert sorted(p.suffix for p in saved.iterdir()) == [".json", ".safetensors", ".safetensors"]


def test_saving_again_replaces_the_whole_model_and_leaves_no_rest(saved):
    smaller = Ensemble(ensemble().members[:1])
    save_ensemble(smaller, saved)
    assert load_ensemble(saved).hash == smaller.hash
    assert len(list(saved.iterdir())) == 2 and [p.name for p in saved.parent.iterdir()] == ["model"]


def test_a_place_that_holds_something_else_is_not_overwritten(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ModelError, match="something else"):
        save_ensemble(ensemble(), tmp_path)
    assert (tmp_path / "thesis.txt").exists()


@pytest.mark.parametrize(("version", "prior"), [(1, "mean"), *((k, "composition") for k in (2, 3, 4))])
def test_the_stored_file_of_each_schema_still_predicts_the_same(version, prior):
    model = load_ensemble(STORED / f"schema_{version}")
    expected = json.loads((STORED / f"schema_{version}_predictions.json").read_text())
    assert model.config.prior == prior
    out = model.predict([convert(ml4(tetrahedral=False), 4.0), convert(Anatomy(pair(), valence_electrons=8), 4.0)])
    np.testing.assert_allclose(out.mean.numpy(), expected["mean"], rtol=1e-5)
    np.testing.assert_allclose(out.spread.numpy(), expected["spread"], rtol=1e-3)
    assert dict(model.metadata.residual_scale) == {"gap:gfn1-xtb": 0.25, "gap:optical": 0.5}
    assert list(model.channels) == ["gap:gfn1-xtb", "gap:optical"]
    domain = model.metadata.domain
    assert list(domain["channels"]) == ["gap:gfn1-xtb", "gap:optical"]
    # One domain for all up to version 3; then each channel knows its own.
    assert (domain["channels"]["gap:optical"] == domain["channels"]["gap:gfn1-xtb"]) == (version < 4)


def test_migrations_run_in_order_on_document_and_weights(saved, monkeypatch):
    edit(saved, config={"feature_count": 8, "n_layers": 1, "channels": CONFIG["channels"]})
    edit(saved, schema_version=1)
    steps = []

    def to_2(document, weights):
        steps.append(2)
        document["config"]["n_feature"] = document["config"].pop("feature_count")
        for values in weights:
            values["new"] = values.pop("readout.methods.offset")

    def to_3(document, weights):
        steps.append(3)
        document["config"]["n_features"] = document["config"].pop("n_feature")
        for values in weights:
            values["readout.methods.offset"] = values.pop("new")

    monkeypatch.setattr(checkpoint, "SCHEMA_VERSION", 3)
    monkeypatch.setattr(checkpoint, "MIGRATIONS", {2: to_3, 1: to_2})
    model = load_ensemble(saved)
    graphs = [convert(pair())]
    assert steps == [2, 3] and torch.equal(model.predict(graphs).mean, ensemble().predict(graphs).mean)


def test_every_earlier_version_has_a_migration_and_a_stored_file():
    assert sorted(checkpoint.MIGRATIONS) == list(range(1, checkpoint.SCHEMA_VERSION))
    for version in range(1, checkpoint.SCHEMA_VERSION + 1):
        assert (STORED / f"schema_{version}" / "model.json").is_file()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema_version": 99}, r"newer mlcluster.*schema version 99.*at most 4.*Update"),
        ({"schema_version": None}, "no schema version"),
        ({"schema_version": "1"}, "no schema version"),
        ({"elements": ["X", "H", "Li"]}, r"element table.*row 2 is Li"),
        ({"elements": ["X", "H"]}, r"element table.*2 rows"),
        ({"channels": [{"channel": "gap:gfn1-xtb", "unit": "hartree"}]}, r"do not fit.*hartree.*eV"),
        ({"channels": ["gap:gfn1-xtb"]}, "channels"),
        ({"config": {"channels": ["colour:measured"]}}, "colour"),
        ({"config": CONFIG | {"n_featurs": 8}}, r"does not fit.*n_features"),
        ({"config": CONFIG | {"n_features": "many"}}, r"does not fit.*n_features.*many"),
        ({"config": CONFIG | {"n_features": 16}}, "another shape"),
        ({"config": CONFIG | {"n_layers": 2}}, r"interactions\.1.*missing"),
        ({"metadata": {"unheard_of": 1}}, "unheard_of"),
        ({"members": []}, "needs a member"),
        ({"members": [{"file": "member-7.safetensors", "sha256": "0"}]}, r"member-7.*missing"),
        ({"members": [{"file": "../model/member-0.safetensors", "sha256": "0"}]}, "file name"),
        ({"members": ["member-0.safetensors"]}, "file and sha256"),
    ],
)
def test_a_document_that_does_not_fit_says_why(saved, changes, message):
    edit(saved, **changes)
    with pytest.raises(ModelError, match=message):
        load_ensemble(saved)


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe\x00"])
def test_a_damaged_document_is_named(saved, content):
    (saved / "model.json").write_bytes(content)
    with pytest.raises(ModelError, match=r"model\.json"):
        load_ensemble(saved)


@pytest.mark.parametrize("key", ["config", "channels", "elements", "members", "metadata"])
def test_a_missing_entry_is_named(saved, key):
    path = saved / "model.json"
    document = json.loads(path.read_text())
    del document[key]
    path.write_text(json.dumps(document))
    with pytest.raises(ModelError, match=f"no {key}"):
        load_ensemble(saved)


def test_no_model_there(tmp_path):
    with pytest.raises(ModelError, match=r"no model there.*model\.json"):
        load_ensemble(tmp_path)


def test_damaged_weights_are_named(saved):
    path = saved / "member-1.safetensors"
    data = path.read_bytes()
    for damage in (b"", data[: len(data) // 2], b"\x80\x04junk" * 40):
        path.write_bytes(damage)
        with pytest.raises(ModelError, match=r"member-1.*cannot read"):
            load_ensemble(saved)
    path.write_bytes(data[:-4] + b"\x00\x01\x02\x03")
    with pytest.raises(ModelError, match=r"member-1.*not those"):
        load_ensemble(saved)


def test_a_missing_weight_is_named(saved):
    path = saved / "member-0.safetensors"
    weights = load_file(path)
    del weights["readout.head.layers.0.bias"]
    save_file(weights, path)
    document = json.loads((saved / "model.json").read_text())
    document["members"][0]["sha256"] = checkpoint.hashlib.sha256(path.read_bytes()).hexdigest()
    edit(saved, members=document["members"])
    with pytest.raises(ModelError, match=r"readout\.head\.layers\.0\.bias.*1 missing"):
        load_ensemble(saved)
