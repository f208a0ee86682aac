from __future__ import annotations

import importlib.metadata
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from mlcluster.data import load, model_structures
from mlcluster.data.split_files import write_split
from mlcluster.data.splits import Split, split_by_family
from mlcluster.errors import ConfigError, DataError, MlclusterError
from mlcluster.graph import convert
from mlcluster.levels.network import load_ensemble
from mlcluster.levels.network.entries import prepare_items
from mlcluster.levels.network.features import LatentSpace
from mlcluster.levels.network.member import MemberJob, train_member, train_members
from mlcluster.levels.network.training_state import read_progress
from mlcluster.levels.run_config import TrainConfig, load_config
from mlcluster.model.calibration import Calibration
from mlcluster.prediction.predict import predict_clusters
from mlcluster.tracking import RunStore
from mlcluster.tracking.logged_tables import PREDICTION_COLUMNS, read_predictions
from mlcluster.training.evaluate import evaluate
from mlcluster.training.train import TrainResult, train

ARMS = ("network", "mean", "ridge on composition", "GP on descriptors")
PLOTS = ("calibration", "error_and_distance", "parity", "risk_and_coverage")


@pytest.fixture(scope="module")
def undisturbed(tiny: TrainConfig, new_project: Callable[[], Path]) -> tuple[Path, TrainResult]:
    """Project and result of one training that nothing interrupts."""
    project = new_project()
    return project, train(tiny, project=project)


def test_run_keeps_all_that_leads_back_to_its_numbers(undisturbed: tuple[Path, TrainResult], tiny: TrainConfig) -> None:
    project, result = undisturbed
    run = RunStore(project).find(result.run_id)
    assert run.status == "FINISHED"
    assert TrainConfig.model_validate(run.read_json("config.json")) == tiny
    assert len(run.tags()["mlcluster.data_hash"]) == 64
    assert run.read_json("environment.json")["packages"]["torch"] == importlib.metadata.version("torch")
    splits = run.read_json("splits.json")["ensemble"]
    assert len(splits) == 2 and splits[0]["test"] == splits[1]["test"] != []
    assert splits[0]["validation"] != splits[1]["validation"], "each member stops on a family of its own"
    assert run.tags().keys() >= {f"mlcluster.{name}_hash" for name in ("entries", "split", "environment")}
    installed = run.read_json("environment.json")["distributions"]
    assert installed["torch"] == importlib.metadata.version("torch") and len(installed) > 50
    assert {"model", "plots", "predictions"} <= set(run.files())
    plots = [f"plots/{kind}_test_gap_gfn1-xtb.png" for kind in PLOTS]
    assert sorted(run.files("plots")) == plots
    assert {"model/MLmodel", "model/model.json", "model/requirements.txt"} <= set(run.files("model"))
    members = run.children()
    assert list(members) == ["ensemble/member 0", "ensemble/member 1"]
    for member in members.values():
        assert [step for step, _ in member.metric_steps("loss")] == list(range(1, 31))
        assert member.status == "FINISHED" and member.tags()["mlcluster.kind"] == "member"
    assert not (project / ".mlcluster" / "training" / result.run_id).exists()


def test_scores_stand_beside_baselines_on_the_same_rows(undisturbed: tuple[Path, TrainResult]) -> None:
    metrics = undisturbed[1].metrics
    json.dumps(metrics, allow_nan=False)
    assert {metrics[f"test/gap:gfn1-xtb/{arm}/n"] for arm in ARMS} == {2.0}
    for score in ("mae", "rmse", "coverage"):
        assert all(metrics[f"test/gap:gfn1-xtb/{arm}/{score}"] is not None for arm in ARMS)


def test_predictions_are_a_table_of_which_the_scores_follow(undisturbed: tuple[Path, TrainResult]) -> None:
    project, result = undisturbed
    store = RunStore(project)
    (record,) = store.records(ids=[result.run_id])
    table = read_predictions(store, record)
    assert tuple(table.columns)[: len(PREDICTION_COLUMNS)] == PREDICTION_COLUMNS
    assert len(table) == 2 * table["arm"].nunique() and set(ARMS) <= set(table["arm"])
    for arm, rows in table.groupby("arm"):
        error = (rows["predicted"] - rows["label"]).abs().mean()
        assert error == pytest.approx(record.metrics[f"test/gap:gfn1-xtb/{arm}/mae"])
        inside = ((rows["lower"] <= rows["label"]) & (rows["label"] <= rows["upper"])).mean()
        assert inside == pytest.approx(record.metrics[f"test/gap:gfn1-xtb/{arm}/coverage"])
        assert set(rows["family"]) == {"M13"}


