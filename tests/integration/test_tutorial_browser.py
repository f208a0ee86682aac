"""A tutorial as a page of the site, in a real browser: the 3D view in its frame is drawn.

Left out unless asked for with ``-m browser``.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.report.test_browser import chromium
from tests.web.chromium_session import Tab, chromium_session

pytestmark = pytest.mark.browser
__all__ = ["chromium"]

TUTORIAL = Path(__file__).resolve().parents[2] / "docs" / "tutorials" / "a_crystal.ipynb"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """The tutorial with the outputs it is committed with, built as `make docs` builds it."""
    source = tmp_path / "source"
    source.mkdir()
    shutil.copy(TUTORIAL, source / "index.ipynb")
    (source / "conf.py").write_text(
        'extensions = ["myst_nb"]\nnb_execution_mode = "off"\nsuppress_warnings = ["myst.xref_missing"]\n'
    )
    subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-b", "html", str(source), str(tmp_path / "site")],
        check=True,
        timeout=300,
    )
    return tmp_path / "site" / "index.html"


def test_the_view_in_the_frame_of_a_cluster_is_drawn(chromium: str, page: Path, tmp_path: Path) -> None:
    with chromium_session(chromium, tmp_path) as browser:
        tab = browser.tab()
        tab.size(1200)
        tab.call("Page.navigate", url=page.as_uri())
        tab.until("document.querySelector('iframe[srcdoc]')")
        tab.run("document.querySelector('iframe[srcdoc]').scrollIntoView()")  # it loads when it comes into sight
        # In its sandbox the frame is a process of its own, which the page cannot look into.
        frames: list[str] = []
        end = time.monotonic() + 60
        while not frames and time.monotonic() < end:
            targets = browser.pipe.call("Target.getTargets")["targetInfos"]
            frames = [target["targetId"] for target in targets if target["type"] == "iframe"]
        session = browser.pipe.call("Target.attachToTarget", {"targetId": frames[0], "flatten": True})["sessionId"]
        frame = Tab(browser.pipe, session)
        frame.until("document.querySelector('[data-view]')?.dataset.state")
        assert frame.run("document.querySelector('[data-view]').dataset.state") == "ready"
        size = frame.run("(c => [c.width, c.height])(document.querySelector('[data-view] canvas'))")
        assert min(size) > 100
        assert "25 Au" in frame.text(".legend")
        assert [asked for asked in browser.pipe.asked if asked.startswith("http")] == []
