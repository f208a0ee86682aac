"""A search: places that follow from the seed, chosen between by validation rows, judged by others, nested in a run."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from mlcluster.cli.main import app
from mlcluster.errors import ConfigError
from mlcluster.experiment.answer import report_experiment
from mlcluster.experiment.planned_runs import experiment_status, plan_units
from mlcluster.experiment.pruning import Median, check_pruner
from mlcluster.experiment.question import read_experiment
from mlcluster.experiment.run_experiment import run_experiment
from mlcluster.experiment.runs_listed import list_runs
from mlcluster.experiment.search import SAMPLERS, Search
from mlcluster.experiment.selection import check_decides
from mlcluster.levels.baselines import fit_mean
from mlcluster.levels.network.training_state import Progress
from mlcluster.tracking import RunStore
from mlcluster.tracking.logged_tables import VALIDATION, read_predictions
from mlcluster.training.pruning import PRUNED_AT, course_of
from mlcluster.training.train import train
from tests.experiment.in_process import ProcessesHere, train_here

SPACE = {
    "fit.learning_rate": {"low": 1e-3, "high": 1e-1, "log": True},
    "fit.epochs": {"low": 1, "high": 3, "integer": True},
    "model.lmax": [0, 1],
}
SEARCH = {"arms": [], "runs": "train", "search": {"trials": 3, "space": SPACE}, "seeds": [0]}
SEARCH["settings"] = {"split.test": ["M13"], "ensemble.members": 2}


def test_places_follow_from_seed_and_number() -> None:
    search = Search.model_validate({"trials": 200, "space": SPACE})
    points = search.points()
    assert points[:5] == Search.model_validate({"trials": 5, "space": SPACE}).points()
    assert points != Search.model_validate({"trials": 200, "space": SPACE, "seed": 1}).points()
    rates = [point["fit.learning_rate"] for point in points]
    assert min(rates) >= 1e-3 and max(rates) <= 1e-1
    assert 0.4 < sum(rate < 1e-2 for rate in rates) / 200 < 0.6, "evenly in the logarithm"
    counts = [sum(point["fit.epochs"] == number for point in points) for number in (1, 2, 3)]
    assert sum(counts) == 200 and min(counts) > 40, "the ends are as likely as the middle"
    assert {point["model.lmax"] for point in points} == {0, 1}


@pytest.mark.parametrize(
    "wrong",
    [
        {"low": 1, "high": 1},
        {"low": 0, "high": 1, "log": True},
        {"low": 0.5, "high": 2, "integer": True},
        {"low": 1, "high": 2, "steps": 3},
        [],
    ],
)
def test_ranges_that_hold_nothing_are_refused(wrong: object) -> None:
    with pytest.raises(ValidationError):
        Search.model_validate({"trials": 2, "space": {"fit.epochs": wrong}})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"decides": {"split": "test"}}, "choosing by test would use up what judges"),
        ({"runs": "evaluate"}, "use runs: train"),
        ({"grid": {"fit.epochs": [1]}}, "a search stands alone"),
        (
            {"search": {"trials": 2, "space": {"ensemble.members": [1, 2]}}},
            "changes the rows that trials are judged by",
        ),
        ({"search": {"trials": 2, "space": {"fit.epoch": [1, 2]}}}, "fit.epoch"),
        ({"search": {"trials": 2, "sampler": "grid", "space": {"fit.epochs": [1, 2]}}}, "sampler"),
        (
            {"search": None, "arms": [{"name": "a"}], "runs": "evaluate", "decides": {"split": VALIDATION}},
            "runs: train",
        ),
    ],
)
def test_a_search_that_would_choose_by_test_rows_is_refused(write: Callable[..., Path], changes: dict, said: str):
    with pytest.raises(ConfigError, match=said):
        read_experiment(write(**SEARCH | changes))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"decides": {"channel": "gap:optical"}}, "does not predict what decides"),
        ({"decides": {"split": "tset"}, "search": None, "arms": [{"name": "a"}]}, "Expected: validation, test"),
        ({"settings": {"level": "formula"}}, "only networks have validation scores"),
    ],
)
def test_what_the_runs_will_not_have_is_told_before_one_starts(
    project: Path, write: Callable[..., Path], changes: dict, said: str
) -> None:
    folder = write(**SEARCH | changes)
    with pytest.raises(ConfigError, match=said):
        run_experiment(folder, project=project)
    assert not RunStore(project).records(experiment="tiny")
    with pytest.raises(ConfigError, match=said):
        check_decides(read_experiment(folder), folder)


@pytest.fixture(scope="module")
def in_process():
    """Train in this process, without what takes long and is tested elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mlcluster.levels.network.fit.train_members", train_here)
        patch.setattr("mlcluster.levels.network.fold_reader.BASELINES", {"mean": fit_mean})
        for plot in ("parity_plot", "calibration_plot", "risk_coverage_plot", "error_distance_plot"):
            patch.setattr(f"mlcluster.training.held_out_record.{plot}", lambda arms, path, title: path.touch())
        patch.setattr("mlcluster.experiment.run_experiment.Processes", ProcessesHere)
        yield


