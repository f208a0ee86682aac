"""What notebooks show: in a frame that needs nothing else, and nothing of a name becomes markup."""

from __future__ import annotations

import dataclasses
import html
import json
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import mlcluster
from mlcluster.comparison.compare import Comparison, compare_clusters
from mlcluster.data import model_structures
from mlcluster.display import Shown
from mlcluster.prediction.prediction import PredictedRows
from mlcluster.report.notebook import VIEWS
from mlcluster.structure.cluster import Cluster
from tests.prediction.test_predict import constant_ensemble

EVIL = '"><script>alert(1)</script><img src=x>'


@cache
def pair() -> Comparison:
    models = model_structures()
    a, b = (models[f"{k} isomer model [Au13Ag12(PH3)10Cl8]+"] for k in "ES")
    return compare_clusters(a.replace(name=EVIL), b, constant_ensemble([1.0, 1.2]))


def page_in(markup: str) -> str:
    """The page that a frame holds; the frame is all there is."""
    found = re.fullmatch(r'<iframe title="[^"<]*" srcdoc="([^"<]*)" sandbox="([a-z -]*)"[^<>]*></iframe>', markup)
    assert found is not None
    assert "allow-same-origin" not in found[2]
    return html.unescape(found[1])


def addresses(page: str) -> list[str]:
    """Whatever a page would load, the text of scripts and pictures aside."""
    return re.findall(r'\b(?:src|href)="(?!#)[^"]*"', re.sub(r"<(svg|script).*?</\1>", "", page, flags=re.S))


def test_a_cluster_is_a_page_with_a_view_words_and_anatomy() -> None:
    cluster = model_structures()["model [Au13(PH3)10Cl2]3+"]
    page = page_in(cluster._repr_html_())
    assert "Au<sub>13</sub>" in page and 'data-view="0"' in page and "8 valence electrons" in page
    assert "default-src 'none'" in page and addresses(page) == []
    assert "Predicted" not in page and "predictions as CSV" not in page
    scene = json.loads(re.search(r'id="scenes">(.*?)</script>', page, re.S)[1])  # type: ignore[index]
    assert len(scene[0]["clusters"][0]["elements"]) == len(cluster)


@pytest.mark.parametrize("symbols", [[79], [6, 8]], ids=["one atom", "no metal"])
def test_whatever_can_be_a_cluster_is_shown(symbols: list[int]) -> None:
    positions = np.arange(len(symbols))[:, None] * [0.0, 0.0, 1.2]
    cluster = Cluster(numbers=np.array(symbols), positions=positions, name=EVIL)
    markup = cluster._repr_html_()
    assert "<script" not in markup
    page = page_in(markup)
    assert "<script>alert" not in page and "<img" not in page and "&lt;script&gt;alert" in page


def test_a_comparison_is_its_report() -> None:
    page = page_in(pair()._repr_html_())
    assert "<script>alert" not in page and "<img" not in page and "&lt;script&gt;alert" in page
    assert all(said in html.unescape(re.sub(r"<[^>]*>", "", page)) or EVIL in said for said in pair().sentences)
    assert addresses(page) == [] and 'id="library"' in page


def test_a_prediction_is_a_table_of_one_row() -> None:
    prediction = dataclasses.replace(pair().predictions_a[0], formula=EVIL, applicability=EVIL)
    markup = prediction._repr_html_()
    assert markup.count("<tr>") == 2 and "90% interval" in markup and "&lt;script&gt;" in markup
    assert "<script" not in markup and "<img" not in markup and "style" not in markup


def test_rows_are_shown_cluster_by_cluster_with_what_failed(tmp_path: Path) -> None:
    cluster = model_structures()["model Au11(PH3)7Cl3"]
    for name in ("a.xyz", "b.xyz"):
        (tmp_path / name).write_text(cluster.to_xyz())
    (tmp_path / "c.xyz").write_text("none")
    rows = mlcluster.predict(tmp_path, level="network")
    assert isinstance(rows, PredictedRows) and isinstance(rows, list) and rows == list(rows)
    markup = rows._repr_html_()
    assert markup.count("<table>") == 2 and rows[0]["sentences"][0].split(":")[0] in markup
    assert "c.xyz" in markup and addresses(markup) == []


def test_everything_that_is_shown_has_a_view() -> None:
    assert {kind.__name__ for kind in Shown.__subclasses__()} == set(VIEWS)
