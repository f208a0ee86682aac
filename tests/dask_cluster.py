"""A Dask scheduler with two worker processes on this machine, for whoever shares work out."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen]]]:
    """Address of a scheduler, and its two workers."""
    from distributed import Client

    place = tmp_path / "scheduler.json"
    environment = os.environ | {"MLCLUSTER_CACHE": "off", "PYTHONPATH": str(CHECKOUT)}
    running: list[subprocess.Popen] = []

    def start(kind: str, *words: str) -> subprocess.Popen:
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", "--scheduler-file", str(place), *words]
        running.append(subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL))
        return running[-1]

    try:
        start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        workers = [start("worker", "--nthreads", "1", "--no-nanny", "--no-dashboard") for _ in range(2)]
        while not place.is_file() or not place.read_text().endswith("}"):
            assert running[0].poll() is None
            time.sleep(0.05)
        with Client(scheduler_file=str(place)) as client:
            client.wait_for_workers(2, timeout=120)
            address = client.scheduler.address
        yield address, workers
    finally:
        for process in running:
            process.kill()
            process.wait()