@pytest.fixture(scope="module")
def searched(project: Path, write: Callable[..., Path], in_process) -> tuple[Path, dict]:
    folder = write(**SEARCH)
    first = run_experiment(write(**SEARCH | {"core_hours": 1e-6}), workers=1, project=project)
    # One run is always started; the next call goes on with the others.
    assert len(first["finished"]) == 1 and len(first["cut"]) == 2
    return folder, run_experiment(write(**SEARCH), workers=1, project=project)


def test_trials_are_children_of_one_run_and_the_best_by_validation_is_told(project: Path, searched) -> None:
    folder, result = searched
    store = RunStore(project)
    assert len(result["reused"]) == 1 and len(result["finished"]) == 2
    listed = list_runs(store, experiment="tiny")
    assert [(row["kind"], row["status"], row["children"]) for row in listed] == [("sweep", "finished", 3)]
    sweep = store.find(listed[0]["run"])
    trials = {run.id: run.metrics()["validation/gap:gfn1-xtb/network/mae"] for run in sweep.children().values()}
    best = min(trials, key=trials.__getitem__)
    assert result["best"]["runs"] == [best] and result["best"]["value"] == pytest.approx(trials[best])
    assert sweep.tags()["mlcluster.best.run"] == best
    table = sweep.read_json("trials.json")
    assert table["columns"] == ["arm", *SPACE, "score", "value", "seeds", "state"] and len(table["data"]) == 3
    assert sweep.metrics()["best/mae"] == pytest.approx(trials[best])


def test_report_shows_test_rows_of_the_chosen_model_alone(project: Path, searched) -> None:
    folder, result = searched
    said = CliRunner().invoke(app, ["experiment", "report", str(folder), "--project", str(project), "--json"])
    assert said.exit_code == 0, said.output
    tables = json.loads(said.stdout)["tables"]
    assert [table["split"] for table in tables] == [VALIDATION, "test"]
    chosen = result["best"]["arm"]
    assert [row["name"] for row in tables[0]["arms"]] == [arm.name for arm in read_experiment(folder).arms]
    assert [row["name"] for row in tables[1]["arms"]] == [chosen, "mean"]
    answer = report_experiment(folder, project=project)["answer"]
    assert f"Chosen by validation alone: {chosen}." in answer
    assert any(sentence.startswith("On test, which no choice has seen") for sentence in answer)
    assert tables[0]["arms"][0].get("coverage") is None, "what was chosen by has no intervals"


