"""The model as MLflow knows it: loaded, promoted and served without any class of ours in the file."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
import torch

from mlcluster.data import model_structures
from mlcluster.errors import InputError
from mlcluster.levels.network import Ensemble, EnsembleMetadata, ModelConfig, build_model, save_ensemble
from mlcluster.prediction.measured_rows import predicted_only
from mlcluster.prediction.predict import predict
from mlcluster.structure.read import read
from mlcluster.tracking import RunStore
from mlcluster.tracking.registered_models import download, promote
from mlcluster.training.model_record import MODEL_OUTPUTS, log_model

SILVER = "2\na pair\nAg 0 0 0\nAg 0 0 2.8\n"


@pytest.fixture(scope="module")
def logged(new_project: Callable[[], Path], shared_data: Path) -> tuple[RunStore, str]:
    """Store, and a run with the model of a small network that has learned nothing."""
    project = new_project()
    config = ModelConfig(lmax=1, n_features=4, n_layers=1)
    members = [build_model(config, seed) for seed in (0, 1)]
    for member in members:
        member.set_reference(torch.tensor([1.5]), torch.tensor([0.2]))
    metadata = EnsembleMetadata(
        residual_scale={"gap:gfn1-xtb": 0.3}, domain={"channels": {"gap:gfn1-xtb": {"elements": ["Au", "Ag"]}}}
    )
    directory = save_ensemble(Ensemble(members, metadata), project / "made")
    store = RunStore(project)
    run = store.start("tests", "model")
    example = read(shared_data / "cod" / "1540567.cif")[0].cluster
    log_model(run, directory, example)
    run.finish()
    return store, run.id


@pytest.fixture
def crystal(shared_data: Path) -> Path:
    return shared_data / "cod" / "1540567.cif"


@pytest.fixture
def mlflow_at_store(logged: tuple[RunStore, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """MLflow's own functions look at the store of the project."""
    import mlflow

    before = mlflow.get_tracking_uri()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", logged[0].uri)
    mlflow.set_tracking_uri(logged[0].uri)
    yield
    mlflow.set_tracking_uri(before)


@pytest.mark.usefixtures("mlflow_at_store")
def test_loaded_model_says_what_predict_says(logged: tuple[RunStore, str], crystal: Path) -> None:
    store, run_id = logged
    import mlflow

    model = mlflow.pyfunc.load_model(f"runs:/{run_id}/model")
    given = pd.DataFrame({"structure": [crystal.read_text()] * 2, "name": [crystal.name, str(crystal)]})
    answer = model.predict(given).to_dict(orient="records")
    directory = download(f"runs:/{run_id[:12]}", store.directory.parent)
    expected = predicted_only(predict(crystal, model=directory))
    as_text, by_path = answer[: len(expected)], answer[len(expected) :]
    assert {row["file"] for row in by_path} == {str(crystal).replace("/", "_")}, "a name is no place"
    by_path = [{**row, "file": crystal.name, "cluster": as_text[0]["cluster"]} for row in by_path]
    assert [row["file"] for row in as_text] == [crystal.name] * len(expected)
    for one, other, row in zip(as_text, by_path, expected, strict=True):
        assert one.keys() <= {column.name for column in MODEL_OUTPUTS}
        assert {**other, "file": str(crystal)} == row
        assert {**one, "file": str(crystal)} == row
    assert model.metadata.signature.inputs.input_names() == ["structure", "name", "charge", "multiplicity"]
    assert list(model.input_example.columns) == ["structure", "name"]
    assert model.predict(model.input_example)["formula"].iloc[0] == "C144H162Au25S18"


def test_charge_is_taken_and_a_bad_input_is_a_row(logged: tuple[RunStore, str]) -> None:
    store, run_id = logged
    import mlflow

    model = mlflow.pyfunc.load_model(str(download(f"runs:/{run_id}", store.directory.parent)))
    rows = [
        {"structure": SILVER, "charge": 2, "name": "a/../b.xyz"},
        {"structure": "rubbish\nrubbish"},
        {"structure": "/no/such/file.cif"},
        {"structure": ""},
        {"structure": SILVER, "charge": 0.5},
        {"structure": SILVER.replace("Ag", "Qq")},
    ]
    answer = model.predict(pd.DataFrame(rows))
    good = answer[answer["error"].isna()]
    assert set(good["cluster"]) == {"a_.._b"} and len(answer) == len(good) + 5
    errors = answer["error"].dropna().tolist()
    for text, part in zip(
        errors, ["not recognised", "not its path", "no structure", "not a whole number", "Qq"], strict=True
    ):
        assert part in text and "/tmp" not in text


