"""Cross-validation in folds that are recorded one by one and outlive an interruption."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mlcluster.tracking import RunStore
from mlcluster.tracking.logged_tables import read_predictions
from mlcluster.training.baselines import fit_mean
from mlcluster.training.config import TrainConfig, load_config
from mlcluster.training.evaluate import evaluate
from mlcluster.training.fold_record import FoldRecord
from mlcluster.training.fold_rows import chosen_rows, read_arms, write_arms
from mlcluster.training.folds import FoldReader
from mlcluster.training.member import train_member
from mlcluster.training.prepare import prepare_items
from mlcluster.training.scoring import ArmPredictions
from mlcluster.training.state import read_progress


@pytest.fixture
def config(tiny: TrainConfig, monkeypatch: pytest.MonkeyPatch) -> TrainConfig:
    """Three folds of whole families, trained one after the other in this process."""

    def train_here(jobs, config, *, directory, cache, on_progress):
        items = prepare_items(config)
        for job in jobs:
            train_member(job, config, items, cache=cache)
            on_progress([read_progress(other.directory) for other in jobs])

    monkeypatch.setattr("mlcluster.training.train.train_members", train_here)
    # The search of the ridge and the plots are tested elsewhere, and take most of the time.
    monkeypatch.setattr("mlcluster.training.folds.BASELINES", {"mean": fit_mean})
    for plot in ("parity_plot", "calibration_plot"):
        monkeypatch.setattr(f"mlcluster.training.record.{plot}", lambda arms, path, title: path.touch())
    return load_config(tiny, ["fit.epochs=2", "evaluate.folds=3", "model.prior=mean"])


def test_interrupted_and_resumed_equals_undisturbed(
    config: TrainConfig, new_project: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = evaluate(config, project=new_project())
    project = new_project()
    keep, scored = FoldRecord.keep, []
    predict = FoldReader.arms

    def interrupted(self, fold):
        if len(scored) == 2:
            raise KeyboardInterrupt
        return keep(self, fold)

    def counted(self, fold, **options):
        scored.append(fold.name)
        return predict(self, fold, **options)

    monkeypatch.setattr(FoldReader, "arms", counted)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(FoldRecord, "keep", interrupted)
        evaluate(config, project=project)
    store = RunStore(project)
    (run,) = store.records(tags={"mlcluster.kind": "evaluate"})
    assert run.status == "KILLED"
    children = store.find(run.id).children()
    assert [child.status for child in children.values()] == ["FINISHED", "FINISHED", "KILLED"]

    resumed = evaluate(config, resume=run.id, project=project)
    assert scored == list(children), "no fold was scored twice"
    assert resumed["run_id"] == run.id and resumed["folds"] == {name: child.id for name, child in children.items()}
    assert resumed["table"] == whole["table"]
    assert [child.status for child in store.find(run.id).children().values()] == ["FINISHED"] * 3
    assert not (project / ".mlcluster" / "training" / run.id).exists()


def test_rows_of_all_folds_are_those_of_the_data(config: TrainConfig, new_project: Callable[[], Path]) -> None:
    project = new_project()
    result = evaluate(config, ["evaluate.embedding_gp=true"], project=project)
    assert {row["arm"] for row in result["table"]} == {"network", "mean", "GP on embedding"}
    assert {(row["split"], row["n"], row["seeds"]) for row in result["table"]} == {("3 folds of families", 14, 1)}
    network = next(row for row in result["table"] if row["arm"] == "network")
    assert network["coverage_low"] <= network["coverage"] <= network["coverage_high"] and network["width"] > 0
    store = RunStore(project)
    (run,) = store.records(ids=[result["run_id"]])
    whole = read_predictions(store, run)
    parts = [read_predictions(store, child) for child in store.records(ids=list(result["folds"].values()))]
    assert sorted(entry for part in parts for entry in part["entry"]) == sorted(whole["entry"])
    assert len(whole[whole["arm"] == "network"]["entry"].unique()) == 14


def test_rows_on_disk_are_number_for_number(tmp_path: Path) -> None:
    draw = np.random.default_rng(0).normal
    arm = ArmPredictions(
        arm="network",
        channel="gap:gfn1-xtb",
        entries=("a", "b", "c"),
        families=("A", "A", "B"),
        label=draw(size=3),
        predicted=draw(size=3),
        spread=draw(size=3),
        remoteness=np.array([[np.nan] * 4, [0.1] * 4, [1 / 3] * 4]),
        half=np.full(3, 1 / 3),
        members=draw(size=(3, 2)),
    )
    assert read_arms(tmp_path / "fold") is None
    write_arms(tmp_path / "fold", [arm])
    (again,) = read_arms(tmp_path / "fold") or []
    for name, value in vars(arm).items():
        np.testing.assert_array_equal(getattr(again, name), value)
    kept = chosen_rows(again, {"a", "c"})
    assert kept.entries == ("a", "c") and kept.families == ("A", "B")
    np.testing.assert_array_equal(kept.label, arm.label[[0, 2]])
    np.testing.assert_array_equal(kept.remoteness, arm.remoteness[[0, 2]])
