"""Trials that go worse than those before are ended early, in order, and can be gone on with."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mlcluster.errors import ConfigError
from mlcluster.experiment.answer import report_experiment
from mlcluster.experiment.planned_runs import experiment_status, plan_units
from mlcluster.experiment.pruning import Median, check_pruner
from mlcluster.experiment.question import read_experiment
from mlcluster.experiment.run_experiment import run_experiment
from mlcluster.experiment.search import SAMPLERS, Search
from mlcluster.levels.network.training_state import Progress
from mlcluster.tracking import RunStore
from mlcluster.training.pruning import PRUNED_AT, course_of
from mlcluster.training.train import train
from tests.experiment.in_process import SEARCH, SPACE

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


@pytest.mark.slow
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
