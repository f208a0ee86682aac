"""The page of one cluster: what it says, what it escapes, and that it needs nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import mlcluster
from mlcluster.cli.main import app
from mlcluster.report.cluster_sheet import sheet_of, sheet_page
from mlcluster.report.plain_words import best_rows, plain_words

EVIL = "<script>alert(1)</script>"
PAIR = f"""2
Properties=species:S:1:pos:R:3:label:S:1 charge=0 name="{EVIL}"
Ag 0 0 0 <b>1
Ag 0 0 2.8 <b>2
"""


def sheet(file: Path, **options: Any) -> dict[str, Any]:
    (inspected,) = mlcluster.inspect(file, **options)
    rows = mlcluster.predict(file, level="network", **options)
    return sheet_of(inspected, rows, mlcluster.read(file, **options), pictures=True, estimate=True)


def test_what_the_sheet_of_a_crystal_holds(shared_data: Path) -> None:
    found = sheet(shared_data / "cod" / "1540567.cif", charge=-1)
    (cluster,) = found["clusters"]
    assert cluster["title"] == "[Au25(PET)18]\N{MINUS SIGN}"
    assert cluster["sentences"][0].startswith("349 atoms with 25 Au, held by 18 2-phenylethanethiolate.")
    assert "8 valence electrons" in cluster["sentences"][0]
    assert any("960 nm" in sentence for sentence in cluster["sentences"])
    assert 1 < cluster["seconds"] < 30
    assert [one["name"] for one in found["downloads"]][2:] == ["1540567_capped.xyz", "1540567_predictions.csv"]
    scene = found["scenes"][0]["clusters"][0]
    assert sum(scene["metal"]) == 25 and len(scene["core"]) == 25 + 18
    assert "sentences" not in found["downloads"][-1]["text"].splitlines()[0]


def test_atoms_that_a_remark_names_are_found(tmp_path: Path) -> None:
    file = tmp_path / "bare.xyz"
    file.write_text("3\nProperties=species:S:1:pos:R:3:label:S:1\nAu 0 0 0 Au1\nS 0 0 2.3 S1\nAu 0 0 4.6 Au2\n")
    found = sheet(file)
    named = [entry for entry in found["report"] if entry["site"]]
    assert named
    for entry in named:
        labels = mlcluster.read(file)[0].cluster.labels
        assert [labels[atom] for _, atom in entry["atoms"]] == [entry["site"]]


def test_nothing_of_a_file_becomes_markup(tmp_path: Path) -> None:
    file = tmp_path / "evil<img src=x onerror=alert(2)>.xyz"
    file.write_text(PAIR)
    page = sheet_page([sheet(file)], failed=[{"file": "x", "error": EVIL}])
    assert "<script>alert" not in page and "<img" not in page and "<b>1" not in page
    assert "&lt;script&gt;alert" in page
    scene = re.search(r'id="scenes">(.*?)</script>', page, re.S)
    assert scene is not None and json.loads(scene[1])[0]["clusters"][0]["labels"] == ["<b>1", "<b>2"]


def test_a_page_needs_nothing_else_and_has_a_still_picture(tmp_path: Path) -> None:
    file = tmp_path / "pair.xyz"
    file.write_text(PAIR)
    page = sheet_page([sheet(file)])
    assert "default-src 'none'" in page and "<svg" in page
    assert not re.search(r'\b(?:src|href)="(?!#)', re.sub(r"<(svg|script).*?</\1>", "", page, flags=re.S))


def test_the_better_level_answers_and_what_tells_nothing_does_not() -> None:
    row = {"target": "gap", "method": "optical", "unit": "eV", "value": 1.0, "lower": 0.5, "upper": 1.5, "level": 0.9}
    row |= {"applicability": "inside", "reasons": [], "basis": "formula", "kind": "predicted"}
    rows = [row | {"informative": False, "value": 3.0}, row, row | {"value": 2.0}, row | {"kind": "measured"}]
    assert [one["value"] for one in best_rows(rows)] == [1.0]
    facts = {"elements": {"Au": 2}, "n_atoms": 2, "charge": None, "formula": "Au2"}
    told = plain_words(facts, [], rows, [{"code": "charge_assumed_zero"}])
    assert told[0] == "2 atoms with 2 Au." and "gap (optical) 1.00 eV (0.50 to 1.50)" in told[2] and "0 was" in told[3]
    answered = [{**row, "sentences": ["x.cif: Au2.", "Measured: nothing.", "Next: mlcluster known Au2"]}]
    assert plain_words(facts, [], answered)[1:] == ["Measured: nothing."]


@pytest.mark.parametrize("verb", ["predict", "inspect"])
def test_the_verbs_write_the_page_and_name_what_failed(verb: str, tmp_path: Path) -> None:
    good, bad, page = tmp_path / "pair.xyz", tmp_path / "bad.cif", tmp_path / "page.html"
    good.write_text(PAIR)
    bad.write_text("no crystal")
    done = CliRunner().invoke(app, [verb, str(good), str(bad), "--report", str(page), "--json"])
    assert done.exit_code == 1, done.output
    text = page.read_text(encoding="utf-8")
    assert "<h1>pair.xyz</h1>" in text and "bad.cif" in text
    assert ("from the</th>" in text) == (verb == "predict")


def test_a_page_that_cannot_be_written_is_refused_first(tmp_path: Path) -> None:
    good = tmp_path / "pair.xyz"
    good.write_text(PAIR)
    for args in (["inspect", str(good)], ["predict", str(good)]):
        done = CliRunner().invoke(app, [*args, "--report", str(tmp_path / "no" / "page.html")])
        assert done.exit_code == 2 and "no such directory" in done.output
    done = CliRunner().invoke(app, ["predict", "--formula", "[Au25(PET)18]-", "--report", str(tmp_path / "page.html")])
    assert done.exit_code == 2


def test_serve_refuses_an_open_door() -> None:
    done = CliRunner().invoke(app, ["serve", "--host", "0.0.0.0"])
    assert done.exit_code == 2 and "--token" in done.output