def test_model_says_where_it_comes_from(undisturbed: tuple[Path, TrainResult], tiny: TrainConfig) -> None:
    result = undisturbed[1]
    metadata = load_ensemble(result.model).metadata
    assert metadata.training["run_id"] == result.run_id and metadata.metrics == result.metrics
    assert metadata.residual_scale["gap:gfn1-xtb"] > 0 and "did not fit" in metadata.training["residual_scale_origin"]
    assert "M13" not in metadata.domain["families"] and len(metadata.domain["families"]) == 6
    own = metadata.domain["channels"]["gap:gfn1-xtb"]
    assert own["families"] == metadata.domain["families"] and "Au" in own["elements"]
    assert own["thresholds"]["origin"] == "stated"
    calibration = Calibration.from_json(metadata.calibration["gap:gfn1-xtb"])
    splits = RunStore(undisturbed[0]).find(result.run_id).read_json("splits.json")["ensemble"]
    stopped = {entry for split in splits for entry in split["validation"]}
    families = {item.family for item in prepare_items(tiny) if item.entry in stopped}
    assert (calibration.kind, calibration.n_families, calibration.n_rows) == ("student", len(families), len(stopped))
    assert calibration.floor == metadata.residual_scale["gap:gfn1-xtb"]


@pytest.mark.slow
def test_killed_and_resumed_equals_undisturbed(
    undisturbed: tuple[Path, TrainResult], tiny: TrainConfig, new_project: Callable[[], Path]
) -> None:
    project = new_project()
    script = (
        "import sys; from mlcluster.training.train import train; from mlcluster.levels.run_config import *; "
        "train(TrainConfig.model_validate_json(sys.argv[1]), project=sys.argv[2])"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)}
    process = subprocess.Popen(
        [sys.executable, "-c", script, tiny.model_dump_json(), str(project)], env=environment, stderr=subprocess.DEVNULL
    )
    states = project / ".mlcluster" / "training"
    until = time.monotonic() + 300
    while not any(read_progress(path).epoch >= 3 for path in states.glob("*/fold_0/member_0")):
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    (run_id,) = (path.name for path in states.iterdir())
    members = [states / run_id / "fold_0" / f"member_{k}" for k in range(2)]
    _wait_for_orphan(members)
    reached = [read_progress(member) for member in members]
    assert 3 <= reached[0].epoch < 30 and not reached[0].done and not reached[1].done

    with pytest.raises(ConfigError, match="configuration it was started with"):
        train(tiny, ["fit.learning_rate=0.1"], resume=run_id, project=project)
    result = train(tiny, resume=run_id, project=project)

    assert result.run_id == run_id
    before, after = (load_ensemble(path.model) for path in (undisturbed[1], result))
    for one, other in zip(before.members, after.members, strict=True):
        assert all(
            torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True)
        )
    assert result.metrics == undisturbed[1].metrics
    members = RunStore(undisturbed[0]).find(undisturbed[1].run_id).children()
    again = RunStore(project).find(run_id).children()
    assert list(again) == list(members)
    for name, member in members.items():
        assert again[name].metric_steps("validation") == member.metric_steps("validation")
        assert again[name].status == "FINISHED"
    with pytest.raises(ConfigError, match="this run has ended"):
        train(tiny, resume=run_id, project=project)


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Train in this process: starting others takes seconds, and the tests above do."""

    def train_here(jobs, config, *, cache, on_progress):
        items = prepare_items(config)
        for job in jobs:
            train_member(job, config, items, cache=cache)
        on_progress([read_progress(job.directory) for job in jobs])

    monkeypatch.setattr("mlcluster.levels.network.fit.train_members", train_here)


def _wait_for_orphan(members: list[Path]) -> None:
    """Wait until the training process has noticed that its parent is gone: its state no longer changes."""
    quiet = 0
    seen: list[int] = []
    while quiet < 5:
        epochs = [read_progress(member).epoch for member in members]
        quiet, seen = (quiet + 1, seen) if epochs == seen else (0, epochs)
        time.sleep(0.2)


@pytest.mark.usefixtures("in_process")
def test_evaluation_holds_every_family_out(tiny: TrainConfig, new_project: Callable[[], Path]) -> None:
    project = new_project()
    result = evaluate(tiny, ["fit.epochs=1"], project=project)
    table = {row["arm"]: row for row in result["table"]}
    assert tuple(table) == ARMS
    keys = {"arm", "target", "method", "split", "mae", "rmse", "r2", "spearman", "coverage", "n", "seeds"}
    assert all(keys <= row.keys() for row in table.values())
    assert all((row["n"], row["seeds"], row["split"]) == (14, 1, "leave-one-family-out") for row in table.values())
    json.dumps(table, allow_nan=False)
    splits = RunStore(project).find(result["run_id"]).read_json("splits.json")
    assert len(splits) == 7
    for (split,) in splits.values():
        assert len({*split["train"], *split["validation"], *split["test"]}) == 14


@pytest.mark.usefixtures("in_process")
def test_intervals_from_families_left_out(tiny: TrainConfig, new_project: Callable[[], Path]) -> None:
    settings = ["fit.epochs=1", "residual_scale=leave-one-family-out", "split.test=[]", "ensemble.members=1"]
    project = new_project()
    result = train(tiny, settings, project=project)
    ensemble = load_ensemble(result.model)
    metadata = ensemble.metadata
    assert metadata.training["residual_scale_origin"].startswith("leave-one-family-out")
    assert metadata.metrics["leave-one-family-out/gap:gfn1-xtb/network/n"] == 14
    assert len(metadata.domain["families"]) == 7
    calibration = Calibration.from_json(metadata.calibration["gap:gfn1-xtb"])
    assert (calibration.kind, calibration.n_families, calibration.n_rows) == ("student", 7, 14)
    own = metadata.domain["channels"]["gap:gfn1-xtb"]
    assert own["thresholds"]["origin"] == "7 families held out in turn"
    children = RunStore(project).find(result.run_id).children()
    left_out = [child.tags()["mlcluster.left_out"] for child in children.values()]
    assert left_out == ["", *sorted(metadata.domain["families"])]
    assert {child.tags()["mlcluster.seed"] for child in children.values()} == {"0"}
    space = LatentSpace.from_json(own["embedding"])
    cluster = model_structures()["model Au11(PH3)7Cl3"]
    assert space.distance(ensemble.predict([convert(cluster, 3.5)]).embedding)[0] >= 0
    (row,) = predict_clusters([cluster], ensemble, formula=False)
    half = float(calibration.half_width(ensemble.predict([convert(cluster, 3.5)]).spread[0, 0], bool(row.reasons)))
    assert row.upper - row.value == pytest.approx(half, rel=1e-5)


def test_changed_data_are_not_gone_on_with(tiny: TrainConfig, new_project: Callable[[], Path], monkeypatch) -> None:
    project = new_project()
    config = load_config(tiny, ["fit.epochs=1"])

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("mlcluster.levels.network.fit.train_members", interrupt)
        with pytest.raises(KeyboardInterrupt):
            train(config, project=project)
    (run_id,) = (record.id for record in RunStore(project).records(tags={"mlcluster.kind": "train"}))
    run = RunStore(project).find(run_id)
    assert {run.status, *(member.status for member in run.children().values())} == {"KILLED"}
    monkeypatch.setattr("mlcluster.levels.network.fit.data_hash", lambda *_: "0" * 64)
    with pytest.raises(DataError, match="data have changed"):
        train(config, resume=run_id, project=project)


def test_failing_process_is_told_with_the_end_of_its_log(tiny: TrainConfig, tmp_path: Path) -> None:
    split = Split(kind="family", train=("nobody",), validation=(), test=(), seed=0)
    job = MemberJob(directory=tmp_path / "member_0", split=split, seed=0)
    with pytest.raises(MlclusterError, match="the split names entries that the data lack"):
        train_members([job], tiny, cache=tmp_path / "graphs", on_progress=lambda _: None)


@pytest.mark.usefixtures("in_process")
def test_published_sides_are_scored_apart(tiny: TrainConfig, new_project: Callable[[], Path], monkeypatch) -> None:
    sides = {"M13": "ligand_test", "M14": "composition_test", "M9": "validation"}
    items = [replace(item, split=sides.get(item.family or "", "training")) for item in prepare_items(tiny)]
    monkeypatch.setattr("mlcluster.levels.network.fit.prepare_items", lambda _: items)
    settings = ["split.kind=official", "split.test=null", "fit.epochs=1", "ensemble.members=1"]
    result = train(tiny, settings, project=new_project())
    counts = {key.split("/")[0]: n for key, n in result.metrics.items() if key.endswith("network/n")}
    assert counts == {"test ligand_test": 2, "test composition_test": 2, "test validation": 2, "validation": 2}
    domain = load_ensemble(result.model).metadata.domain
    assert not {"M13", "M14", "M9"} & set(domain["families"])


@pytest.mark.usefixtures("in_process")
def test_a_stored_split_says_what_is_held_out(tiny: TrainConfig, new_project: Callable[[], Path]) -> None:
    project = new_project()
    split = split_by_family(load("gfn1_models"), test=["M9"], validation=["M14"])
    write_split(project / "split.json", split, load("gfn1_models"))
    settings = ["split.kind=stored", f"split.file={project / 'split.json'}", "split.test=null", "fit.epochs=1"]
    result = train(tiny, settings, project=project)
    used = RunStore(project).find(result.run_id).read_json("splits.json")["ensemble"]
    assert len(used) == 2 and used[0] == used[1]
    assert {entry for entry in used[0]["test"]} <= set(split.test) and len(used[0]["test"]) == 2
    assert result.metrics["test/gap:gfn1-xtb/network/n"] == 2
    table = evaluate(tiny, settings, project=project)["table"]
    assert {(row["split"], row["n"]) for row in table} == {("stored split", 2)}
    with pytest.raises(DataError, match="made for other data"):
        train(tiny, [*settings, "data.source=frameworks"], project=project)


@pytest.mark.parametrize(
    "settings", [["split.kind=stored"], ["split.file=x.json"], ["split.kind=stored", "split.file=x"]]
)
def test_a_stored_split_stands_alone(tiny: TrainConfig, settings: list[str]) -> None:
    with pytest.raises(ConfigError, match="split"):
        load_config(tiny, settings)
