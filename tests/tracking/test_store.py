from __future__ import annotations

import hashlib
import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mlcluster.errors import ConfigError, InputError
from mlcluster.tracking import RunStore, project_dir
from mlcluster.tracking.logged_tables import (
    PREDICTION_COLUMNS,
    PREDICTIONS,
    read_document,
    read_predictions,
    write_table,
)
from mlcluster.tracking.run_records import read_through_client


def test_a_run_keeps_what_it_is_given(project: Path, tmp_path: Path) -> None:
    store = RunStore(project)
    run = store.start("family hold-out", "first", tags={"kind": "train"})
    long = "x" * 251
    run.log_parameters({"seed": 3, "fits": "y" * 250, "long": long})
    run.log_metrics([("loss/train", 1.0 / (step + 1), step) for step in range(1200)])
    run.log_json({"a": [1, 2]}, "config.json")
    (tmp_path / "plot.txt").write_text("plot")
    run.log_file(tmp_path / "plot.txt", "plots")
    run.finish()

    again = RunStore(project).find(run.id)
    assert again.status == "FINISHED" and again.tags()["kind"] == "train"
    digest = hashlib.sha256(long.encode()).hexdigest()[:12]
    pointer = f"see artifact parameters/long.txt, sha256 {digest}"
    assert again.parameters() == {"seed": "3", "fits": "y" * 250, "long": pointer}
    assert again.metric_steps("loss/train")[::1199] == [(0, 1.0), (1199, pytest.approx(1 / 1200))]
    assert again.read_json("config.json") == {"a": [1, 2]}
    assert set(again.files()) == {"config.json", "parameters", "plots"}
    kept = project / ".mlcluster" / "artifacts" / "family hold-out" / run.id / "artifacts" / "parameters" / "long.txt"
    assert kept.read_text() == long


def test_any_name_of_a_family_becomes_a_metric(project: Path) -> None:
    run = RunStore(project).start("e", "n")
    names = ["family M(N4O2)/mae", "<b>&'/\"", "\u03b2/mae", "a//b/", "../x", "...", "l" * 300 + "a", "l" * 300 + "b"]
    run.log_metrics([(name, float(number), 0) for number, name in enumerate(names)])
    assert sorted(run.metrics().values()) == [float(number) for number in range(len(names))]
    assert [run.metric_steps(name) for name in names] == [[(0, float(number))] for number in range(len(names))]


def test_predictions_of_a_run_are_one_table(project: Path, tmp_path: Path) -> None:
    store = RunStore(project)
    run = store.start("e", "n")
    (record,) = store.records(ids=[run.id])
    assert list(read_predictions(store, record).columns) == list(PREDICTION_COLUMNS)
    row = dict.fromkeys(PREDICTION_COLUMNS, 1.0) | {"entry": "a", "members": [0.1, 0.2]}
    for name, rows in {"one": [row], "other": [row | {"entry": "b", "members": None}], "none": []}.items():
        write_table(rows, tmp_path / f"{name}.parquet")
        run.log_file(tmp_path / f"{name}.parquet", PREDICTIONS)
    table = read_predictions(store, record)
    assert table["entry"].tolist() == ["a", "b"] and table["members"][1] is None
    assert read_document(store, record, "config.json") is None


def test_going_on_with_a_run_is_the_same_run(project: Path) -> None:
    store = RunStore(project)
    run = store.start("e", "n")
    run.log_parameters({"seed": 1})
    run.log_metrics([("loss", 0.5, 0)])
    run.finish("KILLED")
    again = store.resume(run.id)
    again.log_parameters({"seed": 2, "more": 1})  # a parameter that is there stays, and does not raise
    again.log_metrics([("loss", 0.4, 1)])
    assert again.id == run.id and again.status == "RUNNING"
    assert again.parameters() == {"seed": "1", "more": "1"}
    assert again.metric_steps("loss") == [(0, 0.5), (1, 0.4)]


