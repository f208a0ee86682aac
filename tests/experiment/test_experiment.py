"""A small experiment from the question to its results, killed on the way and gone on with."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from mlcluster.cli.main import app
from mlcluster.errors import ConfigError, DataError, InputError
from mlcluster.experiment.answer import report_experiment
from mlcluster.experiment.planned_runs import DATA, experiment_status, work_folder
from mlcluster.experiment.run_experiment import run_experiment
from mlcluster.levels.baselines import fit_mean
from mlcluster.levels.network.training_state import read_progress
from mlcluster.runs import held
from mlcluster.tracking import RunStore
from tests.experiment.in_process import ProcessesHere, train_here

NAMES = ["l = 0, seed 0", "l = 1, seed 0", "l = 0, seed 1", "l = 1, seed 1"]


@pytest.fixture(scope="module")
def killed(project: Path, write: Callable[..., Path]) -> str:
    """Run that was under way when the command was killed; it closes its own record."""
    folder = write()
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)}
    command = [sys.executable, "-m", "mlcluster", "experiment", "run", str(folder)]
    process = subprocess.Popen(
        [*command, "--project", str(project), "--workers", "1"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    states = project / ".mlcluster" / "training"
    until = time.monotonic() + 600
    while not any(read_progress(path).epoch for path in states.glob("*/*/member_0")):
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    store = RunStore(project)
    while (run := store.records(experiment="tiny", tags={"mlcluster.kind": "evaluate"})[0]).status == "RUNNING":
        assert time.monotonic() < until
        time.sleep(0.1)
    assert run.status == "KILLED"
    return run.id


@pytest.fixture(scope="module")
def done(project: Path, write: Callable[..., Path], killed: str) -> dict:
    """What `experiment run` says when it has gone on to the end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mlcluster.levels.network.fit.train_members", train_here)
        # The search of the ridge and the plots of each run are tested elsewhere, and take most of the time.
        patch.setattr("mlcluster.levels.network.fold_reader.BASELINES", {"mean": fit_mean})
        for plot in ("parity_plot", "calibration_plot"):
            patch.setattr(f"mlcluster.training.held_out_record.{plot}", lambda arms, path, title: path.touch())
        patch.setattr("mlcluster.experiment.run_experiment.Processes", ProcessesHere)
        before = experiment_status(write(), project=project)
        assert [run["state"] for run in before["runs"]] == ["interrupted", "missing", "missing", "missing"]
        return run_experiment(write(), workers=1, project=project)


def test_goes_on_with_what_was_killed_and_runs_the_rest(project: Path, write, killed: str, done: dict) -> None:
    assert (done["finished"], done["reused"], done["failed"], done["cut"]) == (NAMES, [], [], [])
    found = experiment_status(write(), project=project)
    assert [run["state"] for run in found["runs"]] == ["finished"] * 4
    assert [run["folds"] for run in found["runs"]] == ["3 of 3"] * 4
    assert found["runs"][0]["run_id"] == killed
    assert 0 < found["core_hours"] < 0.5
    again = run_experiment(write(), workers=1, project=project)
    assert (again["finished"], again["reused"]) == ([], NAMES)


def test_report_states_scores_differences_and_runs(project: Path, write, done: dict) -> None:
    folder = write()
    result = CliRunner().invoke(app, ["experiment", "report", str(folder), "--project", str(project), "--json"])
    assert result.exit_code == 0, result.output
    (table,) = json.loads(result.stdout)["tables"]
    assert [row["name"] for row in table["arms"]] == ["l = 0", "l = 1", "mean"]
    assert all((row["n"], row["seeds"]) == (14, [0, 1]) for row in table["arms"])
    by_name = {row["name"]: row for row in table["arms"]}
    pair = table["differences"][0]
    assert (pair["arm"], pair["reference"], pair["families"]) == ("l = 1", "l = 0", 7)
    assert pair["difference"]["value"] == pytest.approx(by_name["l = 1"]["mae"] - by_name["l = 0"]["mae"])
    text = (folder / "RESULTS.md").read_text(encoding="utf-8")
    for run in experiment_status(folder, project=project)["runs"]:
        assert run["run_id"] in text
    for part in ("Do directions help?", "**l = 1**", "mean (baseline)", "mlcluster experiment run", "core-hours"):
        assert part in text
    assert {path.name for path in (folder / "plots").iterdir()} == {"scores.png", "parity.png"}
    first = text
    report_experiment(folder, project=project)
    assert (folder / "RESULTS.md").read_text(encoding="utf-8") == first, "a report of the same runs is the same"


