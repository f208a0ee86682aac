"""Run the commands of docs/gallery.md and take its pictures anew: ``python docs/gallery/make.py [FOLDER]``.

Without a folder the pictures are written where they stand. The commands run in an empty folder with copies of the files
of the checkout they name. Needs Chromium, named in ``MLCLUSTER_BROWSER`` where it is not found by itself.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from PIL import Image

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]
PAGE = HERE.parent / "gallery.md"
sys.path.insert(0, str(CHECKOUT))

from mlcluster.runs import one_thread_environment  # noqa: E402
from mlcluster.tracking import RunStore  # noqa: E402
from tests.web.chromium_session import Browser, Tab, chromium_session  # noqa: E402

COPIED = ("docs/data", "experiments/quickstart/experiment.yaml")
"""Files of the checkout that commands of the page name."""

LARGEST_PAGE = 400_000
"""Bytes up to which a report is kept beside its picture."""

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
SHEET = "[...document.querySelectorAll('[data-view]')].every((view) => view.dataset.state === 'ready')"
PAIR = "document.documentElement.dataset.views === 'ready'"


@dataclass(frozen=True)
class Shot:
    """How the picture of a page is taken.

    Parameters
    ----------
    height
        Of the window in pixels; what lies below is not in the picture.
    ready
        Expression of the page that is true when all is drawn.
    dark
        Whether in the dark scheme.
    width
        Of the window in pixels.
    """

    height: int
    ready: str = "true"
    dark: bool = False
    width: int = 1000


SHOTS = {
    "inspected": Shot(760, SHEET),
    "predicted": Shot(1240, SHEET, width=1100),
    "isomers": Shot(1120, PAIR),
    "defect": Shot(1280, PAIR, dark=True),
    "ranked": Shot(760, "document.body.dataset.map === 'ready'", width=1250),
    "results": Shot(1180),
    "runs": Shot(1180),
}
"""Pages of which pictures are taken, as NAME.html."""

PLOTS = ("decay", "linewidth", "transient")
"""Pictures that commands draw themselves, as NAME.png."""

WIDTH = 1000
"""Most pixels of a picture from side to side."""


def blocks(language: str) -> list[str]:
    """Code of the page in one language, block after block."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(encoding="utf-8"), flags=re.S | re.M)


def commands() -> list[str]:
    """Command lines of the page in their order."""
    return [line[2:] for block in blocks("console") for line in block.splitlines() if line.startswith("$ ")]


def pictures() -> list[str]:
    """Names of the pictures on the page."""
    return re.findall(r"\(gallery/(\w+)\.png\)", PAGE.read_text(encoding="utf-8"))


def environment(folder: Path) -> dict[str, str]:
    """Where the commands run: this checkout, a cache and a record of their own, nothing of the user's."""
    return one_thread_environment() | {
        "PYTHONPATH": str(CHECKOUT),
        "MLCLUSTER_CACHE": str(folder / "cache"),
        "MLCLUSTER_PROJECT": str(folder),
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MPLBACKEND": "Agg",
    }


def run(command: str, folder: Path) -> None:
    """One command of the page; the runs it names are those of the same order that the experiment made here."""
    words = shlex.split(command)[1:]
    if words[:2] == ["runs", "compare"]:
        found = RunStore(project=folder).records(tags={"mlcluster.kind": "evaluate"}, details=False)
        made = [run.id for run in reversed(found)]
        ids = iter(made)
        words = [next(ids) if re.fullmatch("[0-9a-f]{4}", word) else word for word in words]
    done = subprocess.run([sys.executable, "-m", "mlcluster", *words], cwd=folder, env=environment(folder), check=False)
    if done.returncode:
        raise SystemExit(f"{command}: exit code {done.returncode}")


def prepare(folder: Path) -> None:
    """Files that the commands of the page begin with."""
    for name in COPIED:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (CHECKOUT / name).is_dir() else shutil.copy)(CHECKOUT / name, folder / name)
    for code in blocks("python"):
        subprocess.run([sys.executable, "-c", code], cwd=folder, env=environment(folder), check=True)


