"""The report in a real browser: the views are drawn, nothing is fetched, no error is met, at desk and phone width.

Left out unless asked for with ``-m browser``.
"""

from __future__ import annotations

import http.server
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mlcluster.comparison.compare import compare_clusters
from mlcluster.data import model_structures
from mlcluster.report.comparison_page import write_comparison
from tests.prediction.test_predict import constant_ensemble

pytestmark = pytest.mark.browser

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --enable-unsafe-swiftshader --disable-quic --no-first-run "
    "--disable-background-networking --hide-scrollbars --virtual-time-budget=10000 --enable-logging=stderr"
).split()


@pytest.fixture(scope="module")
def chromium() -> str:
    found = os.environ.get("MLCLUSTER_BROWSER") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        message = "no Chromium here; name one in MLCLUSTER_BROWSER"
        if os.environ.get("MLCLUSTER_REQUIRE_BROWSER") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return found


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    models = model_structures()
    pair = (models[f"{k} isomer model [Au13Ag12(PH3)10Cl8]+"] for k in "ES")
    comparison = compare_clusters(*pair, constant_ensemble([1.0, 1.2]))
    return write_comparison(comparison, tmp_path_factory.mktemp("browser") / "report.html")


def load(chromium: str, page: str, folder: Path, width: int) -> tuple[str, str]:
    """Document after its scripts have run, and what the browser logged."""
    done = subprocess.run(
        [chromium, *FLAGS, f"--user-data-dir={folder / 'profile'}", f"--window-size={width},900", "--dump-dom", page],
        capture_output=True,
        text=True,
        timeout=180,
        check=True,
    )
    return done.stdout, done.stderr


@pytest.mark.parametrize("width", [1400, 400])
def test_both_views_are_drawn_without_an_error(chromium, report, tmp_path, width):
    document, log = load(chromium, report.as_uri(), tmp_path, width)
    root = re.search(r"<html[^>]*>", document).group()
    assert 'data-views="ready"' in root and 'data-painted="element"' in root
    assert document.count("<canvas") == 2
    assert re.search(r'id="legend">(.*?)</div>', document, re.S).group(1).count("Au") == 1
    consoles = [line for line in log.splitlines() if "CONSOLE" in line and "GL Driver" not in line]
    assert consoles == []


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Address at which a folder is served, and the paths that are asked for."""
    asked: list[str] = []

    class Recorder(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, directory=str(folder), **kwargs)

        def do_GET(self):
            asked.append(self.path)
            super().do_GET()

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def test_nothing_is_fetched(chromium, report, tmp_path):
    with served(report.parent) as (address, asked):
        document, _ = load(chromium, f"{address}/report.html", tmp_path, 1400)
    assert 'data-views="ready"' in document
    assert set(asked) <= {"/report.html", "/favicon.ico"}


def test_without_compression_streams_the_still_pictures_stay(chromium, report, tmp_path):
    old = tmp_path / "old.html"
    text = report.read_text(encoding="utf-8").replace("new DecompressionStream", "new NoSuchStream")
    old.write_text(text, encoding="utf-8")
    document, _ = load(chromium, old.as_uri(), tmp_path, 1400)
    assert 'data-views="failed"' in document
    assert re.search(r'id="view-0"><svg', document)


@pytest.mark.parametrize("width", [400, 1400])
def test_the_page_is_no_wider_than_its_window(chromium, report, tmp_path, width):
    """In a frame, as a window of the browser has a least width above that of a phone."""
    (report.parent / "frame.html").write_text(
        f'<iframe src="report.html" width="{width}" height="800"></iframe><script>addEventListener("load", () => {{'
        'const root = document.querySelector("iframe").contentDocument.documentElement;'
        "setTimeout(() => {document.title = `${root.scrollWidth} ${root.dataset.views}`;}, 6000);});</script>"
    )
    with served(report.parent) as (address, _):
        document, _ = load(chromium, f"{address}/frame.html", tmp_path, 1600)
    assert re.search(r"<title>(.*?)</title>", document).group(1) == f"{width} ready"