def test_spent_budget_starts_nothing_and_says_what_was_cut(project: Path, write, done: dict) -> None:
    folder = write(seeds=[0, 1, 2], core_hours=1e-6)
    found = run_experiment(folder, workers=1, project=project)
    assert (found["cut"], found["reused"]) == (["l = 0, seed 2", "l = 1, seed 2"], NAMES)
    part = run_experiment(folder, workers=1, project=project, part="1/2")
    assert (part["cut"], part["reused"]) == (["l = 1, seed 2"], NAMES[1::2])
    report_experiment(folder, project=project)
    assert "l = 0, seed 2 (missing)" in (folder / "RESULTS.md").read_text(encoding="utf-8")


def test_two_processes_do_not_run_one_experiment(project: Path, write, done: dict) -> None:
    with held(work_folder("tiny", RunStore(project)) / "lock") as is_mine:
        assert is_mine
        with pytest.raises(ConfigError, match="another process is running"):
            run_experiment(write(), workers=1, project=project)
    assert len(run_experiment(write(), workers=1, project=project)["reused"]) == 4


def test_a_changed_arm_is_a_new_run(project: Path, write, done: dict) -> None:
    folder = write(settings={"fit.learning_rate": 0.01})
    assert {run["state"] for run in experiment_status(folder, project=project)["runs"]} == {"missing"}
    with pytest.raises(InputError, match="no run of this experiment has finished"):
        report_experiment(folder, project=project)


def test_runs_of_other_data_are_refused(project: Path, write, done: dict, tmp_path: Path) -> None:
    copy = _copy(project, tmp_path)
    store = RunStore(copy)
    changed = store.records(experiment="tiny", tags={"mlcluster.kind": "evaluate"})[0].id
    store.find(changed).set_tags({DATA: "f" * 64})
    with pytest.raises(DataError, match=f"had different data.*{changed}.*ffffffffffff"):
        report_experiment(write(), project=copy)
    # The run of other data is missing for the data of today.
    assert [run["state"] for run in experiment_status(write(), project=copy)["runs"]].count("missing") == 1


def test_arms_judged_by_other_rows_are_refused(project: Path, write, done: dict, tmp_path: Path) -> None:
    copy = _copy(project, tmp_path)
    store = RunStore(copy)
    run = store.records(experiment="tiny", tags={"mlcluster.kind": "evaluate"})[0]
    (file,) = Path(run.artifacts.removeprefix("file://")).glob("predictions/*.parquet")
    table = pq.read_table(file)
    lost = table["entry"][0].as_py()
    pq.write_table(table.filter([entry != lost for entry in table["entry"].to_pylist()]), file)
    with pytest.raises(DataError, match=f"judged by different rows.*1 entries of one only, the first is {lost}"):
        report_experiment(write(), project=copy)


def _copy(project: Path, place: Path) -> Path:
    """A project whose record and artifacts can be changed."""
    shutil.copytree(project / ".mlcluster", place / ".mlcluster")
    database = place / ".mlcluster" / "mlflow.db"
    with sqlite3.connect(database) as connection:
        for table, column in (("runs", "artifact_uri"), ("experiments", "artifact_location")):
            connection.execute(f"UPDATE {table} SET {column} = replace({column}, ?, ?)", (str(project), str(place)))
    connection.close()
    return place
