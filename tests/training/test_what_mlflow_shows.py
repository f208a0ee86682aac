"""The record as a user of MLflow reads it: curves, tables, data sets, source, a registered model, what pip installs."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from typer.testing import CliRunner

import mlcluster
from mlcluster.cli.main import app
from mlcluster.data import model_structures
from mlcluster.levels.baselines import fit_mean
from mlcluster.levels.network.training_state import Progress
from mlcluster.levels.run_config import TrainConfig
from mlcluster.tracking import RunStore, environment
from mlcluster.tracking.system_watch import SystemWatch
from mlcluster.training.run_record import HistoryLog
from mlcluster.training.train import TrainResult, train
from tests.experiment.in_process import train_here


@pytest.fixture(scope="module")
def trained(tiny: TrainConfig, new_project: Callable[[], Path]) -> tuple[RunStore, TrainResult]:
    project = new_project()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mlcluster.levels.network.fit.train_members", train_here)
        patch.setattr("mlcluster.levels.network.fold_reader.BASELINES", {"mean": fit_mean})
        for plot in ("parity_plot", "calibration_plot", "risk_coverage_plot", "error_distance_plot"):
            patch.setattr(f"mlcluster.training.held_out_record.{plot}", lambda arms, path, title: path.touch())
        result = train(tiny, ["fit.epochs=3"], project=project, tags={"who": "me"}, register="gaps")
    return RunStore(project), result


def test_curves_of_the_parent_are_means_over_members_with_unit_and_channel(trained) -> None:
    store, result = trained
    run = store.find(result.run_id)
    key = "validation/gap:gfn1-xtb/mae_eV"
    for name in (key, "loss", "validation", "learning_rate"):
        members = [child.metric_steps(name) for child in run.children().values()]
        means = [(step, (a + b) / 2) for (step, a), (_, b) in zip(*members, strict=True)]
        assert [step for step, _ in means] == [1, 2, 3]
        assert run.metric_steps(f"course/{name}") == [(step, pytest.approx(value)) for step, value in means]


def test_families_are_a_table_and_no_metrics(trained) -> None:
    store, result = trained
    run = store.find(result.run_id)
    assert not [key for key in run.metrics() if "family " in key]
    table = run.read_json("families/test.json")
    assert table["columns"] == ["split", "channel", "arm", "family", "n", "mae", "unit"]
    rows = {row[2]: row for row in table["data"]}
    assert rows.keys() == {"network", "mean"}
    mae = result.metrics["test/gap:gfn1-xtb/network/mae"]
    assert rows["network"] == ["test", "gap:gfn1-xtb", "network", "M13", 2, pytest.approx(mae), "eV"]
    shown = json.loads(run.tags()["mlflow.loggedArtifacts"])
    assert {entry["path"] for entry in shown} == {"families/test.json", "families/validation.json"}


def test_data_source_and_model_are_where_mlflow_looks_for_them(trained) -> None:
    store, result = trained
    found = store.client.get_run(result.run_id)
    used = {each.tags[0].value: each.dataset for each in found.inputs.dataset_inputs}
    assert {name: json.loads(data.profile)["entries"] for name, data in used.items()} == {"training": 12, "testing": 2}
    assert used["training"].name == "gfn1_models" and json.loads(used["training"].source)["source"] == ["gfn1_models"]
    assert found.data.tags["mlcluster.data_hash"].startswith(used["training"].digest)
    assert found.data.tags["mlflow.source.name"] == "mlcluster train" and found.data.tags["who"] == "me"
    note = found.data.tags["mlflow.note.content"]
    assert "level network, 12 entries of gfn1_models" in note
    shown = f"{result.metrics['test/gap:gfn1-xtb/network/mae']:.2f} eV"
    assert f"| test | gap:gfn1-xtb | network | {shown} | 2 |" in note
    experiment = store.client.get_experiment(found.info.experiment_id)
    assert experiment.tags["mlflow.experimentKind"] == "custom_model_development"
    (version,) = store.client.search_model_versions("name = 'gaps'")
    assert version.description == note
    assert version.run_id == result.run_id and version.source == f"runs:/{result.run_id}/model"
    if find_spec("psutil") is not None:
        assert any(key.startswith("system/") for key in found.data.metrics)


def test_requirements_of_the_model_are_lines_that_pip_takes(trained) -> None:
    _, result = trained
    lines = (result.model / "requirements.txt").read_text(encoding="utf-8").splitlines()
    named = {Requirement(line).name: Requirement(line) for line in lines}
    assert {"mlcluster", "torch", "mlflow", "safetensors"} <= named.keys()
    own = named.pop("mlcluster")
    assert own.url is not None, "on no index under this name"
    if own.url.startswith("file://"):
        assert (Path(own.url.removeprefix("file://")) / "pyproject.toml").is_file()
    for each in named.values():
        assert "+" not in str(each.specifier), "a local build is on no index"


def test_a_commit_is_named_only_where_others_find_it(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"remote": "https://example.org/mlcluster.git", "branch": "origin/main", "changed": "no"}
    monkeypatch.setattr(environment, "git_state", lambda: {"commit": "a" * 40, "changed": said["changed"]})
    monkeypatch.setattr(environment, "_git", lambda root, *words: said[words[0]])
    assert environment.requirements()[0] == f"mlcluster @ git+https://example.org/mlcluster.git@{'a' * 40}"
    for key, value in {"changed": "yes", "branch": "", "remote": "https://me:secret@example.org/x.git"}.items():
        with monkeypatch.context() as patch:
            patch.setitem(said, key, value)
            assert environment.requirements()[0].startswith("mlcluster @ file://")


def test_the_commands_of_the_guide_run(trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All but those that serve: tests/prediction/test_pyfunc.py does that."""
    store, result = trained
    guide = Path(__file__).resolve().parents[2] / "docs" / "tracking.md"
    blocks = re.findall(r"```bash\n(.*?)```", guide.read_text(encoding="utf-8"), flags=re.DOTALL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLCLUSTER_PROJECT", str(store.directory.parent))
    monkeypatch.setattr(mlcluster, "train", lambda *_, **options: result)
    Path("crystal.cif").write_text(model_structures()["model Au11(PH3)7Cl3"].to_cif(), encoding="utf-8")
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("mlcluster ")]
    assert len(lines) > 6
    for line in lines:
        words = shlex.split(line.partition("#")[0])[1:]
        words = [word.replace("3f2a", result.run_id[:8]).replace("91bc", result.run_id[:8]) for word in words]
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 0, f"{line}\n{done.output}"
    assert "gap:gfn1-xtb" in Path("card.md").read_text(encoding="utf-8") and Path("c.html").is_file()


