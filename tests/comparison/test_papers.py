"""What the two papers state, found again on stand-ins with the published counts; the documented commands run."""

from __future__ import annotations

import json
import re

import pytest
from typer.testing import CliRunner

from mlcluster.cli.main import app
from mlcluster.comparison.comparison_answer import measured_sentence
from mlcluster.comparison.measured import record_values
from mlcluster.labels.literature import clusters
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
    assert not any("structures alone say" in sentence for sentence in result["details"])
    chemical, resolved, known, *_, last = result["sentences"]
    assert chemical.startswith(f"{relation.capitalize()}, from A (a.cif) to B (b.cif): ")
    assert "No predicted difference is resolved" in resolved and "no better than the average" in resolved
    assert last.startswith("Next: mlcluster compare ")
    charges = {row["quantity"]: (row["a"], row["b"]) for row in result["structure"]}["charge"]
    assert charges == ((1, 2) if relation == "defect" else (1, 1))
    if relation == "isomer":
        assert not any(row["resolved"] for row in result["properties"]), "no model here can tell E from S"
        assert "turned against each other by 36.0 degrees" in chemical
        assert known.endswith("gap (optical) 2.17 -> 1.72 eV.")
        (measured,) = result["measured_differences"]
        assert measured["difference"] == pytest.approx(1.72 - 2.17)
    else:
        named = ["--records", "Au21_SAdm12_PPh2py3", "Au22_SAdm12_PPh2py4"]
        refused = CliRunner().invoke(app, ["compare", *files, *arguments.split(), *named])
        assert refused.exit_code == 2 and "of another cluster" in refused.stderr
        assert "B has 1 Au and 1 PPh2py more" in chemical
        assert known == "Nothing measured on either is in the literature table."
        # Yield and lifetime are predicted no better than by the mean: no rate follows from them.
        assert {row["target"] for row in result["properties"]} & {"radiative_rate", "nonradiative_rate"} == set()
    text = report.read_text(encoding="utf-8")
    assert ("Measured, from the literature table" in text) == (relation == "isomer")


def test_what_is_measured_on_the_gold_pair_in_one_sentence():
    """The stand-ins have methyl in place of adamantyl, so that the records are named here instead of found."""
    sides = {"a": "Au21_SAdm12_PPh2py3", "b": "Au22_SAdm12_PPh2py4"}
    values = [v for side, name in sides.items() for v in record_values(side, clusters()[name], "stated")]
    assert measured_sentence(values) == (
        "Measured (A Au21_SAdm12_PPh2py3, B Au22_SAdm12_PPh2py4): emission 715 -> 730 nm, quantum yield 13 -> 48 %, "
        "lifetime 2.65 -> 3.82 us, k_r x 2.5, k_nr / 2.4."
    )


def test_the_example_of_the_guide_runs(capsys):
    guide = papers.FILE.with_name("comparison.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```python\n(.*?)```", guide, flags=re.DOTALL)
    exec(compile(block, "comparison.md", "exec"), {})
    assert "A has one Au more" in capsys.readouterr().out
