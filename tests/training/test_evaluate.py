"""Cross-validation in folds that are recorded one by one and outlive an interruption."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mlcluster.levels.baselines import fit_mean
from mlcluster.levels.network.entries import prepare_items
from mlcluster.levels.network.fold_reader import FoldReader
from mlcluster.levels.network.member import train_member
from mlcluster.levels.network.training_state import read_progress
from mlcluster.levels.run_config import TrainConfig, load_config
from mlcluster.tracking import RunStore
from mlcluster.tracking.logged_tables import read_predictions
from mlcluster.training.evaluate import KeptFolds, evaluate


@pytest.fixture
def config(tiny: TrainConfig, monkeypatch: pytest.MonkeyPatch) -> TrainConfig:
    """Three folds of whole families, trained one after the other in this process."""

    def train_here(jobs, config, *, directory, cache, on_progress):
        items = prepare_items(config)
        for job in jobs:
            train_member(job, config, items, cache=cache)
            on_progress([read_progress(other.directory) for other in jobs])

    monkeypatch.setattr("mlcluster.levels.network.fit.train_members", train_here)
    # The search of the ridge and the plots are tested elsewhere, and take most of the time.
    monkeypatch.setattr("mlcluster.levels.network.fold_reader.BASELINES", {"mean": fit_mean})
    for plot in ("parity_plot", "calibration_plot"):
        monkeypatch.setattr(f"mlcluster.training.held_out_record.{plot}", lambda parts, path, title: path.touch())
    return load_config(tiny, ["fit.epochs=2", "evaluate.folds=3", "model.prior=mean"])


def test_interrupted_and_resumed_equals_undisturbed(
    config: TrainConfig, new_project: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = evaluate(config, project=new_project())
    project = new_project()
    keep, scored = KeptFolds.__call__, []
    predict = FoldReader.held_out

    def interrupted(self, fold, make):
        if len(scored) == 2:
            raise KeyboardInterrupt
        return keep(self, fold, make)

    def counted(self, fold, **options):
        scored.append(fold.name)
        return predict(self, fold, **options)

    monkeypatch.setattr(FoldReader, "held_out", counted)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(KeptFolds, "__call__", interrupted)
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
    assert {split: len(rows) for split, rows in whole.groupby("left_out")}.keys() == {"part 1", "part 2", "part 3"}
    assert set(whole["split"]) == {"3 folds of families"} and set(whole["seed"]) == {0}
    tags = [child.tags for child in store.records(ids=list(result["folds"].values()))]
    assert {each["mlcluster.left_out"] for each in tags} == set(whole["left_out"])
