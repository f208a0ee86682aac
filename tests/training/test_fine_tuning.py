"""Two stages and an extension, as the guide has them: every command of it, with little to learn from."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

import mlcluster
from mlcluster.cli.main import app
from mlcluster.errors import DataError, InputError
from mlcluster.levels.baselines import fit_mean
from mlcluster.levels.network import load_ensemble
from mlcluster.resources import config_path
from mlcluster.tracking import RunStore
from mlcluster.training.train import train
from tests.experiment.in_process import train_here

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "fine_tuning.md"
QUICK = ["fit.epochs=1", "ensemble.members=2", "ensemble.workers=1", "model.n_features=8", "model.n_layers=1"]


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.fixture(scope="module")
def in_process():
    """Train in this process and leave out what takes long and is tested elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mlcluster.levels.network.fit.train_members", train_here)
        patch.setattr("mlcluster.levels.network.fold_reader.BASELINES", {"mean": fit_mean})
        for plot in ("parity_plot", "calibration_plot", "risk_coverage_plot", "error_distance_plot"):
            patch.setattr(f"mlcluster.training.held_out_record.{plot}", lambda arms, path, title: path.touch())
        yield


@pytest.fixture(scope="module")
def said(in_process, new_project: Callable[[], Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list]:
    """Project, and what each command of the guide prints; it is called from elsewhere."""
    project, here = new_project(), tmp_path_factory.mktemp("elsewhere")
    crystal = here / "crystal.cif"
    cluster = mlcluster.data.model_structures()["model Au11(PH3)7Cl3"]
    crystal.write_text(cluster.to_cif(), encoding="utf-8")
    runs: dict[str, str] = {}
    answers = []
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(here)
        patch.delenv("MLCLUSTER_PROJECT", raising=False)
        for line in blocks("bash")[0].splitlines():
            program, *words = shlex.split(line)
            assert program == "mlcluster"
            words = [re.sub(r"\b(RUN|TUNED)\b", lambda name: runs[name[0]][:12], word) for word in words]
            words = [str(config_path(word[8:])) if word.startswith("configs/") else word for word in words]
            if words[0] == "train":
                size = ["data.subset=35"] if "quickstart" in words[1] else []
                words += [f"--set={setting}" for setting in [*QUICK, *size]]
            result = CliRunner().invoke(app, [*words, "--project", str(project)])
            assert result.exit_code == 0, result.output
            answers.append(json.loads(result.stdout))
            if words[0] == "train":
                runs.setdefault("TUNED" if runs else "RUN", answers[-1]["run_id"])
    return project, answers


def test_every_command_of_the_guide_runs_from_any_directory(said) -> None:
    project, (first, tuned, rows, extended) = said
    store = RunStore(project)
    begun, tags = load_ensemble(first["model"]), store.find(tuned["run_id"]).tags()
    assert tags["mlcluster.started_from"] == begun.hash and tags["stage"] == "2"
    assert {row["target"] for row in rows} == {"gap"} and {row["basis"] for row in rows} == {"network"}
    (version,) = store.client.search_model_versions("name = 'tuned'")
    assert version.run_id == extended["run_id"]
    assert {key.split("/")[0] for key in tuned["metrics"]} == {"test", "validation"}
    config = store.find(tuned["run_id"]).read_json("config.json")
    assert config["fit"]["start_from"] == f"runs:/{first['run_id'][:12]}", "the record keeps the name that was given"


def test_frozen_parts_are_those_of_the_model_begun_with(said) -> None:
    project, (first, tuned, _, extended) = said
    before, after = (load_ensemble(each["model"]) for each in (first, tuned))
    for k, member in enumerate(after.members):
        for name, value in before.members[k].first.state_dict().items():
            assert torch.equal(member.first.state_dict()[name], value), name
    further = load_ensemble(extended["model"])
    for name, value in after.members[0].readout.methods.named_buffers():
        assert torch.equal(dict(further.members[0].readout.methods.named_buffers())[name], value), name


def test_an_extension_is_of_the_same_data_and_splits(said) -> None:
    project, (first, tuned, *_) = said
    config = config_path("fine_tune.yaml")
    for settings in (["seed=1", "split.validation=[M11]"], ["data.subset=36"]):
        with pytest.raises(DataError, match="entries, labels and splits it was trained on"):
            train(config, [*QUICK, *settings], project=project, extend=tuned["run_id"])


def test_a_run_is_looked_for_in_the_store_that_is_named(said, project: Path) -> None:
    _, (first, *_) = said
    with pytest.raises(InputError, match="no such run"):
        train(config_path("fine_tune.yaml"), [*QUICK, f"fit.start_from=runs:/{first['run_id']}"], project=project)
    assert not RunStore(project).records()


def test_a_family_that_members_stop_on_may_not_be_known(said) -> None:
    project, (first, *_) = said
    settings = [*QUICK, f"fit.start_from=runs:/{first['run_id']}", "split.validation=[M11]"]
    with pytest.raises(DataError, match="stops on"):
        train(config_path("fine_tune.yaml"), settings, project=project)


@pytest.mark.filterwarnings("ignore::lightning_fabric.utilities.warnings.PossibleUserWarning")
@pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning")
def test_the_trainer_of_the_guide_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (block,) = blocks("python")
    exec(compile(block, str(GUIDE), "exec"), {})
    (expected,) = re.findall(r"callback_metrics\)\)  # (.*)", block)
    assert expected in capsys.readouterr().out
