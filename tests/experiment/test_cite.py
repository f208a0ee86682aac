"""What is owed for a prediction follows from the record of the model that made it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mlcluster.cli.main import app
from mlcluster.errors import InputError
from mlcluster.experiment.cite import cite
from mlcluster.experiment.references import OF_METHODS, Reference, reference_of
from mlcluster.labels.literature import touchstones
from mlcluster.labels.methods import METHODS
from mlcluster.model import load_ensemble
from mlcluster.model.formula import load_formula_model
from mlcluster.resources import bundled_model_dir

STRUCTURE = load_ensemble(bundled_model_dir()).short_hash
FORMULA = load_formula_model(bundled_model_dir("formula")).short_hash


def row(model: str, target: str, method: str) -> dict[str, object]:
    return {"file": "a.cif", "target": target, "method": method, "value": 1.0, "model": model}


def keys(result: dict, role: str) -> set[str]:
    return {each["key"] for each in result["citations"] if each["role"] == role}


def test_only_what_the_predictions_rest_on(tmp_path: Path) -> None:
    rows = [row(STRUCTURE, "gap", "gfn1-xtb"), {"file": "b.cif", "error": "no atoms."}]
    (tmp_path / "p.json").write_text(json.dumps(rows), encoding="utf-8")
    found = cite(tmp_path / "p.json")
    assert found["models"] == [STRUCTURE]
    assert {"schuett2021painn", "grimme2017gfn1"} <= keys(found, "method")
    assert "perdew1996pbe" not in keys(found, "method") and "data-gfn1_models" in keys(found, "data")
    assert not any(key.startswith("measurement") for key in keys(found, "data"))


def test_measurements_are_owed_to_those_who_measured(tmp_path: Path) -> None:
    table = tmp_path / "p.csv"
    table.write_text(f"file,target,method,value,model\na,quantum_yield,measured,0.1,{FORMULA}\n", encoding="utf-8")
    found = cite(table)
    measured = [each for each in found["citations"] if each["why"].startswith("measured")]
    assert len(measured) > 20 and all("quantum_yield" in each["why"] for each in measured)
    assert "schuett2021painn" not in keys(found, "method")
    # Measurements that nothing was trained on are not owed for a prediction.
    dois = {record.source for name in ("E", "S") for record in touchstones()[name]}
    assert not dois & {each["doi"] for each in measured}


def test_both_levels_without_a_file() -> None:
    found = cite()
    assert found["models"] == [STRUCTURE, FORMULA]
    assert len({each["key"] for each in found["citations"]}) == len(found["citations"])
    for each in found["citations"]:
        assert each["bibtex"].startswith(f"@misc{{{each['key']},") and each["bibtex"].count("{") == each[
            "bibtex"
        ].count("}")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (json.dumps([row("0" * 12, "gap", "gfn1-xtb")]), "not known here.*--model"),
        (json.dumps([{"file": "a.cif"}]), "does not hold predictions"),
        (json.dumps([{"file": "a.cif", "error": "no atoms."}]), "there is no prediction"),
        ("[", "cannot read the predictions"),
    ],
)
def test_other_tables_are_refused(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "p.json").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        cite(tmp_path / "p.json")


def test_references_are_whole() -> None:
    for method, works in OF_METHODS.items():
        assert method in METHODS
        for work in works:
            assert work.authors and work.year and re.fullmatch(r"10\.\d{4,9}/\S+", work.doi)
    odd = Reference(key="x", title="Gold & silver: 100% of a_b")
    assert r"Gold \& silver: 100\% of a\_b" in odd.bibtex
    assert reference_of("10.1039/c5sc02134k", "y").text == "https://doi.org/10.1039/c5sc02134k"


def test_command_prints_lists_and_bibtex(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text(json.dumps([row(STRUCTURE, "gap", "gfn1-xtb")]), encoding="utf-8")
    shown = CliRunner().invoke(app, ["cite", str(tmp_path / "p.json")])
    assert shown.exit_code == 0 and "Equivariant message passing" in shown.stdout
    entries = CliRunner().invoke(app, ["cite", str(tmp_path / "p.json"), "--bibtex"]).stdout
    assert entries.count("@misc{") == len(cite(tmp_path / "p.json")["citations"])
    wrong = CliRunner().invoke(app, ["cite", str(tmp_path / "absent.csv")])
    assert wrong.exit_code == 2 and "no such file" in wrong.output
