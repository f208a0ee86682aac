"""The verb that writes capped models of a crystal."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

import mlcluster
from mlcluster.cli.main import app
from tests.electronic.test_capping import bridged


def test_the_verb_writes_the_model(tmp_path: Path) -> None:
    source, out = tmp_path / "bare.xyz", tmp_path / "capped.xyz"
    source.write_text(bridged(2).replace(charge=1).to_xyz())
    done = CliRunner().invoke(
        app, ["design", "cap", str(source), "--out", str(out), "--declare", "S:thiolate", "--json"]
    )
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    assert result["done"] == {"S -> HS": 1}
    written = mlcluster.read(out)[0].cluster
    assert (written.formula, written.charge) == ("Au2HS", 1)


def test_the_verb_lists_the_model_as_the_other_design_verbs_do(tmp_path: Path) -> None:
    source, out = tmp_path / "bare.xyz", tmp_path / "models"
    source.write_text(bridged(2).replace(charge=1).to_xyz())
    words = ["design", "cap", str(source), "--out", str(out), "--format", "cif", "--json"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    assert (result["count_enumerated"], result["count_distinct"]) == (1, 1)
    (candidate,) = result["candidates"]
    assert {"file", "edits", "formula", "charge", "valence_electrons"} <= set(candidate)
    assert candidate["edits"] == ["cap S -> HS x1"]
    assert mlcluster.read(candidate["file"])[0].cluster.formula == candidate["formula"] == "Au2HS"
    assert json.loads((out / "design.json").read_text())["candidates"] == [candidate]
    again = CliRunner().invoke(app, words)
    assert again.exit_code == 2 and "holds candidates already" in again.output
    assert mlcluster.design.cap(source, tmp_path / "one.xyz")["candidates"][0]["formula"] == "Au2HS"
