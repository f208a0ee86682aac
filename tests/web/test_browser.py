"""The page in a real browser: what a chemist does with it, and what a hostile file does not.

Left out unless asked for with ``-m browser``.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mlcluster.runs import one_thread_environment
from tests.web.browsing import SILVER, Server, stage
from tests.web.chromium_session import Browser, Tab

pytestmark = pytest.mark.browser

EVIL = "<img src=x onerror=alert(1)><script>alert(2)<script>"


def no_complaint(tab: Tab) -> None:
    assert [line for line in tab.console if "GL" not in line] == []


def test_a_crystal_is_dropped_looked_at_calculated_compared_and_taken_home(
    tab: Tab, gold: Path, server: Server, browser: Browser, tmp_path: Path
) -> None:
    tab.drop("#drop", gold)
    tab.until("document.querySelector('#view-0')?.dataset.state")
    assert tab.run("document.querySelector('#view-0').dataset.state") == "ready"
    assert "25 Au" in tab.text(".legend")
    assert "25 Au" in tab.run("document.querySelector('#view-0').getAttribute('aria-label')")
    stage(tab, 1)
    assert "calculation" in tab.text("#predicted-0")
    assert "0 was taken" in tab.text("#answer-0")

    tab.run("document.querySelector('#charge').value = '-1'")
    tab.click("#again")
    tab.until("document.querySelector('#structures h2')?.innerText.endsWith('\\u2212')")
    stage(tab, 1)
    assert "8 valence electrons" in tab.text("#answer-0")

    tab.run("[...document.querySelectorAll('[data-download]')].find(b => b.innerText.includes('capped')).click()")
    file = tmp_path / "1540567_capped.xyz"
    until = time.monotonic() + 20
    while not file.is_file() and time.monotonic() < until:
        time.sleep(0.1)
    assert file.read_text().splitlines()[0] == "61"

    other = tmp_path / "pair.xyz"
    other.write_text(SILVER)
    tab.choose("#other", other)
    tab.until("document.querySelector('#structures iframe')")
    assert "1540567 and pair" in tab.text("#structures h2")
    stage(tab, 1)
    no_complaint(tab)
    # The report is shut in, and still draws.
    alone = browser.tab()
    alone.call("Page.navigate", url=tab.run("document.querySelector('#structures iframe').src"))
    alone.until("document.documentElement?.dataset.views")
    assert alone.run("document.documentElement.dataset.views") == "ready"
    assert alone.run("fetch('/api/jobs').then(() => 'answered', () => 'refused')") == "refused"
    asked = {address.split("/")[2] for address in browser.pipe.asked if address.startswith("http")}
    assert asked == {f"127.0.0.1:{server.port}"}


def test_a_calculation_is_cancelled(tab: Tab, gold: Path, tmp_path: Path) -> None:
    # Other bytes and another charge: a calculation that is in no cache.
    file = tmp_path / "again.cif"
    file.write_bytes(gold.read_bytes() + b"\n# again\n")
    tab.run("document.querySelector('#charge').value = '-3'")
    tab.choose("#files", file)
    stage(tab, 0)
    tab.until("document.querySelector('.status .cancel')")
    tab.click(".status .cancel")
    tab.until("document.querySelector('.status').innerText.includes('Cancelled')")
    (job,) = tab.run("fetch('/api/jobs').then(r => r.json())")
    assert job["state"] == "cancelled" and job["stages"][0]["done"] and not job["stages"][1]["done"]


def test_names_and_labels_run_nothing(tab: Tab, tmp_path: Path) -> None:
    file = tmp_path / f"{EVIL}.xyz"
    file.write_text(
        f'2\nProperties=species:S:1:pos:R:3:label:S:1 name="{EVIL}"\nAg 0 0 0 <svg/onload=alert(3)>\nAg 0 0 2.8 <b>\n'
    )
    tab.run("window.alert = () => { document.title = 'owned'; }")
    for files in ([file], [file, file.with_name("b.xyz")], [file, file.with_name("b.xyz"), file.with_name("c.xyz")]):
        for other in files[1:]:
            other.write_text(SILVER)
        tab.run("delete document.querySelector('#structures').dataset.stage")
        tab.choose("#files", *files)
        stage(tab, 0)
        tab.until("!document.querySelector('.status').hasAttribute('aria-busy')")
        assert "<img src=x" in tab.text("#structures")
        assert tab.run("document.querySelectorAll('#structures img, #structures script, #structures b').length") == 0
    assert tab.run("document.title") != "owned"
    no_complaint(tab)


def test_the_atom_of_a_remark_is_marked(tab: Tab, tmp_path: Path) -> None:
    file = tmp_path / "bare.xyz"
    file.write_text("3\nProperties=species:S:1:pos:R:3:label:S:1\nAu 0 0 0 Au1\nS 0 0 2.3 S1\nAu 0 0 4.6 Au2\n")
    tab.choose("#files", file)
    stage(tab, 1)
    tab.click(".remarks .show")
    assert tab.run("document.querySelector('#view-0').dataset.marked") == "S1"
    tab.click(".seen .reset")
    assert tab.run("document.querySelector('#view-0').dataset.marked") == ""


def test_what_cannot_be_read_is_said_and_the_page_lives_on(tab: Tab, tmp_path: Path) -> None:
    bad, good = tmp_path / "bad.cif", tmp_path / "good.xyz"
    bad.write_text("no crystal")
    good.write_text(SILVER)
    tab.choose("#files", bad)
    tab.until("document.querySelector('.status .failed')")
    assert "bad.cif" in tab.text(".status")
    tab.choose("#files", good)
    stage(tab, 1)
    assert "2 Ag" in tab.text("#answer-0")


def test_several_files_make_a_table_that_is_sorted_filtered_and_opened(tab: Tab, tmp_path: Path) -> None:
    for k in range(9):
        (tmp_path / f"pair{k}.xyz").write_text(SILVER.replace("2.8", f"2.{70 + k}"))
    (tmp_path / "bad.cif").write_text("no crystal")
    tab.choose("#files", *sorted(tmp_path.glob("pair*.xyz")), tmp_path / "bad.cif")
    stage(tab, 0)
    rows = "[...document.querySelectorAll('#screened tbody tr')].map(r => r.cells[0].innerText)"
    assert len(tab.run(rows)) == 10 and "bad.cif" in tab.run(rows)
    tab.click("#screened th button")
    tab.click("#screened th button")
    assert tab.run(rows) == sorted(tab.run(rows), reverse=True)
    assert tab.run("document.querySelector('#screened th').getAttribute('aria-sort')") == "descending"
    tab.run(
        "(i => { i.value = 'pair3'; i.dispatchEvent(new Event('input')); })(document.querySelector('[type=search]'))"
    )
    assert tab.run(rows) == ["pair3.xyz"]
    tab.click("#screened .link")
    tab.until("document.querySelector('#structures .cluster')")


def test_formula_bench_and_runs_by_keyboard(tab: Tab) -> None:
    def press(key: str, text: str = "") -> None:
        for kind in ("keyDown", "keyUp"):
            tab.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, text=text if kind == "keyDown" else "")

    tab.run("document.querySelector('#tab-structures').focus()")
    press("ArrowRight")
    assert tab.run("document.activeElement.id") == "tab-formula"
    tab.run("document.querySelector('[name=formula]').focus()")
    tab.call("Input.insertText", text="[Au22(SG)18]0")
    press("Enter", "\r")
    tab.until("document.querySelector('#formula article')")
    assert "665 nm" in tab.text("#formula")

    table = "time (us),counts\n" + "\n".join(f"{t / 10},{int(1000 * 2 ** (-t / 20)) + 5}" for t in range(120))
    tab.click("#tab-bench")
    tab.run(f"document.querySelector('#pasted').value = {json.dumps(table)}")
    tab.click("#ask-bench button[type=submit]")
    tab.until("document.querySelector('#bench img.plot')?.complete")
    assert tab.run("document.querySelector('#bench img.plot').naturalWidth") > 100
    assert "tau" in tab.text("#bench")

    tab.click("#tab-runs")
    tab.until("document.querySelector('#runs').childElementCount || document.querySelector('[data-of=runs] .failed')")
    no_complaint(tab)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [400, 1400])
def test_nothing_is_wider_than_the_window_and_everything_has_a_name_and_contrast(
    tab: Tab, gold: Path, width: int, dark: bool
) -> None:
    tab.size(width, dark=dark)
    tab.choose("#files", gold)
    stage(tab, 1)
    for name in ("structures", "formula", "bench", "runs"):
        tab.click(f"#tab-{name}")
        assert tab.run("document.documentElement.scrollWidth") <= width
    tab.click("#tab-structures")
    unnamed = """[...document.querySelectorAll('input, select, textarea, button, a, [role=img]')].filter(e =>
        !(e.innerText || e.getAttribute('aria-label') || e.labels?.length || e.title)).map(e => e.outerHTML)"""
    assert tab.run(unnamed) == []
    assert tab.run(CONTRASTS) == []


CONTRASTS = """(() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const linear = (c) => c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const c = rgb(getComputedStyle(e).backgroundColor);
      if ((c[3] ?? 1) > 0.5) return c;
    }
    return [255, 255, 255];
  };
  const found = new Set();
  for (const e of document.querySelectorAll('#main *, header *, footer *')) {
    if (e.closest('svg, .view') || !e.offsetParent) continue;
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())) continue;
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(behind(e))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.add(`${e.tagName}.${e.className} ${ratio.toFixed(2)}`);
  }
  return [...found];
})()"""
"""Texts with less contrast than WCAG 2.1 AA asks for."""


def test_the_report_of_a_cluster_is_drawn_and_asks_nobody(browser: Browser, gold: Path, tmp_path: Path) -> None:
    page = tmp_path / "one.html"
    command = [sys.executable, "-m", "mlcluster", "inspect", str(gold), "--report", str(page)]
    subprocess.run(command, env=one_thread_environment(), check=True, capture_output=True)
    tab = browser.tab()
    before = len(browser.pipe.asked)
    for width in (1400, 400):
        tab.size(width)
        tab.call("Page.navigate", url=page.as_uri())
        tab.until("document.documentElement?.dataset.views")
        assert tab.run("document.documentElement.dataset.views") == "ready"
        assert "25 Au" in tab.text(".legend")
        assert tab.run("document.documentElement.scrollWidth") <= width
    assert {address.split(":")[0] for address in browser.pipe.asked[before:]} <= {"file", "blob", "data"}
    no_complaint(tab)
