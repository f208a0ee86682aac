"""Screening on a Dask scheduler with two worker processes, one of which is killed while it works."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mlcluster.errors import ConfigError
from mlcluster.prediction.screen import Progress
from mlcluster.runs import slurm_tasks
from tests.dask_cluster import dask
from tests.prediction.screening import make_inputs, make_model, rows, run

__all__ = ["dask"]

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_nothing(dask, tmp_path: Path) -> None:
    address, workers = dask
    inputs, model = make_inputs(tmp_path / "inputs"), make_model(tmp_path / "model")

    def kill_one(progress: Progress) -> None:
        if workers[0].poll() is None:
            os.kill(workers[0].pid, signal.SIGKILL)
            workers[0].wait()

    result = run(inputs, tmp_path / "far", model, scheduler=address, on_progress=kill_one)
    assert workers[0].poll() == -signal.SIGKILL and workers[1].poll() is None
    run(inputs, tmp_path / "here", model)
    assert result["inputs"] == 17 and rows(tmp_path / "far") == rows(tmp_path / "here")


@pytest.mark.slow
def test_the_tasks_of_one_srun_share_the_work(tmp_path: Path) -> None:
    inputs, model = make_inputs(tmp_path / "inputs"), make_model(tmp_path / "model")
    command = [sys.executable, "-m", "mlcluster", "screen", *inputs, "--out", str(tmp_path / "far"), "--slurm"]
    command += ["--model", str(model), "--json"]
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT), "SLURM_JOB_ID": "7", "SLURM_STEP_ID": "0"}
    tasks = [
        subprocess.Popen(
            command, env=environment | {"SLURM_PROCID": str(k)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for k in range(3)
    ]
    said = [task.communicate(timeout=240) for task in tasks]
    assert [task.returncode for task in tasks] == [1, 0, 0], said
    assert json.loads(said[0][0])["predicted"] == 15 and not said[1][0] and not said[2][0]
    run(inputs, tmp_path / "here", model, part_size=64)
    assert rows(tmp_path / "far") == rows(tmp_path / "here")
    assert not list((tmp_path / "far").glob(".scheduler*"))


def test_without_dask_or_srun_one_error_says_so(tmp_path: Path, monkeypatch) -> None:
    inputs, model = make_inputs(tmp_path / "inputs"), make_model(tmp_path / "model")
    monkeypatch.delenv("SLURM_PROCID", raising=False)
    with pytest.raises(ConfigError, match=r"no task of SLURM.*srun mlcluster VERB.*--part"):
        run(inputs, tmp_path / "out", model, slurm=True)
    monkeypatch.setattr(slurm_tasks, "BEGIN_SECONDS", 0.1)
    monkeypatch.setenv("SLURM_PROCID", "1")
    with pytest.raises(ConfigError, match="the first task has not begun"):
        run(inputs, tmp_path / "out", model, slurm=True)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ConfigError, match=r"Dask is not installed.*mlcluster\[screen\]"):
        run(inputs, tmp_path / "out", model, scheduler="tcp://127.0.0.1:1")