def test_unknown_run_and_unreachable_store_are_said_plainly(project: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such run"):
        RunStore(project).resume("0" * 32)
    with pytest.raises(ConfigError, match="cannot reach the tracking store"):
        RunStore(tmp_path, tracking_uri="nonsense://nowhere").start("e", "n")


def test_nothing_is_written_to_the_working_directory_and_nothing_is_reported(project: Path, tmp_path: Path) -> None:
    """In a process of its own, without the settings of these tests."""
    script = (
        "import sys, pathlib; from mlcluster.tracking import RunStore\n"
        "run = RunStore(sys.argv[1]).start('e', 'n')\n"
        "run.log_json([], 'a.json'); run.log_metrics([('loss', 1.0, 0)]); run.finish()\n"
        "from mlflow.telemetry.client import get_telemetry_client; print(get_telemetry_client())"
    )
    settings = ("MLFLOW", "DO_NOT_TRACK", "PYTEST")
    plain = {key: value for key, value in os.environ.items() if not key.startswith(settings)}
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    done = subprocess.run(
        [sys.executable, "-c", script, str(project)],
        cwd=tmp_path,
        env=plain | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert (done.stdout.strip(), done.returncode) == ("None", 0), done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_database_of_ones_own_keeps_its_files_in_the_project(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    other = tmp_path / "other"
    run = RunStore(other, f"sqlite:///{project}/.mlcluster/mlflow.db").start("e", "n")
    run.log_json([], "a.json")
    assert (other / ".mlcluster" / "artifacts" / "e" / run.id / "artifacts" / "a.json").is_file()
    assert list(elsewhere.iterdir()) == []


def test_children_are_made_once_and_found_again(project: Path) -> None:
    parent = RunStore(project).start("e", "grid")
    first, second = (parent.child(name, {"fold": name}) for name in ("a", "b"))
    first.finish()
    second.finish("KILLED")
    again = RunStore(project).resume(parent.id)
    assert {name: (run.id, run.status) for name, run in again.children().items()} == {
        "a": (first.id, "FINISHED"),
        "b": (second.id, "KILLED"),
    }
    assert again.child("a").id == first.id and again.child("a").status == "FINISHED", "what is done stays done"
    assert again.child("b").status == "RUNNING" and not again.child("b").is_new
    assert again.child("c").is_new and set(again.children()) == {"a", "b", "c"}
    assert again.child("c").children() == {}
    assert first.tags()["mlflow.parentRunId"] == parent.id and first.tags()["fold"] == "a"


def test_records_are_the_same_from_the_tables_and_from_the_client(project: Path) -> None:
    store = RunStore(project)
    for number in range(3):
        run = store.start("even" if number % 2 == 0 else "odd", f"run {number}", {"kind": "x", "number": str(number)})
        run.log_parameters({"seed": number, "nothing": None})
        run.log_metrics([("loss", 1.0, 0), ("loss", 0.5 - number, 1), ("none", math.nan, 0)])
        run.finish()
    fast = store.records()
    slow = read_through_client(store.client, experiment=None, tags={}, ids=None)
    assert [record.name for record in fast] == ["run 2", "run 1", "run 0"]
    for one, other in zip(fast, slow, strict=True):
        assert math.isnan(one.metrics["none"]) and math.isnan(other.metrics["none"])
        one, other = (replace(record, metrics=record.metrics | {"none": 0.0}) for record in (one, other))
        assert one == other and one.metrics["loss"] == 0.5 - int(one.tags["number"])
    for options in ({"experiment": "odd"}, {"tags": {"number": "1"}}, {"tags": {"kind": "y"}}, {"experiment": "no"}):
        asked = {"experiment": None, "tags": {}, "ids": None} | options
        assert [r.id for r in store.records(**options)] == [r.id for r in read_through_client(store.client, **asked)]
    start = fast[0].id[:12]
    assert [r.name for r in store.records(ids=[fast[1].id, start])] == ["run 1", "run 2"]
    (brief,) = store.records(ids=[start], details=False, metrics="l?ss")
    assert (brief.parameters, brief.metrics, brief.tags) == ({}, {"loss": -1.5}, fast[0].tags)
    (slow,) = read_through_client(store.client, experiment=None, tags={}, ids=[start], metrics="l?ss")
    assert slow.metrics == brief.metrics
    with pytest.raises(InputError, match="several runs begin"):
        store.records(ids=[""])
    with pytest.raises(InputError, match="no such run"):
        store.records(ids=["zz"])
    assert RunStore(project / "new").records() == []


def test_project_is_found_from_a_folder_below(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLCLUSTER_PROJECT", raising=False)
    below = project / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert project_dir() == project
    monkeypatch.setenv("MLCLUSTER_PROJECT", str(tmp_path))
    assert project_dir() == tmp_path
    assert project_dir(below) == below


def test_several_processes_make_contact_with_a_new_database_at_once(tmp_path: Path) -> None:
    code = f"from mlcluster.tracking import RunStore; RunStore({str(tmp_path)!r}).start('one', 'run').finish()"
    started = [subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE) for _ in range(2)]
    said = [process.communicate()[1].decode() for process in started]
    assert [process.returncode for process in started] == [0, 0], said
    assert len(RunStore(tmp_path).records(experiment="one")) == 2
