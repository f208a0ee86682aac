"""The page in a real browser where there is much to do at once, or the server is killed.

Left out unless asked for with ``-m browser``.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.web.browsing import SILVER, Server, stage
from tests.web.chromium_session import Browser, Tab

pytestmark = pytest.mark.browser


def test_two_users_at_once_see_their_own(browser: Browser, server: Server, tmp_path: Path) -> None:
    tabs = [browser.tab(), browser.tab()]
    for number, tab in enumerate(tabs):
        tab.open(server.address)
        for k in range(12):
            (tmp_path / f"user{number}-{k}.xyz").write_text(SILVER.replace("2.8", f"2.{7 + number}{k:02d}"))
    for number, tab in enumerate(tabs):
        tab.choose("#files", *sorted(tmp_path.glob(f"user{number}-*.xyz")))
    for number, tab in enumerate(tabs):
        stage(tab, 0)
        rows = tab.run("[...document.querySelectorAll('#screened tbody tr')].map(r => r.cells[0].innerText)")
        assert len(rows) == 12 and all(name.startswith(f"user{number}-") for name in rows)
        assert [len(job["files"]) for job in tab.run("fetch('/api/jobs').then(r => r.json())")] == [12]


def test_fifty_uploads_leave_the_memory_flat(tab: Tab, server: Server, gold: Path) -> None:
    def upload(times: int) -> None:
        for _ in range(times):
            tab.run("delete document.querySelector('#structures').dataset.stage")
            tab.choose("#files", gold)
            stage(tab, 1)

    upload(10)
    before = server.memory()
    upload(50)
    grown = server.memory() - before
    print(f"{before / 1e6:.0f} MB, then {grown / 1e6:+.0f} MB")
    assert grown < 60e6
    folders = [path for path in Path(server.environment["MLCLUSTER_CACHE"]).rglob("uploads")]
    assert folders == []


def test_a_killed_server_goes_on_with_its_queue(browser: Browser, tmp_path: Path, gold: Path) -> None:
    server = Server(tmp_path / "cache")
    try:
        server.until_ready()
        tab = browser.tab()
        tab.open(server.address)
        content = json.dumps(gold.read_text())
        asked = f"""(async () => {{
          const jobs = [];
          for (let k = 0; k < 4; k++) {{
            const form = new FormData();
            form.append("file", new File([{content}], `crystal${{k}}.cif`));
            form.append("charge", -1);
            jobs.push((await (await fetch("/page/structure", {{ method: "POST", body: form }})).json()).job);
          }}
          return jobs;
        }})()"""
        jobs = tab.run(asked)
        server.kill()
        server.start()
        server.until_ready()
        for number, job in enumerate(jobs):
            state = f"fetch('/api/jobs/{job}').then(r => r.json())"
            until = time.monotonic() + 300
            while (told := tab.run(state))["state"] in ("waiting", "running"):
                assert time.monotonic() < until
                time.sleep(0.2)
            assert told["state"] == "done" and told["files"] == [f"crystal{number}.cif"]
    finally:
        server.kill()
