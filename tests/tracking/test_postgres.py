"""A Postgres server as the tracking store: what a group shares."""

from __future__ import annotations

import getpass
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlcluster.errors import ConfigError, MlclusterError
from mlcluster.tracking import RunStore

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
WRITER = """\
import sys
from mlcluster.tracking import RunStore
project, uri, name = sys.argv[1:]
store = RunStore(project, uri)
for number in range(5):
    run = store.start("shared", f"{name} {number}", {"writer": name})
    run.log_parameters({"seed": number, "long": "x" * 400})
    run.log_metrics([("loss/train", 1.0 / (step + 1), step) for step in range(300)])
    run.log_json({"number": number}, "config.json")
    run.finish()
"""


@pytest.fixture
def postgres() -> Iterator[str]:
    """Address of a server of one's own, gone afterwards."""
    if not BINARIES or importlib.util.find_spec("psycopg") is None:
        pytest.skip("Postgres or its driver is not installed")
    # The server refuses to run as root, and needs a short path for its socket.
    as_user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    user = "postgres" if as_user else getpass.getuser()
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    if as_user:
        shutil.chown(folder, "postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(program: str, *arguments: str) -> None:
        command = [*as_user, str(BINARIES[-1] / program), *arguments]
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    data = str(folder / "data")
    run("initdb", "-D", data, "--auth=trust", "--encoding=UTF8")
    run("pg_ctl", "-D", data, "-w", "-o", f"-p {port} -k {folder} -c listen_addresses=127.0.0.1", "start")
    try:
        yield f"postgresql://{user}@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.slow
def test_several_writers_share_a_postgres_server(postgres: str, tmp_path: Path) -> None:
    names = ("one", "other", "third")
    started = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), postgres, name], stderr=subprocess.PIPE, text=True
        )
        for name in names
    ]
    said = [process.communicate()[1] for process in started]
    assert [process.returncode for process in started] == [0] * len(names), said

    store = RunStore(tmp_path, postgres)
    records = store.records(experiment="shared")
    assert {record.name for record in records} == {f"{name} {number}" for name in names for number in range(5)}
    assert {record.status for record in records} == {"FINISHED"}
    assert all(record.metrics["loss/train"] == pytest.approx(1 / 300) for record in records)
    assert [record.name for record in store.records(experiment="shared", tags={"writer": "third"})] == [
        f"third {number}" for number in reversed(range(5))
    ]
    run = store.find(records[0].id)
    assert len(run.metric_steps("loss/train")) == 300
    assert run.read_json("config.json") == {"number": int(records[0].name[-1])}


def test_a_missing_driver_is_said_plainly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ConfigError, match=r"driver.*mlcluster\[postgres\]"):
        RunStore(tmp_path, "postgresql+psycopg://nobody@127.0.0.1:1/none").records()


@pytest.mark.slow
def test_a_server_that_is_not_there_is_said_plainly(tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(MlclusterError, match="cannot reach the tracking store"):
        RunStore(tmp_path, "postgresql://nobody@127.0.0.1:1/none").records()
