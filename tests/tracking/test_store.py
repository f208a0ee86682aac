from __future__ import annotations

from pathlib import Path

import pytest

from mlcluster.errors import ConfigError, InputError
from mlcluster.tracking import RunStore, project_dir


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
    assert again.parameters() == {"seed": "3", "fits": "y" * 250, "long": "see artifact parameters/long.txt"}
    assert again.metric_steps("loss/train")[::1199] == [(0, 1.0), (1199, pytest.approx(1 / 1200))]
    assert again.read_json("config.json") == {"a": [1, 2]}
    assert set(again.files()) == {"config.json", "parameters", "plots"}
    kept = project / ".mlcluster" / "artifacts" / "family hold-out" / run.id / "artifacts" / "parameters" / "long.txt"
    assert kept.read_text() == long


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
        RunStore(tmp_path, tracking_uri="nonsense://nowhere")


def test_nothing_is_written_to_the_working_directory(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    run = RunStore(project).start("e", "n")
    run.log_json([], "a.json")
    run.finish()
    assert list(elsewhere.iterdir()) == []


def test_project_is_found_from_a_folder_below(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLCLUSTER_PROJECT", raising=False)
    below = project / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert project_dir() == project
    monkeypatch.setenv("MLCLUSTER_PROJECT", str(tmp_path))
    assert project_dir() == tmp_path
    assert project_dir(below) == below