def test_validation_rows_are_each_predicted_by_who_did_not_fit_them(project: Path, searched) -> None:
    store = RunStore(project)
    (run, *_) = store.records(experiment="tiny", tags={"mlcluster.kind": "train"})
    assert set(read_predictions(store, run)["split"]) == {"test"}
    table = read_predictions(store, run, validation=True)
    rows = table[table["split"] == VALIDATION]
    splits = store.find(run.id).read_json("splits.json")["ensemble"]
    assert sorted(rows["entry"]) == sorted({entry for split in splits for entry in split["validation"]})
    assert not set(rows["entry"]) & {entry for split in splits for entry in split["test"]}
    assert rows["lower"].isna().all()
    error = (rows["predicted"] - rows["label"]).abs().mean()
    assert run.metrics["validation/gap:gfn1-xtb/network/mae"] == pytest.approx(error)


def test_tpe_comes_near_the_best_place_and_begins_as_random() -> None:
    pytest.importorskip("optuna")
    space = {"x": {"low": 1e-4, "high": 1.0, "log": True}, "n": {"low": 1, "high": 9, "integer": True}, "k": ["a", "b"]}

    def best(sampler: str) -> float:
        search = Search.model_validate({"sampler": sampler, "trials": 40, "space": space})
        told: list = []
        for number in range(search.trials):
            point = SAMPLERS[sampler](search, number, told)
            assert 1e-4 <= point["x"] <= 1 and point["n"] in range(1, 10) and point["k"] in ("a", "b")
            off = abs(math.log10(point["x"]) + 2) + abs(point["n"] - 4) / 4 + (point["k"] == "b")
            told.append((point, off))
        return sum(value for _, value in told[-15:]) / 15

    assert best("tpe") < 0.6 * best("random")


def test_a_search_that_learns_goes_on_where_it_was(
    new_project: Callable[[], Path], write: Callable[..., Path], in_process
) -> None:
    pytest.importorskip("optuna")
    project = new_project()
    changes = SEARCH | {"search": {"sampler": "tpe", "trials": 3, "space": SPACE}}
    folder = write(**changes)
    assert read_experiment(folder).arms == ()
    first = run_experiment(write(**changes | {"core_hours": 1e-6}), workers=1, project=project)
    # The budget is no part of the search, and what was begun is gone on with.
    second = run_experiment(write(**changes), workers=2, project=project)
    assert len(first["finished"]) == 1 and len(second["finished"]) == 2 and len(second["reused"]) == 1
    assert len((folder / "trials.jsonl").read_text().splitlines()) == 3
    more = {**changes["search"], "trials": 4}
    third = run_experiment(write(**changes | {"search": more}), workers=2, project=project)
    assert len(third["reused"]) == 3 and len(third["finished"]) == 1 and third["best"]["arm"].startswith("trial")


PRUNED = {
    "sampler": "random",
    "trials": 3,
    "pruner": "median",
    "pruner_trials": 2,
    "space": {"fit.learning_rate": [1e-3]},
}
ABSURD = 30.0
"""Learning rate at which no network learns."""


def test_a_search_without_pruner_is_written_as_before() -> None:
    plain = Search.model_validate({"trials": 2, "space": SPACE})
    assert "pruner" not in plain.model_dump_json()
    assert Search.model_validate(PRUNED).model_dump()["pruner"] == "median"
    assert Search.model_validate_json(Search.model_validate(PRUNED).model_dump_json()).pruner_trials == 2


@pytest.mark.parametrize(
    ("course", "epoch"),
    [
        ([9.0, 9.0, 9.0], 2),  # not in the epoch that every trial has
        ([9.0, 0.4, 9.0], None),  # the best so far decides
        ([0.1], None),
        ([9.0, math.nan, math.nan], 2),
        ([math.nan, math.nan], 2),
        ([0.6, 0.55, 0.52, 0.51], None),  # at the last epoch there is nothing left to end
    ],
)
def test_a_trial_is_ended_by_the_median_of_those_before(course: list[float], epoch: int | None) -> None:
    pytest.importorskip("optuna")
    earlier = tuple(tuple(enumerate(rows, start=1)) for rows in ([1, 0.5, 0.4, 0.3], [1, 0.6, 0.6, 0.5], [3, 2, 2, 2]))
    rule = Median(earlier=earlier, trials=3, epochs=1, last=4)
    assert rule(course) == epoch == rule(course)
    assert Median(earlier=earlier, trials=4, epochs=1, last=4)(course) is None, "too few have finished"


