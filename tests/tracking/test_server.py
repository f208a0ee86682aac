"""A real MLflow server on this machine: runs kept there, lost from sight in mid-training, and found again."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from mlcluster.cli.main import app
from mlcluster.tracking import RunStore
from mlcluster.tracking.logged_tables import read_predictions
from mlcluster.tracking.registered_models import download, promote
from mlcluster.tracking.run_records import read_from_sqlite
from mlcluster.tracking.tracked_run import KEPT_FROM, KEPT_UNTIL

pytestmark = pytest.mark.slow

EPOCHS = 30
TINY = {
    "name": "tiny",
    "experiment": "tests",
    "data": {"source": "gfn1_models", "subset": 14},
    "split": {"test": ["M13"]},
    "model": {"n_features": 8, "n_layers": 1, "lmax": 1, "cutoff": 3.5, "n_radial": 6},
    "fit": {"epochs": EPOCHS, "patience": EPOCHS, "samples_per_epoch": 12, "atoms_per_batch": 300},
    "ensemble": {"members": 1, "workers": 1},
}


class Server:
    """``mlflow server`` with its database and artifacts in a directory; it can be killed and started again."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.uri = f"http://127.0.0.1:{self.port}"
        self.database = directory / "mlflow.db"

    def start(self) -> None:
        options = ["--backend-store-uri", f"sqlite:///{self.database}", "--artifacts-destination", "artifacts"]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "mlflow", "server", *options, "--port", str(self.port), "--workers", "1"],
            env=command_environment() | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
            cwd=self.directory,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        until = time.monotonic() + 180
        while not self._answers():
            assert self._process.poll() is None and time.monotonic() < until, "the server does not start"
            time.sleep(0.1)

    def kill(self) -> None:
        os.killpg(self._process.pid, 9)
        self._process.wait()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.uri}/health", timeout=5):
                return True
        except OSError:
            return False


def command_environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)}


@pytest.fixture(scope="module")
def server(new_project: Callable[[], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("server")
    shutil.copy(new_project() / ".mlcluster" / "mlflow.db", directory)
    started = Server(directory)
    started.start()
    yield started
    started.kill()


def test_training_goes_on_without_its_server_which_gets_everything_once(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(TINY))
    where = ["--project", str(tmp_path / "project"), "--tracking-uri", server.uri]
    empty = tmp_path / "empty"
    empty.mkdir()
    command = [sys.executable, "-m", "mlcluster"]
    training = subprocess.Popen(
        [*command, "train", str(tmp_path / "tiny.yaml"), *where, "--json"],
        env=command_environment(),
        cwd=empty,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until = time.monotonic() + 300
        while not _epochs(server):
            assert training.poll() is None and time.monotonic() < until
            time.sleep(0.05)
    except BaseException:
        training.kill()
        raise
    server.kill()
    kind = {"mlcluster.kind": "train"}
    (before,) = read_from_sqlite(server.database, experiment="tests", tags=kind, ids=None)
    out, err = training.communicate(timeout=300)
    assert training.returncode == 0, err
    assert err.count("does not answer") == 1 and "runs sync sends the rest" in err
    run_id = json.loads(out)["run_id"]
    assert before.id == run_id and before.status == "RUNNING", "the server was gone before the end"
    pending = tmp_path / "project" / ".mlcluster" / "pending"
    assert len(list(pending.glob("*/*.json"))) > 10 and len(list(pending.iterdir())) == 2, "the run and its member"

    server.start()
    monkeypatch.chdir(empty)
    done = CliRunner().invoke(app, ["runs", "sync", *where])
    assert done.exit_code == 0 and done.stdout.count("all sent") == 2, done.stderr
    assert list(empty.iterdir()) == []
    store = RunStore(tmp_path / "project", server.uri)
    run = store.find(run_id)
    assert run.status == "FINISHED" and run.tags().keys() >= {KEPT_FROM, KEPT_UNTIL, "mlcluster.model_hash"}
    (member,) = run.children().values()
    for key in ("loss", "validation", "learning_rate"):
        assert [step for step, _ in member.metric_steps(key)] == list(range(1, EPOCHS + 1))
    metrics = {key: value for key, value in json.loads(out)["metrics"].items() if value is not None}
    assert {key: run.metrics()[key] for key in metrics} == pytest.approx(metrics)
    assert {"config.json", "environment.json", "splits.json", "model", "plots", "predictions"} <= set(run.files())
    assert store.sync() == {} and not any(pending.iterdir())

    # What is on the server is read as what is in the project.
    (record,) = store.records(ids=[run_id[:12]])
    assert record == read_from_sqlite(server.database, experiment=None, tags={}, ids=[run_id])[0]
    assert len(read_predictions(store, record)) > 0
    shutil.rmtree(tmp_path / "project" / ".mlcluster" / "models")
    promote(store, run_id, "champion")
    directory = download("models:/mlcluster@champion", tmp_path / "project", server.uri)
    assert (directory / "model.json").is_file() and directory == download(
        f"runs:/{run_id}", tmp_path / "project", server.uri
    )


def _epochs(server: Server) -> int:
    runs = read_from_sqlite(server.database, experiment="tests", tags={}, ids=None, metrics="loss")
    return sum(len(run.metrics) for run in runs)
