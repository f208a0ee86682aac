"""The map in a real browser: points and structure are drawn, and a name from a file stays text.

Left out unless asked for with ``-m browser``.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mlcluster.prediction.rank import rank
from mlcluster.report.map_page import write_map
from tests.prediction.test_rank import screened
from tests.report.test_browser import chromium, load

pytestmark = pytest.mark.browser
__all__ = ["chromium"]

NAME = "<img src=x onerror=\"document.title='owned'\">"


def test_it_is_drawn_and_runs_nothing_from_a_name(chromium: str, tmp_path: Path) -> None:
    clusters = [
        {"name": f"{NAME} {k}", "family": NAME, "predictions": [("gap", "optical", gap, gap - 0.5, gap + 0.5)]}
        for k, gap in enumerate((1.0, 1.5, 2.0))
    ]
    directory = screened(tmp_path / "screen", clusters)
    page = write_map(rank(directory, "gap>1.4"), directory, tmp_path / "map.html", criteria=[f"gap > 1.4 {NAME}"])
    document, log = load(chromium, page.as_uri(), tmp_path, 1300)
    assert re.search(r"<title>3 clusters: gap &gt; 1.4 &lt;img", document)
    assert '<body data-map="ready">' in document and "Uncaught" not in log
