"""A comparison in the dark scheme of the system, in a real browser.

Left out unless asked for with ``-m browser``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.report.test_browser import chromium, report
from tests.web.chromium_session import chromium_session
from tests.web.test_browser import CONTRASTS

pytestmark = pytest.mark.browser
__all__ = ["chromium", "report"]

GROUND = "getComputedStyle(document.body).backgroundColor"
CHART = "getComputedStyle(document.querySelector('.chart text')).fill"


def test_a_comparison_is_dark_where_the_system_is(chromium: str, report: Path, tmp_path: Path) -> None:
    with chromium_session(chromium, tmp_path) as browser:
        for dark, ground, ink in (
            (False, "rgb(255, 255, 255)", "rgb(29, 33, 37)"),
            (True, "rgb(20, 24, 29)", "rgb(228, 232, 236)"),
        ):
            tab = browser.tab()
            tab.size(1200, dark=dark)
            tab.call("Page.navigate", url=report.as_uri())
            tab.until("document.documentElement?.dataset.views === 'ready'")
            assert tab.run(GROUND) == ground and tab.run(CHART) == ink
            assert tab.run(CONTRASTS.replace("#main *, header *, footer *", "body *")) == []
