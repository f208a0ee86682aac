"""``mlcluster design`` as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import mlcluster
from mlcluster.cli.main import app
from mlcluster.design.frameworks import build

VERBS = ["substitute", "vacancy", "fill", "swap", "twist", "run"]


def design(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["design", *map(str, words)])


@pytest.fixture
def rod(tmp_path: Path) -> Path:
    path = tmp_path / "rod.cif"
    path.write_text(build("rod-eclipsed").to_cif())
    return path


def test_substitution_as_json(rod: Path, tmp_path: Path) -> None:
    out = tmp_path / "pd"
    done = design("substitute", rod, "--to", "Pd", "-k", "1-2", "--out", out, "--json")
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    assert (result["parent"], result["count_enumerated"], result["count_distinct"]) == ("rod", 325, 37)
    assert len(result["candidates"]) == 37
    assert (result["parent_file"], len(result["parent_sha256"])) == (str(rod), 64)
    first = result["candidates"][0]
    assert {"file", "edits", "formula", "charge", "valence_electrons"} <= set(first)
    assert (first["charge"], first["valence_electrons"], first["open_shell"]) == (0, 16, False)
    read = mlcluster.read(first["file"])[0].cluster
    assert (read.charge, read.source.parent, read.source.edits) == (0, "rod", first["edits"][0])


def test_a_chain_brings_the_parent_back(rod: Path, tmp_path: Path) -> None:
    words = ["--of", "Au", "--then", "fill metal=Au ligand=PH3 cap=6", "--format", "cif"]
    done = design("vacancy", rod, *words, "--out", tmp_path / "x")
    assert done.exit_code == 0, done.output
    (made,) = (tmp_path / "x").glob("*.cif")
    assert mlcluster.read(made)[0].cluster.formula == build("rod-eclipsed").formula
    assert "vacancy Au3" in done.stdout


def test_open_shells_are_named(tmp_path: Path) -> None:
    done = design("substitute", "m13-phosphine", "--to", "Pd", "--keep", "charge", "--out", tmp_path / "x")
    assert done.exit_code == 0
    assert "open shell" in done.stdout
    assert "2 of them open-shell" in " ".join(done.stdout.split())


def test_every_verb_makes_something(tmp_path: Path) -> None:
    calls = {
        "vacancy": ["--k", "2", "--limit", "3"],
        "fill": ["--metal", "Ag", "--ligand", "PH3"],
        "swap": ["--to", "Br", "-k", "1-2", "--format", "packed"],
        "twist": ["--degrees", "6,12", "--mirror-images", "apart"],
    }
    for verb, words in calls.items():
        done = design(verb, "rod-eclipsed", *words, "--out", tmp_path / verb, "--json")
        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout)["candidates"]
        assert list((tmp_path / verb).glob("*xyz"))


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["substitute", "rod-eclipsd", "--to", "Ag"], "Did you mean rod-eclipsed?"),
        (["substitute", "rod-eclipsed", "--to", "Agg"], "Did you mean Ag?"),
        (["vacancy", "m25-thiolate"], "nothing to vacate"),
        (["twist", "m25-thiolate", "--degrees", "6"], "no rod to twist"),
        (["swap", "rod-eclipsed", "--to", "PPh2pz"], "Did you mean PPh2py?"),
        (["substitute", "rod-eclipsed", "--to", "Ag", "--then", "twst degrees=6"], "Did you mean twist?"),
        (["run", "nowhere.yaml"], "no such file"),
    ],
)
def test_a_wrong_command_says_so_once(words: list[str], complaint: str, tmp_path: Path) -> None:
    done = design(*words, "--out", tmp_path / "x")
    assert done.exit_code == 2
    assert complaint in done.stderr
    assert "Traceback" not in done.output


def test_a_recipe(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("sets: [{name: one, parent: m13-phosphine, steps: [substitute: {to: Pd, k: 2}]}]\n")
    done = design("run", recipe, "--out", tmp_path / "x", "--json")
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    assert result["candidates"] == 4
    assert result["sets"][0]["count_distinct"] == 4
    assert "one" in design("run", recipe, "--out", tmp_path / "y").stdout


@pytest.mark.parametrize("verb", VERBS)
def test_help(verb: str) -> None:
    done = design(verb, "--help")
    assert done.exit_code == 0
    assert "--debug" in done.stdout