def results_page(folder: Path) -> None:
    """RESULTS.md of the experiment as a page, as a viewer of Markdown shows it."""
    report = folder / "experiments" / "quickstart" / "RESULTS.md"
    style = (
        "body { font: 15px/1.5 system-ui, sans-serif; margin: 1.5rem; } "
        "table { border-collapse: collapse; font-size: 12px; } "
        "td, th { border: 1px solid #ccc; padding: .2rem .4rem; text-align: left; }"
    )
    body = MarkdownIt().enable("table").render(report.read_text(encoding="utf-8"))
    page = f'<!doctype html><meta charset="utf-8"><base href="{report.parent.as_uri()}/"><style>{style}</style>{body}'
    (folder / "results.html").write_text(page, encoding="utf-8")


def take(tab: Tab, address: str, shot: Shot, picture: Path) -> None:
    """Open a page, wait until it is drawn, and keep what is in sight."""
    tab.size(shot.width, shot.height, dark=shot.dark)
    tab.call("Page.navigate", url=address)
    tab.until("document.readyState === 'complete'")
    tab.until(shot.ready)
    time.sleep(1.0)  # what is drawn comes to the screen with the next frames
    tab.picture(picture, whole=False)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Address of the local page."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlcluster", "serve", "--port", str(port), "--jobs", "1"]
    process = subprocess.Popen(command, cwd=folder, env=environment(folder), stderr=subprocess.DEVNULL)
    try:
        _until(lambda: b'"ready":true' in _answer(f"http://127.0.0.1:{port}/api/ready"))
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait()


def _answer(address: str) -> bytes:
    try:
        with urllib.request.urlopen(address) as answer:
            return bytes(answer.read().replace(b" ", b""))
    except OSError:
        return b""


def _until(true: Callable[[], bool], seconds: float = 300.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise SystemExit("the local page never became ready")
        time.sleep(0.2)


def take_served(browser: Browser, folder: Path, picture: Path) -> None:
    """The local page with a crystal on it."""
    with served(folder) as address:
        tab = browser.tab()
        tab.size(WIDTH, 1180)
        tab.open(address)
        tab.choose("#files", folder / "gold9.cif")
        tab.until("document.querySelector('#structures').dataset.stage === '1'", 300.0)
        tab.until(SHEET)
        time.sleep(1.0)
        tab.picture(picture, whole=False)


def compressed(picture: Path, into: Path, colours: int = 256) -> None:
    """A picture with few colours, chosen so that those of a small atom stay: a third of the size, looking the same."""
    with Image.open(picture) as image:
        small = image.convert("RGB")
        if small.width > WIDTH:
            small = small.resize((WIDTH, round(small.height * WIDTH / small.width)), Image.Resampling.LANCZOS)
        small.quantize(colours, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(into, optimize=True)


def make(folder: Path, into: Path, only: tuple[str, ...] = ()) -> None:
    """Run the commands in a folder and write their pictures into another.

    Parameters
    ----------
    folder
        Empty; what the commands write stays there.
    into
        For the pictures, and for the reports that are small.
    only
        Reports whose commands run; all by default.
    """
    prepare(folder)
    for command in commands():
        if command != "mlcluster serve" and (not only or any(f"{name}.html" in command for name in only)):
            run(command, folder)
    browser = os.environ.get("MLCLUSTER_BROWSER") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise SystemExit("no Chromium here; name one in MLCLUSTER_BROWSER")
    if not only:
        results_page(folder)
    with chromium_session(browser, folder) as session:
        for name in only or SHOTS:
            take(session.tab(), (folder / f"{name}.html").as_uri(), SHOTS[name], folder / f"{name}.png")
        if not only:
            take_served(session, folder, folder / "served.png")
    for name in only or pictures():
        compressed(folder / f"{name}.png", into / f"{name}.png")
        page = folder / f"{name}.html"
        if f"(gallery/{page.name})" in PAGE.read_text(encoding="utf-8"):
            if page.stat().st_size > LARGEST_PAGE:
                raise SystemExit(f"{page.name} is too large to be kept: {page.stat().st_size} bytes")
            shutil.copy(page, into / page.name)


def main() -> None:
    """Make the whole gallery."""
    into = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), into)


if __name__ == "__main__":
    main()
