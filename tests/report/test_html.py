"""The report file: complete, closed in itself, safe."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from mlcluster.comparison.compare import compare_clusters
from mlcluster.comparison.measured import MeasuredValue
from mlcluster.data import model_structures
from mlcluster.report.caveats import viewer_version
from mlcluster.report.comparison_page import write_comparison
from mlcluster.report.page import asset
from tests.prediction.test_predict import constant_ensemble

EVIL = "<script>alert('x')</script></script>&"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    models = model_structures()
    a = models["rod model [Au25(PH3)10(SH)5Cl2]2+"].replace(name=EVIL)
    b = models["central-vacancy rod model [Au24(PH3)10(SH)5Cl2]+"]
    comparison = compare_clusters(a, b, constant_ensemble([1.0, 1.2]))
    # What a crystal of the isomers would bring along: the models are other clusters, which no record may name.
    shared = {"target": "gap", "method": "optical", "unit": "eV", "bound": None, "medium": "CH2Cl2"}
    measured = tuple(
        MeasuredValue(
            side=side,
            record=f"Au13Ag12_PPh3_10_Cl8_{name}",
            match="stated",
            value=gap,
            source="10.1038/s41467-020-19789-4",
            **shared,
        )
        for side, name, gap in (("a", "E", 2.17), ("b", "S", 1.72))
    )
    comparison = replace(comparison, measured=measured)
    path = write_comparison(comparison, tmp_path_factory.mktemp("report") / "r.html", note="idealised")
    return path.read_text(encoding="utf-8"), comparison


def script(text, identifier):
    return re.search(rf'<script type="[^"]+" id="{identifier}">(.*?)</script>', text, re.S).group(1)


def test_it_loads_nothing_from_elsewhere(written):
    text, _ = written
    outside = re.sub(r"<script.*?</script>", "", text, flags=re.S)
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!#)""", outside)
    assert "default-src 'none'" in text
    assert not re.search(r"<script[^>]*\bsrc\b", text)
    assert len(text) < 600_000


def test_names_from_files_are_escaped_everywhere(written):
    text, _ = written
    assert "alert(" in text and EVIL not in text
    assert "&lt;script&gt;alert" in text
    # Four scripts are ours: two of data, the viewer, the code.
    assert text.count("<script") == text.count("</script") == 4


def test_the_viewer_is_the_file_of_its_package(written):
    packed = base64.b64decode(script(written[0], "library"))
    assert gzip.decompress(packed).decode() == asset("3Dmol-min.js")
    assert "BSD-3-Clause" in asset("3Dmol-LICENSE.txt")
    assert re.fullmatch(r"\d+\.\d+\.\d+", viewer_version())


def test_numbers_and_measurements_are_there(written):
    text, comparison = written
    assert "not resolved" in text and "idealised" in text
    for row in comparison.structure:
        assert row["quantity"] in text
    assert comparison.model in text and "2.17" in text and "10.1038/s41467-020-19789-4" in text
    targets = {p.target for p in (*comparison.predictions_a, *comparison.predictions_b)}
    assert text.count("<svg") == 2 + len(targets) + 2


def test_tables_hold_their_rows_in_full_precision(written):
    text, comparison = written
    tables = json.loads(script(text, "tables"))
    by_name = {table["name"]: list(csv.DictReader(io.StringIO(table["csv"]))) for table in tables.values()}
    rows = by_name["r_properties.csv"]
    assert [float(row["lower"]) for row in rows] == [row.lower for row in comparison.properties]
    shares = by_name["r_contributions.csv"]
    total = sum(float(row["difference"]) for row in shares)
    (gap,) = [row for row in comparison.properties if row.basis == "network"]
    assert total == pytest.approx(gap.difference, abs=1e-6)
    assert set(tables) == set(re.findall(r'data-table="(\w+)"', text))


def test_the_scene_has_every_atom_with_its_part_and_share(written):
    text, comparison = written
    scene = json.loads(script(text, "scene"))
    for drawn, cluster in zip(scene["clusters"], (comparison.a, comparison.b), strict=True):
        n = len(cluster)
        assert len(drawn["elements"]) == len(drawn["parts"]) == len(drawn["bonds"]) == n and len(drawn["xyz"]) == 3 * n
        assert len(drawn["atoms"]["gap:gfn1-xtb"]) == n
    assert scene["clusters"][0]["alone"] == comparison.match.only_a.tolist()
    assert set(scene["shares"]["gap:gfn1-xtb"]) <= set(scene["parts"])


def test_tags_are_balanced(written):
    single = {"meta", "br", "path", "use", "rect", "stop", "input"}

    class Balance(HTMLParser):
        open: list[str] = []

        def handle_starttag(self, tag, attrs):
            if tag not in single:
                self.open.append(tag)

        def handle_endtag(self, tag):
            if tag not in single:
                assert self.open.pop() == tag

    reader = Balance()
    reader.feed(written[0])
    assert reader.open == []


def test_colours_of_a_page_follow_its_scheme(written):
    text, _ = written
    charts = "".join(re.findall(r'<div class="chart">(.*?)</div>', text, re.S))
    assert "currentColor" in charts and "var(--paper" in charts and "var(--side-a" in charts
    assert not re.search(r": #(?:000000|222222|ffffff)\b", charts)
    assert "prefers-color-scheme: dark" in text