class Kept:
    """Looks like a run to `HistoryLog`."""

    is_new = True

    def __init__(self) -> None:
        self.rows: list[tuple[str, float, int]] = []

    def log_metrics(self, rows) -> None:
        self.rows += [row for row in rows if not row[0].startswith("system/")]


def test_an_epoch_is_joined_once_every_member_has_passed_it_or_stopped() -> None:
    def reached(*losses: float, done: bool = False) -> Progress:
        rows = [{"epoch": k + 1, "loss": loss, "seconds": 1.0} for k, loss in enumerate(losses)]
        return Progress(epoch=len(rows), history=rows, done=done)

    run, parts = Kept(), [Kept(), Kept()]
    log = HistoryLog([(part, "") for part in parts], run, 2)
    log.update([reached(1.0, 0.5), reached()])
    assert run.rows == [] and parts[0].rows == [("loss", 1.0, 1), ("loss", 0.5, 2)]
    log.update([reached(1.0, 0.5), reached(3.0)])
    assert run.rows == [("course/loss", 2.0, 1)]
    log.update([reached(1.0, 0.5, 0.2), reached(3.0, done=True)])
    assert run.rows[1:] == [("course/loss", 0.5, 2), ("course/loss", 0.2, 3)]
    log.update([reached(1.0, 0.5, 0.2, done=True), reached(3.0, done=True)])
    assert len(run.rows) == 3 and len(parts[0].rows) == 3


def test_the_machine_is_looked_at_now_and_then() -> None:
    pytest.importorskip("psutil")
    watch = SystemWatch()
    first = dict((key, value) for key, value, _ in watch.look())
    assert first["system/process_memory_usage_megabytes"] > 10
    assert list(watch.look()) == []