def test_the_course_of_a_trial_is_the_mean_of_its_members() -> None:
    members = [
        Progress(history=[{"validation": 1.0}, {"validation": 0.8}, {"validation": 0.6}]),
        Progress(history=[{"validation": 3.0}], done=True),
    ]
    assert course_of(members) == [2.0, 0.8, 0.6]
    members[1].done = False
    assert course_of(members) == [2.0]
    assert course_of([]) == []


def test_a_trial_with_an_absurd_rate_is_pruned(
    new_project: Callable[[], Path], write: Callable[..., Path], in_process, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("optuna")
    rates = iter([2e-3, 3e-3, ABSURD])
    points = [{"fit.learning_rate": rate} for rate in rates]
    monkeypatch.setattr(Search, "points", lambda search: points[: search.trials])
    project = new_project()
    settings = SEARCH["settings"] | {"ensemble.members": 1, "fit.epochs": 4, "fit.warmup_epochs": 0}
    folder = write(**SEARCH | {"settings": settings, "search": PRUNED, "core_hours": 0.5})
    result = run_experiment(folder, workers=1, project=project)
    (last,) = [arm.name for arm in read_experiment(folder).arms if str(ABSURD) in arm.name]
    assert [row["run"] for row in result["pruned"]] == [f"{last}, seed 0"] and result["failed"] == []
    assert len(result["finished"]) == 2 and str(ABSURD) not in result["best"]["arm"]
    epoch = result["pruned"][0]["epoch"]
    assert epoch in (2, 3), "after the epoch that every trial has, and before the last"

    store = RunStore(project)
    (record,) = store.records(experiment="tiny", tags={PRUNED_AT: str(epoch)})
    assert record.status == "KILLED" and store.find(record.id).metric_steps("course/validation")
    states = {row["arm"]: row["state"] for row in experiment_status(folder, project=project)["runs"]}
    assert states[last] == "pruned" and set(states.values()) == {"finished", "pruned"}
    again = run_experiment(folder, workers=1, project=project)
    assert len(again["reused"]) == 3 and not again["finished"] and not again["pruned"]
    report_experiment(folder, project=project)
    text = (folder / "RESULTS.md").read_text(encoding="utf-8")
    assert f"Pruned, as the trials before had smaller validation errors by then: {last}, seed 0 (epoch {epoch})" in text
    assert "Without a finished run" not in text

    (unit,) = [unit for unit in plan_units(read_experiment(folder)) if unit.arm.name == last]
    resumed = train(unit.config, resume=record.id, project=project)
    assert resumed.run_id == record.id
    states = {row["arm"]: row["state"] for row in experiment_status(folder, project=project)["runs"]}
    assert states[last] == "finished", "a run that was gone on with to its end"


def test_a_pruner_without_optuna_is_refused(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ConfigError, match=r"a pruner needs Optuna.*mlcluster\[search\]"):
        check_pruner(Search.model_validate(PRUNED), Path("experiment.yaml"))
    check_pruner(Search.model_validate({"trials": 2, "space": SPACE}), Path("experiment.yaml"))


def test_the_sampler_learns_that_a_pruned_place_is_bad() -> None:
    pytest.importorskip("optuna")
    search = Search.model_validate({"sampler": "tpe", "trials": 20, "space": {"x": {"low": 0.0, "high": 1.0}}})
    told = [({"x": k / 20}, math.inf if k >= 5 else k / 20) for k in range(20)]
    tried = [SAMPLERS["tpe"](search, number, told)["x"] for number in range(20, 30)]
    assert sum(x < 0.4 for x in tried) >= 8
