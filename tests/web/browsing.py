"""What tests of the page in a real browser need: its server as a process, and when a piece of its work is done."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil

from mlcluster.runs import one_thread_environment
from tests.web.chromium_session import Tab

SILVER = "2\nProperties=species:S:1:pos:R:3 charge=0\nAg 0 0 0\nAg 0 0 2.8\n"


class Server:
    """The command itself, in a process that can be killed."""

    def __init__(self, cache: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.environment = one_thread_environment() | {
            "MLCLUSTER_CACHE": str(cache),
            "MLCLUSTER_LEVEL": "auto",
            "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        }
        self.address = f"http://127.0.0.1:{self.port}/"
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "mlcluster", "serve", "--port", str(self.port), "--jobs", "1"]
        self.process = subprocess.Popen(command, env=self.environment, stderr=subprocess.DEVNULL)

    def until_ready(self, seconds: float = 300.0) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                with urllib.request.urlopen(f"{self.address}api/ready") as answer:
                    if json.load(answer)["ready"]:
                        return
            except OSError:
                pass
            time.sleep(0.2)
        raise AssertionError("the server never became ready")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def memory(self) -> int:
        """Resident bytes of the server and its processes."""
        top = psutil.Process(self.process.pid)
        return sum(one.memory_info().rss for one in [top, *top.children(recursive=True)])


def stage(tab: Tab, number: int, seconds: float = 300.0) -> None:
    tab.until(f"document.querySelector('#structures').dataset.stage === '{number}'", seconds)