def test_a_served_model_answers_alone_where_it_is_asked_to(logged: tuple[RunStore, str]) -> None:
    store, run_id = logged
    import mlflow

    model = mlflow.pyfunc.load_model(str(download(f"runs:/{run_id}", store.directory.parent)))
    au25 = model_structures()["model [Au25(SH)18]-"]
    given = pd.DataFrame([{"structure": au25.to_cif(), "charge": -1}])
    assert set(model.predict(given)["basis"]) == {"network", "formula"}
    alone = model.predict(given, params={"formula": False})
    assert alone[["basis", "target"]].values.tolist() == [["network", "gap"]]


def test_nothing_in_the_model_directory_runs_code(logged: tuple[RunStore, str]) -> None:
    store, run_id = logged
    directory = download(f"runs:/{run_id}", store.directory.parent)
    names = {path.name for path in directory.rglob("*")}
    assert {path.suffix for path in directory.rglob("*")} <= {"", ".json", ".txt", ".yaml", ".safetensors"}, names
    assert "MLmodel" in names and "pickle" not in (directory / "MLmodel").read_text()


@pytest.mark.usefixtures("mlflow_at_store")
def test_promoted_model_goes_by_its_alias(logged: tuple[RunStore, str], crystal: Path) -> None:
    store, run_id = logged
    project = store.directory.parent
    with pytest.raises(InputError, match="no such model"):
        download("models:/mlcluster@champion", project)
    first = promote(store, run_id[:10], "champion")
    assert first == {"name": "mlcluster", "version": 1, "alias": "champion", "run_id": run_id, "before": None}
    assert promote(store, run_id, "champion")["version"] == 1, "the same run is the same version"
    for uri in ("models:/mlcluster@champion", "models:/mlcluster/1", f"runs:/{run_id}/model"):
        assert download(uri, project) == download(f"runs:/{run_id}", project)
    import mlflow
    from typer.testing import CliRunner

    from mlcluster.cli.main import app

    args = ["predict", str(crystal), "--model", "models:/mlcluster@champion", "--project", str(project), "--json"]
    answer = json.loads(CliRunner().invoke(app, args).stdout)
    assert answer == predict(crystal, model=download(f"runs:/{run_id}", project))
    assert mlflow.pyfunc.load_model("models:/mlcluster@champion").metadata.run_id == run_id
    empty = store.start("tests", "without a model")
    with pytest.raises(InputError, match="has no model"):
        promote(store, empty.id, "champion")
    with pytest.raises(InputError, match="has no model"):
        download(f"runs:/{empty.id}", project)
    for wrong in ("models:/mlcluster", "runs:/"):
        with pytest.raises(InputError, match="cannot read the name"):
            download(wrong, project)


def test_served_model_answers_with_the_crystal_of_au25(
    logged: tuple[RunStore, str], crystal: Path, tmp_path: Path
) -> None:
    store, run_id = logged
    directory = download(f"runs:/{run_id}", store.directory.parent)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)}
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", str(directory), "--env-manager", "local"]
    server = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", str(port), "--workers", "1"],
        env=environment | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/ping", server)
        bad = {"structure": "not a structure\nat all", "charge": 1}
        rows = [{"structure": crystal.read_text(), "name": crystal.name}, bad]
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/invocations",
            json.dumps({"dataframe_records": rows}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            answer = json.loads(response.read())["predictions"]
    finally:
        os.killpg(server.pid, 15)
        server.wait()
    expected = predicted_only(predict(crystal, model=directory))
    assert [row["formula"] for row in answer] == ["C144H162Au25S18"] * len(expected) + [None]
    for row, known in zip(answer, expected, strict=False):
        assert row["value"] == pytest.approx(known["value"], rel=1e-6) and row["target"] == known["target"]
    assert "not recognised" in answer[-1]["error"]
    assert list(tmp_path.iterdir()) == []


def _wait_for(address: str, process: subprocess.Popen) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        assert process.poll() is None, "the server has ended"
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the server does not answer")
