"""Configurations as documents, and how much the command line says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

import mlcluster
from mlcluster.cli.main import app
from mlcluster.levels.run_config import TrainConfig, load_config

CHECKOUT = Path(__file__).resolve().parents[2]
CONFIGS = sorted((CHECKOUT / "configs").glob("*.yaml"))
RUNS = [file for file in CONFIGS if "design" not in file.name]
EXPERIMENTS = sorted((CHECKOUT / "experiments").glob("*/experiment.yaml"))


def faults(kind: str, document: object) -> list[str]:
    validator = Draft202012Validator(mlcluster.config.schema(kind))  # type: ignore[arg-type]
    return [error.message for error in validator.iter_errors(document)]


@pytest.mark.parametrize("kind", ["run", "experiment"])
def test_the_schema_is_one(kind: str) -> None:
    Draft202012Validator.check_schema(mlcluster.config.schema(kind))  # type: ignore[arg-type]


@pytest.mark.parametrize("file", RUNS, ids=lambda file: file.name)
def test_bundled_configurations_meet_the_schema(file: Path) -> None:
    assert faults("run", yaml.safe_load(file.read_text())) == []
    # What is shown with all defaults is a configuration again, the same one.
    shown = mlcluster.config.show(file)
    assert faults("run", shown) == []
    assert TrainConfig.model_validate(shown) == load_config(file)


@pytest.mark.parametrize("file", EXPERIMENTS, ids=lambda file: file.parent.name)
def test_bundled_experiments_meet_the_schema(file: Path) -> None:
    assert faults("experiment", yaml.safe_load(file.read_text())) == []


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"epochs": 3}, "epochs"),
        ({"fit": {"epochs": 0}}, "0"),
        ({"model": {"n_layerz": 2}}, "n_layerz"),
        ({"model": {"trunk": "painnn"}}, "painnn"),
        ({"level": "formulae"}, "formulae"),
    ],
)
def test_the_schema_refuses_what_the_program_refuses(document: dict, told: str) -> None:
    (fault,) = faults("run", document)
    assert told in fault
    with pytest.raises(Exception, match=r"not permitted|unknown|greater|no trunk|no level"):
        TrainConfig.model_validate(document)


def test_a_schema_is_written_for_an_editor(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["config", "schema", "experiment", "--out", str(tmp_path / "s.json")])
    assert done.exit_code == 0
    assert f"$schema={tmp_path / 's.json'}" in done.stdout
    assert json.loads((tmp_path / "s.json").read_text()) == mlcluster.config.schema("experiment")


def test_a_configuration_is_shown_as_yaml_and_as_json() -> None:
    args = ["config", "show", str(CHECKOUT / "configs" / "quickstart.yaml"), "--set", "fit.epochs=7"]
    as_yaml, as_json = (CliRunner().invoke(app, [*args, *more]) for more in ([], ["--json"]))
    assert yaml.safe_load(as_yaml.stdout) == json.loads(as_json.stdout)
    assert json.loads(as_json.stdout)["fit"]["epochs"] == 7
    wrong = CliRunner().invoke(app, [*args, "--set", "fit.epoch=7"])
    assert wrong.exit_code == 2
    assert "Did you mean fit.epochs?" in wrong.stderr


@pytest.mark.parametrize(("switch", "heard"), [((), ["w"]), (("--quiet",), []), (("--verbose",), ["d", "w"])])
def test_how_much_is_said_is_chosen_before_the_verb(switch: tuple[str, ...], heard: list[str]) -> None:
    code = (
        "import logging, sys\nfrom mlcluster.cli.main import app\n"
        "app(sys.argv[1:], standalone_mode=False)\n"
        "log = logging.getLogger('mlcluster.made')\nlog.debug('d')\nlog.warning('w')\n"
        "from mlcluster.runs.progress_bars import ProgressBars\n"
        "with ProgressBars(stay=True) as bars: bars.update(bars.add('work', 2), 2)\n"
    )
    schema = ["config", "schema", "--json"]
    done = subprocess.run(
        [sys.executable, "-c", code, *switch, *schema], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    lines = done.stderr.splitlines()
    assert [line.rpartition(" ")[2] for line in lines if "mlcluster.made" in line] == heard
    assert any("work: 2 of 2" in line for line in lines) == (switch != ("--quiet",))
    assert json.loads(done.stdout)["title"] == "TrainConfig"


def test_both_at_once_are_refused() -> None:
    done = CliRunner().invoke(app, ["--quiet", "--verbose", "cite"])
    assert done.exit_code == 2
    assert "exclude each other" in done.stderr


def test_the_shell_completes_verbs() -> None:
    asked = {"_MLCLUSTER_COMPLETE": "complete_bash", "COMP_WORDS": "mlcluster pre", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "mlcluster"], env=os.environ | asked, cwd=CHECKOUT, capture_output=True, text=True
    )
    assert done.stdout.split() == ["predict"]
