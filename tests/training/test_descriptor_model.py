"""A Gaussian process on descriptors in place of a network: trained, kept, asked and told of as one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mlcluster
from mlcluster.data.splits import split_by_family
from mlcluster.errors import ConfigError
from mlcluster.graph import convert
from mlcluster.levels.baselines import fit_gaussian_process, labelled_with_value
from mlcluster.levels.network import ModelConfig, load_ensemble
from mlcluster.levels.network.descriptor_fit import train_descriptor_model
from mlcluster.levels.network.descriptor_model import DescriptorModel
from mlcluster.levels.network.ensemble import Ensemble
from mlcluster.levels.network.entries import prepare_items
from mlcluster.levels.network.member import train_member
from mlcluster.levels.network.training_state import read_best, read_progress
from mlcluster.levels.run_config import TrainConfig, load_config
from mlcluster.structure.cluster import Cluster
from mlcluster.training.train import TrainResult, train

CHANNEL = "gap:gfn1-xtb"


@pytest.fixture(scope="module")
def config(tiny: TrainConfig) -> TrainConfig:
    return load_config(tiny, ["model.kind=gaussian_process", "data.subset=30", "ensemble.members=2"])


@pytest.fixture(scope="module")
def trained(config: TrainConfig, new_project: Callable[[], Path]) -> TrainResult:
    def train_here(jobs, config, *, cache, on_progress):
        for job in jobs:
            train_member(job, config, prepare_items(config), cache=cache)
        on_progress([read_progress(job.directory) for job in jobs])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mlcluster.levels.network.fit.train_members", train_here)
        return train(config, project=new_project())


def test_it_is_the_process_that_stands_among_the_baselines(config: TrainConfig, tmp_path: Path) -> None:
    items = prepare_items(config)
    split = split_by_family(items, test=["M13"], seed=0)
    train_descriptor_model(tmp_path, split, config.model, items)
    model = DescriptorModel(config.model)
    model.load_state_dict(read_best(tmp_path))
    by_entry = {item.entry: item for item in items}
    learned, labels = labelled_with_value([by_entry[entry] for entry in split.train], CHANNEL)
    held = [by_entry[entry] for entry in split.test]
    output = Ensemble([model]).predict([convert(item.cluster, config.model.cutoff) for item in held])
    expected = fit_gaussian_process(learned, labels)(held)
    assert output.mean[:, 0].numpy() == pytest.approx(expected, abs=1e-4) and np.ptp(expected) > 1e-3
    total = sum(output.global_terms.values())[:, 0] + 0 * output.mean[:, 0]
    assert total.numpy() == pytest.approx(output.mean[:, 0].numpy()), "terms and shares of atoms are all of it"
    progress = read_progress(tmp_path)
    assert progress.done and progress.history[0]["validation"] == progress.best_error > progress.history[0]["loss"] >= 0


@pytest.fixture(scope="module")
def known() -> tuple[DescriptorModel, list[Cluster]]:
    items = prepare_items(TrainConfig.model_validate({"data": {"subset": 12}}))
    model = DescriptorModel(ModelConfig.parse({"kind": "gaussian_process"}))
    model.learn(items)
    return model, [item.cluster for item in items]


@given(st.integers(0, 2**16))
@settings(max_examples=5, deadline=None)
def test_what_it_says_does_not_turn_with_the_structure_or_its_order(
    known: tuple[DescriptorModel, list[Cluster]], seed: int
) -> None:
    model, clusters = known
    rng = np.random.default_rng(seed)
    cluster = clusters[seed % len(clusters)]
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    order = rng.permutation(len(cluster))
    other = cluster.replace(numbers=cluster.numbers[order], positions=cluster.positions[order] @ turn + 3.0)
    values = [model(convert(each, 5.0)).value.item() for each in (cluster, other)]
    assert values[0] == pytest.approx(values[1], abs=1e-3)


def test_an_extensive_value_is_learned_an_atom() -> None:
    config = ModelConfig.parse({"channels": [CHANNEL], "kind": "gaussian_process"})
    one, sum_ = DescriptorModel(config), DescriptorModel(config)
    sum_.extensive.fill_(True)
    for model in (one, sum_):
        model.level.fill_(2.0)
    (item,) = prepare_items(TrainConfig.model_validate({"data": {"subset": 3}}))[:1]
    graph = convert(item.cluster, 5.0)
    assert one(graph).value.item() == 2.0 and sum_(graph).value.item() == 2.0 * len(item.cluster)


def test_the_trained_model_is_kept_and_asked_as_a_network_is(trained: TrainResult, tmp_path: Path) -> None:
    ensemble = load_ensemble(trained.model)
    assert ensemble.config.kind == "gaussian_process" and len(ensemble.members) == 2
    assert {path.suffix for path in trained.model.iterdir()} >= {".safetensors", ".json", ".md"}
    assert ensemble.hash == json.loads((trained.model / "model.json").read_text())["hash"]
    for arm in ("network", "mean", "ridge on composition", "GP on descriptors"):
        assert trained.metrics[f"test/{CHANNEL}/{arm}/mae"] is not None
    card = (trained.model / "MODEL_CARD.md").read_text()
    assert "Gaussian process on 59 descriptors of the structure" in card and "GP on descriptors" in card

    items = prepare_items(load_config(TrainConfig(), ["data.subset=3"]))
    files = [tmp_path / f"{number}.xyz" for number in range(2)]
    for file, item in zip(files, items, strict=False):
        file.write_text(item.cluster.to_xyz())
    asked = {"model": trained.model, "level": "network", "formula": False}
    rows = [row for row in mlcluster.predict(files, **asked) if row["target"] == "gap" and row["kind"] == "predicted"]
    assert len(rows) == 2 and all(row["lower"] < row["value"] < row["upper"] for row in rows)
    assert {row["model"] for row in rows} == {ensemble.hash[:12]}
    graphs = [convert(item.cluster, ensemble.config.cutoff) for item in items[:2]]
    assert [row["value"] for row in rows] == pytest.approx(ensemble.predict(graphs).mean[:, 0].tolist(), abs=1e-3)

    screened = mlcluster.screen(files, tmp_path / "screen", model=trained.model, formula=False, processes=1)
    assert (screened["predicted"], screened["failed"]) == (2, 0)
    compared = mlcluster.compare(files[0], files[1], **asked)
    difference = next(row for row in compared["properties"] if row["target"] == "gap")
    assert difference["difference"] == pytest.approx(rows[1]["value"] - rows[0]["value"], abs=2e-3)


def test_a_structure_unlike_all_others_is_outside(trained: TrainResult) -> None:
    domain = load_ensemble(trained.model).metadata.domain["channels"][CHANNEL]
    assert len(domain["embedding"]["center"]) == 2 * 59 and domain["thresholds"]


def test_what_only_networks_have_is_refused(config: TrainConfig) -> None:
    with pytest.raises(ConfigError, match="has no weights to begin with"):
        load_config(config, ["fit.start_from=bundled"])
    with pytest.raises(ConfigError, match="has no weights to begin with"):
        load_config(config, ["fit.frozen=[first]"])


def test_a_network_is_written_as_before_there_was_another_kind() -> None:
    assert "kind" not in ModelConfig.parse({}).model_dump()
    known = ModelConfig.parse({"kind": "gaussian_process"})
    assert ModelConfig.parse(known.model_dump(mode="json")) == known
