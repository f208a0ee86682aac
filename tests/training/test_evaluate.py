"""Cross-validation in folds that are recorded one by one and outlive an interruption."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mlcluster.errors import ConfigError
from mlcluster.levels.network.fold_reader import FoldReader
from mlcluster.levels.run_config import TrainConfig, load_config
from mlcluster.runs import held
from mlcluster.tracking import RunStore
from mlcluster.tracking.logged_tables import read_predictions
from mlcluster.training.evaluate import KeptFolds, evaluate
from mlcluster.training.evaluation_parts import KeptRows


@pytest.fixture
def config(tiny: TrainConfig, in_this_process: None) -> TrainConfig:
    """Three folds of whole families."""
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


def test_parts_in_any_order_twice_and_killed_equal_one_undisturbed_call(
    config: TrainConfig, new_project: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = evaluate(config, project=new_project())
    project, scored, predict = new_project(), [], FoldReader.held_out

    def counted(self, fold, **options):
        scored.append(fold.name)
        return predict(self, fold, **options)

    monkeypatch.setattr(FoldReader, "held_out", counted)

    def killed(self, fold, make):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(KeptRows, "__call__", killed)
        evaluate(config, project=project, part="1/2")
    second = evaluate(config, project=project, part="2/2")
    names = list(whole["folds"])
    assert second == {"part": "2/2", "done": [names[0], names[2]], "left": [names[1]]}
    assert evaluate(config, project=project, part="2/2") == second, "a part may be done twice"
    assert evaluate(config, project=project, part="1/2") == {"part": "1/2", "done": [names[1]], "left": []}
    assert scored == [names[0], names[2], names[1]]
    assert RunStore(project).records() == [], "parts make no runs"

    # Another machine, with another number of processes and another name of the run, works on the same parts.
    gathered = evaluate(config, ["name=other", "ensemble.workers=2"], project=project)
    assert len(scored) == 3, "nothing is done again"
    assert gathered["table"] == whole["table"] and list(gathered["folds"]) == names
    store = RunStore(project)
    children = store.find(gathered["run_id"]).children()
    assert {child.status for child in children.values()} == {"FINISHED"}
    assert all(child.metric_steps("member 0/loss") for child in children.values()), "their courses are recorded"
    assert list((project / ".mlcluster" / "training").iterdir()) == []


def test_gathering_does_what_no_part_has_done(config: TrainConfig, new_project: Callable[[], Path]) -> None:
    project = new_project()
    done = evaluate(config, project=project, part="3/40")
    assert done["done"] == [] and len(done["left"]) == 3, "more parts than folds"
    assert len(evaluate(config, project=project, part="1/3")["left"]) == 2
    assert {row["n"] for row in evaluate(config, project=project)["table"]} == {14}


def test_two_processes_do_not_work_on_one_fold(config: TrainConfig, new_project: Callable[[], Path]) -> None:
    project = new_project()
    evaluate(config, project=project, part="1/3")
    (lock,) = (project / ".mlcluster" / "training").glob("parts-*/rows/.lock-1")
    with held(lock) as is_mine:
        assert is_mine
        with pytest.raises(ConfigError, match="another process does this part"):
            evaluate(config, project=project, part="1/2")
        with pytest.raises(ConfigError, match="a part is still at work"):
            evaluate(config, project=project)
    assert RunStore(project).records() == []


def test_a_part_refuses_what_it_cannot_do(config: TrainConfig, new_project: Callable[[], Path]) -> None:
    project = new_project()
    with pytest.raises(ConfigError, match="no part of anything"):
        evaluate(config, project=project, part="4/3")
    with pytest.raises(ConfigError, match="no run to resume or to tag"):
        evaluate(config, project=project, part="1/3", tags={"a": "b"})
    with pytest.raises(ConfigError, match="the formula level has no folds to share out"):
        evaluate(config, ["level=formula"], project=project, part="1/3")
