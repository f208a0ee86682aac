"""The card of a model by every name a model has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mlcluster.cli.main import app
from mlcluster.experiment.runs_listed import show_card
from mlcluster.resources import bundled_model_dir
from mlcluster.tracking import RunStore


@pytest.mark.parametrize("name", ["default", "formula"])
def test_of_a_directory_it_is_the_card_that_lies_there(name: str, tmp_path: Path) -> None:
    directory, out = bundled_model_dir(name), tmp_path / "card.md"
    written = (directory / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert CliRunner().invoke(app, ["runs", "card", str(directory)]).stdout.rstrip() == written.rstrip()
    done = CliRunner().invoke(app, ["runs", "card", str(directory), "--out", str(out), "--json"])
    assert done.exit_code == 0, done.stderr
    assert out.read_text(encoding="utf-8") == written == json.loads(done.stdout)["text"]
    assert json.loads(done.stdout)["card"]["hash"] in written


def test_of_a_run_by_the_beginning_of_its_id(project: Path) -> None:
    store = RunStore(project)
    run = store.start("tests", "formula", {"mlcluster.kind": "train"})
    run.log_file(bundled_model_dir("formula"), "model")
    run.finish()
    whole, named = show_card(run.id, project=project), show_card(f"runs:/{run.id[:10]}", project=project)
    assert whole["text"] == named["text"] == show_card(bundled_model_dir("formula"))["text"]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["ffff"], "ffff"),
        (["absent/model"], "no such model"),
        (["{here}"], "{here}"),
        (["{model}", "--out", "{here}/absent/card.md"], "no such directory"),
    ],
)
def test_what_has_no_card_is_explained(args: list[str], message: str, project: Path, tmp_path: Path) -> None:
    here = {"here": tmp_path, "model": bundled_model_dir("formula")}
    result = CliRunner().invoke(app, ["runs", "card", *(arg.format(**here) for arg in args), "--project", str(project)])
    assert result.exit_code == 2 and message.format(**here) in result.stderr
    assert "fault of mlcluster" not in result.stderr
