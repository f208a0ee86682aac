"""The report file: complete, closed in itself, safe."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from mlcluster.comparison.compare import compare_clusters
from mlcluster.data import model_structures
from mlcluster.report.html import write_comparison
from tests.prediction.test_predict import constant_ensemble


def page(tmp_path, name="plain", **options):
    models = model_structures()
    a = models["rod model [Au25(PH3)10(SH)5Cl2]2+"].replace(name=name)
    b = models["central-vacancy rod model [Au24(PH3)10(SH)5Cl2]+"]
    comparison = compare_clusters(a, b, constant_ensemble([1.0, 1.2]))
    return write_comparison(comparison, tmp_path / "r.html", **options).read_text(encoding="utf-8"), comparison


def test_it_loads_nothing_from_elsewhere_and_runs_nothing(tmp_path):
    text, _ = page(tmp_path)
    assert "<script" not in text
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!#)""", text)
    assert text.count("<svg") == 3


def test_names_from_files_are_escaped(tmp_path):
    text, _ = page(tmp_path, name="<script>alert('x')</script>&")
    assert "<script" not in text and "&lt;script&gt;" in text


def test_numbers_and_measurements_are_there(tmp_path):
    text, comparison = page(tmp_path, note="idealised", measured={"gap": [("E", 2.17)]})
    assert "not resolved" in text and "idealised" in text and "E measured" in text
    for row in comparison.structure:
        assert row["quantity"] in text
    assert comparison.model in text


def test_tags_are_balanced(tmp_path):
    class Balance(HTMLParser):
        open: list[str] = []

        def handle_starttag(self, tag, attrs):
            if tag not in {"meta", "br", "path", "use", "rect", "stop"}:
                self.open.append(tag)

        def handle_endtag(self, tag):
            if tag not in {"meta", "br", "path", "use", "rect", "stop"}:
                assert self.open.pop() == tag

    text, _ = page(tmp_path)
    reader = Balance()
    reader.feed(text)
    assert reader.open == []
