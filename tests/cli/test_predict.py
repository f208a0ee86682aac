from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import mlcluster
from mlcluster.cli.main import app
from tests.comparison import papers

KEYS = {"file", "cluster", "formula", "target", "method", "value", "unit", "lower", "upper", "level", "applicability"}


def _run(*arguments: str):
    return CliRunner().invoke(app, ["predict", *arguments])


def test_json_has_the_keys_of_every_prediction_and_the_basis():
    done = _run("--formula", "[Au22(SG)18]0", "--formula", "[Au25(PET)18]-", "--json")

    rows = [row for row in json.loads(done.stdout) if row.get("kind") != "measured"]
    assert done.exit_code == 0
    assert [row["formula"] for row in rows[::4]] == ["[Au22(SG)18]0", "[Au25(PET)18]-"]
    assert all(row.keys() >= KEYS | {"reasons", "model", "basis"} for row in rows)
    assert {row["basis"] for row in rows} == {"formula"}
    assert {row["quantity"] for row in rows} >= {"emission, predicted from the formula"}


def test_what_is_measured_stands_above_and_no_prediction_is_called_measured():
    rows = json.loads(_run("--formula", "[Au22(SG)18]0", "--json").stdout)
    measured = [row for row in rows if row.get("kind") == "measured"]
    assert rows[: len(measured)] == measured and all(row.keys() >= KEYS for row in rows)
    values = {row["target"]: row["value"] for row in measured if not row["flags"]}
    assert values == {"emission": 665, "quantum_yield": pytest.approx(0.08)}

    table = _run("--formula", "[Au22(SG)18]0").stdout
    answer, block = table.split("\nMeasured\n")
    block, predicted = block.split("\nPredicted for")
    assert answer.startswith("[Au22(SG)18]0") and "Next: mlcluster predict" in answer
    assert all("665 nm" in told and "8 %" in told for told in (answer, block))
    assert answer.index("665 nm") < answer.index("From the formula")
    assert "measured" not in predicted


def test_a_yield_that_no_model_knows_is_no_number():
    rows = json.loads(_run("--formula", "[Au22(SG)18]0", "--json").stdout)
    told = {row["target"]: row["informative"] for row in rows if row["kind"] == "predicted"}
    assert told["emission"] is True and told["quantum_yield"] is False and told["lifetime"] is False
    answer = " ".join(rows[0]["sentences"])
    assert "Quantum yield: no better than the average of known clusters: 0.0" in answer
    assert "Lifetime: no better than the average of known clusters: unknown within" in answer
    assert not any("sentences" in row for row in rows[1:])


def test_the_table_says_that_isomers_are_not_told_apart():
    done = _run("--formula", "[Au13Ag12(PPh3)10Cl8]+", "--verbose")

    assert done.exit_code == 0
    assert "emission" in done.stdout and "not told apart" in done.stdout


def test_one_formula_that_cannot_be_read_leaves_the_others():
    done = _run("--formula", "[Au22(PPh4)18]", "--formula", "[Au22(SG)18]0", "--json")

    rows = json.loads(done.stdout)
    assert done.exit_code == 1
    assert "Did you mean PPh3" in rows[0]["error"]
    assert sum(row.get("kind") != "measured" for row in rows) == 5
    assert done.stderr.count("unknown ligand") == 1 and "[Au22(PPh4)18]" in done.stderr


def test_conditions_charge_and_table(tmp_path: Path):
    out = tmp_path / "rows.csv"
    done = _run(
        "--formula", "Cu6(mtt)6", "--charge", "0", "--medium", "crystal", "--temperature", "77", "--out", str(out)
    )

    assert done.exit_code == 0
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    rows = [row for row in rows if row["kind"] != "measured"]
    assert not any("charge" in row["reasons"] for row in rows)
    plain = json.loads(_run("--formula", "[Cu6(mtt)6]0", "--json").stdout)
    plain = [row for row in plain if row.get("kind") != "measured"]
    emission = [row["value"] for row in plain if row["target"] == "emission"][0]
    assert float(next(row["value"] for row in rows if row["target"] == "emission")) != emission


def test_own_measurements_stand_beside_predictions_as_the_users_own(tmp_path: Path):
    given, own = tmp_path / "new.csv", tmp_path / "own"
    header = "measurement_id,cluster_id,formula,charge,qy_fraction,medium,doi"
    row = "u1,mine,[Au22(SAdm)12(PPh2py)4]2+,2,0.45,CH2Cl2,10.1000/own"
    given.write_text(f"{header}\n{row}\n", encoding="utf-8")
    added = CliRunner().invoke(app, ["data", "add", str(given), "--to", str(own)])
    assert added.exit_code == 0 and "a system that judges this package" in " ".join(added.stdout.split())

    formula = "[Au22(SAdm)12(PPh2py)4]2+"
    rows = json.loads(_run("--formula", formula, "--own", str(own), "--json").stdout)
    (mine,) = [row for row in rows if row["basis"] == "yours"]
    assert mine["kind"] == "measured" and mine["value"] == pytest.approx(0.45) and mine["record"] == "mine"
    shown = _run("--formula", formula, "--own", str(own)).stdout
    assert "mine, your own quantum yield 45 %" in " ".join(shown.split()) and "your own measurement" in shown

    cluster = papers.gold_pair()[1]
    file = tmp_path / "gold.cif"
    file.write_text(cluster.replace(charge=None).to_cif(), encoding="utf-8")
    inspected = CliRunner().invoke(app, ["inspect", str(file), "--charge", "2", "--own", str(own), "--json"])
    (found,) = json.loads(inspected.stdout)
    assert inspected.exit_code == 0 and found["measured"] == [], "the stand-in has methyl in place of adamantyl"
    assert CliRunner().invoke(app, ["inspect", str(file), "--own", str(tmp_path)]).exit_code == 2


def test_nothing_to_predict_and_a_model_of_another_kind_are_mistakes_of_the_command(tmp_path: Path):
    assert _run().exit_code == 2
    done = _run("--formula", "[Au22(SG)18]0", "--model", str(tmp_path))
    assert done.exit_code == 2 and "no formula model there" in done.stderr


def test_contributions_are_asked_for_and_shown(files: list[str], calls: list[dict], monkeypatch: pytest.MonkeyPatch):
    assert _run(files[0]).exit_code == 0 and calls[-1]["contributions"] is False
    shares = {
        "parts": {"kernel metal": 0.4, "ligand donor": -0.1},
        "global_terms": {"method_offset": 1.0},
        "unit": "eV",
    }
    plain = mlcluster.predict
    monkeypatch.setitem(
        vars(mlcluster), "predict", lambda given, **_: [row | {"contributions": shares} for row in plain(given)]
    )

    table = _run(files[0], "--contributions").stdout

    assert "kernel metal" in table and "-0.1000" in table and "method offset" in table


def test_beside_files_the_charge_is_theirs(files: list[str], calls: list[dict]):
    done = _run(files[0], "--charge", "1", "--formula", "[Au22(SG)18]0", "--json")

    assert done.exit_code == 0 and calls[-1]["charge"] == 1
    assert {row["file"] for row in json.loads(done.stdout)} == {files[0], ""}


@pytest.mark.parametrize("nonsense", ["", "hello world", "crystal.cif"])
def test_nonsense_in_place_of_a_formula_is_told_what_a_formula_is(nonsense: str):
    done = _run("--formula", nonsense)
    assert done.exit_code == 1 and done.stdout.strip() == ""
    assert "None" not in done.stderr and "as in [Au25(SR)18]-" in done.stderr
    assert done.stderr.startswith(nonsense)
