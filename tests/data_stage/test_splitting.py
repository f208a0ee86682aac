from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from mlcluster.cli.data_sets import app
from mlcluster.data.split_files import read_split
from mlcluster.data.splitters import KINDS, make_split
from mlcluster.errors import ConfigError, DataError


@pytest.fixture(scope="module")
def items(entry):
    return [entry(f"{family}{k}", family, atoms=3 + k) for family in "ABCDE" for k in range(4)]


def test_every_kind_can_be_named(loaded) -> None:
    complexes = loaded("mbe_tmc")
    with pytest.warns(UserWarning, match="leaks"):
        assert [make_split(complexes, kind).kind for kind in KINDS] == list(KINDS)
    assert len(make_split(complexes, "official", test=["ligand_test"]).test) == 254
    by_key = make_split(complexes, test=["Fe(O6)"])
    assert {item.family for item in complexes if item.entry in set(by_key.test)} == {"Fe(O6)"}
    united = next(item for item in complexes if item.key != item.family)
    assert united.entry in make_split(complexes, test=[united.key]).test


def test_what_makes_no_sense_is_refused(items) -> None:
    with pytest.raises(ConfigError, match="family, size, official, random"):
        make_split(items, "scaffold")
    with pytest.raises(ConfigError, match="size: this kind of split takes no such names. Found: A"):
        make_split(items, "size", test=["A"])
    with pytest.raises(DataError, match="no such family"):
        make_split(items, test=["F"])


def test_the_command_splits_and_reports(prepared, prepared_dir, loaded, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("MLCLUSTER_DATA_DIR", str(prepared_dir))
    prepared("ausr"), prepared("cod")
    out = tmp_path / "split.json"
    done = CliRunner().invoke(app, ["split", "ausr", "cod", "--test", "M25X18", "--out", str(out), "--json"])
    assert done.exit_code == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["test"], result["families"]["test"], result["leaks"]) == (2, ["M25X18"], False)
    assert result["train"] + result["validation"] + result["test"] == 68
    assert json.loads(out.read_text())["sources"] == {"ausr": 67, "cod": 1}
    text = CliRunner().invoke(app, ["split", "ausr", "--kind", "random", "--out", str(out)]).stdout
    assert "families on both sides" in text and f"written to {out}" in text
    assert read_split(out, loaded("ausr")).kind == "random"
    assert CliRunner().invoke(app, ["split", "ausr", "--kind", "scaffold"]).exit_code == 2
