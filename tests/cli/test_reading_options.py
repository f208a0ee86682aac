"""Options of reading on the command line: blocks, declared ligands, the largest file, and tables with bad rows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mlcluster.cli.main import app
from mlcluster.cli.options import MOST_BYTES
from mlcluster.errors import ConfigError
from mlcluster.experiment.question import MOST_ARMS, read_experiment
from mlcluster.structure.files import MAX_BYTES
from tests.structure.made_cif import cif

BARE = "5\ncharge=0\nAu 0 0 0\nS 0 0 2.3\nAu 0 0 4.6\nS 2.3 0 6\nAu 4 0 5\n"


def ran(*arguments: object) -> tuple[int, list, str]:
    done = CliRunner().invoke(app, [str(word) for word in arguments] + ["--json"])
    return done.exit_code, json.loads(done.stdout) if done.stdout else [], done.stderr


def test_one_bad_block_is_listed_and_a_block_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "two.cif"
    path.write_text(cif(name="first") + cif(name="second").replace("_cell_length_b 16.0", "_cell_length_b ?"))
    code, rows, said = ran("inspect", path)
    assert code == 1 and [cluster["formula"] for cluster in rows[0]["clusters"]] == ["Au4H12P4"]
    assert "data_second" in rows[1]["error"] and "data_second" in said
    code, rows, _ = ran("inspect", path, "--block", "first")
    assert code == 0 and len(rows) == 1
    code, rows, said = ran("inspect", path, "--block", "second")
    assert code == 1 and "cell is missing" in said


def test_a_ligand_is_declared(tmp_path: Path) -> None:
    path = tmp_path / "bare.xyz"
    path.write_text(BARE)
    codes = [entry["code"] for entry in ran("inspect", path)[1][0]["report"]]
    declared = ran("inspect", path, "--declare", "S:thiolate")[1][0]
    assert "bare_sulfur" in codes and "bare_sulfur" not in [entry["code"] for entry in declared["report"]]
    assert {ligand["name"] for ligand in declared["clusters"][0]["ligands"]} == {"thiolate, not specified"}
    code, _, said = ran("inspect", path, "--declare", "S:thiol")
    assert code == 2 and "S:thiolate" in said and "fault" not in said


def test_the_largest_file_is_an_option(tmp_path: Path) -> None:
    path = tmp_path / "bare.xyz"
    path.write_text(BARE)
    assert MOST_BYTES == MAX_BYTES
    code, _, said = ran("inspect", path, "--max-bytes", 20)
    assert code == 1 and "too large" in said


def test_a_bad_row_of_a_manifest_is_a_failed_row(tmp_path: Path) -> None:
    (tmp_path / "a.xyz").write_text(BARE)
    table = tmp_path / "list.csv"
    table.write_text("file,charge,multiplicity\na.xyz,0,\na.xyz,1,5,2\na.xyz,1e12,\n/dev/zero,,\na.xyz,1,\n")
    code, rows, said = ran("inspect", "--manifest", table)
    assert code == 1 and sum("clusters" in row for row in rows) == 2
    assert "line 3: a row does not fit the header" in said and "line 4, charge" in said and "device" in said


def test_a_grid_of_millions_is_counted_not_built(tmp_path: Path) -> None:
    values = ", ".join(map(str, range(10)))
    grid = "".join(f"  model.key_{k}: [{values}]\n" for k in range(12))
    (tmp_path / "experiment.yaml").write_text(f"question: all of it?\nconfig: gap.yaml\ngrid:\n{grid}")
    with pytest.raises(ConfigError, match=f"1000000000000 arms.*at most {MOST_ARMS}"):
        read_experiment(tmp_path)
