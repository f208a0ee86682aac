"""A search: places that follow from the seed, chosen between by validation rows, judged by others, nested in a run."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from mlcluster.cli.main import app
from mlcluster.errors import ConfigError
from mlcluster.experiment.answer import report_experiment
from mlcluster.experiment.question import read_experiment
from mlcluster.experiment.run_experiment import run_experiment
from mlcluster.experiment.runs_listed import list_runs
from mlcluster.experiment.search import SAMPLERS, Search
from mlcluster.experiment.selection import check_decides
from mlcluster.tracking import RunStore
from mlcluster.tracking.logged_tables import VALIDATION, read_predictions
from tests.experiment.in_process import SEARCH, SPACE


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


@pytest.mark.slow
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
