"""Take pictures of MLflow's own pages: ``python docs/pictures/mlflow_pages.py PROJECT RUN [FOLDER]``.

PROJECT has a record with runs, of which RUN has a model that ``mlcluster runs promote`` gave an alias. The server is
MLflow's, as installed; a page that asks another machine for anything is an error. Without a folder the pictures are
written where they stand.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from mlcluster.tracking import RunStore  # noqa: E402
from tests.web.chromium_session import Tab, chromium_session  # noqa: E402

WIDTH, HEIGHT = 1300, 860
SETTLE_SECONDS = 12.0
"""How long a page of MLflow takes to fetch and draw its parts; it has no sign that it is done."""


@contextmanager
def server(store: RunStore) -> Iterator[str]:
    """Address of MLflow's server on a store."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    words = ["server", "--backend-store-uri", store.uri, "--host", "127.0.0.1", "--port", port, "--workers", "1"]
    environment = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true", "GIT_PYTHON_REFRESH": "quiet"}
    process = subprocess.Popen([sys.executable, "-m", "mlflow", *words], env=environment, start_new_session=True)
    try:
        end = time.monotonic() + 300
        while not _answers(f"http://127.0.0.1:{port}/health"):
            if time.monotonic() > end:
                raise SystemExit("MLflow's server does not answer")
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, 15)
        process.wait()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def pages(store: RunStore, run: str) -> dict[str, str]:
    """Pages of MLflow by the name of their picture."""
    found = store.client.get_run(run)
    place = f"/experiments/{found.info.experiment_id}/runs"
    return {
        "runs": place,
        "run": f"{place}/{run}",
        "model": "/models/mlcluster/versions/1",
    }


def open_first(tab: Tab, address: str) -> None:
    """Load the pages once, and close the panel of MLflow's assistant, which comes with every first visit."""
    tab.size(WIDTH, HEIGHT)
    tab.call("Page.navigate", url=f"{address}/#/experiments")
    tab.until("document.body?.innerText.includes('Experiments')", 180.0)
    time.sleep(SETTLE_SECONDS)
    for kind in ("mousePressed", "mouseReleased"):
        place = {"x": WIDTH - 29, "y": 36}
        tab.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **place)


def main() -> None:
    """Take the pictures."""
    store, run = RunStore(project=sys.argv[1]), sys.argv[2]
    into = Path(sys.argv[3]) if len(sys.argv) > 3 else HERE
    browser = os.environ.get("MLCLUSTER_BROWSER") or shutil.which("chromium") or "chromium"
    with tempfile.TemporaryDirectory() as folder, server(store) as address:
        with chromium_session(browser, Path(folder)) as session:
            tab = session.tab()
            open_first(tab, address)
            for name, place in pages(store, run).items():
                tab.run(f"location.hash = {'#' + place!r}")
                time.sleep(SETTLE_SECONDS)
                tab.picture(Path(folder) / "page.png", whole=False)
                with Image.open(Path(folder) / "page.png") as image:
                    small = image.convert("RGB").resize((1000, round(HEIGHT * 1000 / WIDTH)), Image.Resampling.LANCZOS)
                    small.quantize(128, dither=Image.Dither.NONE).save(into / f"mlflow_{name}.png", optimize=True)
            elsewhere = {asked for asked in session.pipe.asked if asked.startswith("http") and address not in asked}
            if elsewhere:
                raise SystemExit(f"MLflow's pages asked others: {elsewhere}")


if __name__ == "__main__":
    main()
