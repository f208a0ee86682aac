"""What the two papers state, found again on stand-ins with the published counts; the documented commands run."""

from __future__ import annotations

import json
import re

import pytest
from typer.testing import CliRunner

from mlcluster.cli.main import app
from tests.comparison import papers
from tests.photophysics.worked_page import differences, without_commands


def test_the_page_holds_what_is_computed():
    page = papers.FILE.read_text(encoding="utf-8")
    assert differences(without_commands(page), papers.markdown(commands=False)) == []


def test_every_number_that_does_not_need_the_crystal_is_met():
    rows = {row.quantity: row for row in (*papers.isomer_rows(), *papers.defect_rows())}
    for name in ("m/z of the intact ion", "m/z of the dication, less Cl-"):
        assert float(rows[name].ours) == pytest.approx(float(rows[name].published), abs=0.1)
    for name in ("k_r of Au21 and Au22 (1/s)", "k_nr of Au21 and Au22 (1/s)"):
        ours, published = ([float(x) for x in text.split(" and ")] for text in (rows[name].ours, rows[name].published))
        assert ours == pytest.approx(published, rel=2e-3)
    assert rows["kernel"].ours == "Au17 and Au18"
    assert rows["staples"].ours == "4 Au(SR)2 and 4 Au(SR)2"
    assert rows["phosphines"].ours == "3 PPh2py and 4 PPh2py"
    assert "B has one Au and one PPh2py more, at the vertex next to" in papers.defect_rows()[5].ours
    assert "5 on 2, 1 on 4 (E); 4 on 2, 2 on 3 (S)" in {row.ours for row in papers.isomer_rows()}


@pytest.mark.parametrize(
    ("pair", "arguments", "relation"),
    [
        (
            papers.gold_pair,
            # Without --records: with methyl in place of adamantyl the stand-ins are other clusters.
            "--as defect --charge 1 --charge-b 2",
            "defect",
        ),
        (
            papers.es_pair,
            "--as isomer --charge 1 --records Au13Ag12_PPh3_10_Cl8_E Au13Ag12_PPh3_10_Cl8_S",
            "isomer",
        ),
    ],
    ids=["Au21 and Au22", "E and S"],
)
def test_the_documented_command_runs_on_the_stand_ins(pair, arguments, relation, tmp_path):
    files = []
    for name, cluster in zip(("a.cif", "b.cif"), pair(), strict=True):
        files.append(str(tmp_path / name))
        (tmp_path / name).write_text(cluster.replace(charge=None).to_cif(), encoding="utf-8")
    report = tmp_path / "pair.html"
    done = CliRunner().invoke(app, ["compare", *files, *arguments.split(), "--report", str(report), "--json"])
    assert done.exit_code == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["relation"] == relation
    assert not any("structures alone say" in sentence for sentence in result["sentences"])
    charges = {row["quantity"]: (row["a"], row["b"]) for row in result["structure"]}["charge"]
    assert charges == ((1, 2) if relation == "defect" else (1, 1))
    if relation == "isomer":
        assert not any(row["resolved"] for row in result["properties"]), "no model here can tell E from S"
        (measured,) = result["measured_differences"]
        assert measured["difference"] == pytest.approx(1.72 - 2.17)
    else:
        named = ["--records", "Au21_SAdm12_PPh2py3", "Au22_SAdm12_PPh2py4"]
        refused = CliRunner().invoke(app, ["compare", *files, *arguments.split(), *named])
        assert refused.exit_code == 2 and "of another cluster" in refused.stderr
        rates = {row["target"] for row in result["properties"]}
        assert {"radiative_rate", "nonradiative_rate"} <= rates
    text = report.read_text(encoding="utf-8")
    assert ("Measured, from the literature table" in text) == (relation == "isomer")


def test_the_example_of_the_guide_runs(capsys):
    guide = papers.FILE.with_name("comparison.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```python\n(.*?)```", guide, flags=re.DOTALL)
    exec(compile(block, "comparison.md", "exec"), {})
    assert "A has one Au more" in capsys.readouterr().out
