"""Folders of structures: what counts as one, in which order, and that every verb agrees."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import mlcluster
from mlcluster.cli.main import app
from mlcluster.data.compute.structure_sets import entries
from mlcluster.design.frameworks import build
from mlcluster.errors import InputError
from mlcluster.prediction.screening.items import files_of
from mlcluster.structure.folders import files_within, structure_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two clusters, one of them further down, a file that is no structure inside, and all that a folder may hold."""
    (tmp_path / "deep").mkdir()
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "b.cif").write_text(build("m3-phosphine").to_cif())
    (tmp_path / "deep" / "a.xyz").write_text(build("m4-phosphine").to_xyz())
    (tmp_path / "c.cif").write_text("data_nothing\n")
    (tmp_path / ".hidden" / "d.cif").write_text(build("m3-phosphine").to_cif())
    for name in ("design.json", "screen.json", "notes.txt", "deep/design.json"):
        (tmp_path / name).write_text('{"candidates": []}')
    return tmp_path


def test_structures_of_a_folder_all_the_way_down(folder: Path) -> None:
    names = [str(path.relative_to(folder)) for path in structure_files(folder)]
    assert names == ["b.cif", "c.cif", "deep/a.xyz"]
    assert files_of(folder) == structure_files(folder) == files_within([folder])
    assert files_within(["x.cif", folder / "b.cif", 3]) == ["x.cif", folder / "b.cif", 3]


def test_more_endings_only_where_they_are_asked_for(folder: Path) -> None:
    (folder / "set.PARQUET").write_bytes(b"PAR1")
    assert folder / "set.PARQUET" in files_of(folder)
    assert folder / "set.PARQUET" not in structure_files(folder)


def test_an_empty_folder_and_an_absent_one_are_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no structure files"):
        mlcluster.inspect(tmp_path)
    with pytest.raises(InputError, match="no such file or folder"):
        structure_files(tmp_path / "absent")


def test_a_calculation_passes_over_the_records_of_other_verbs(folder: Path) -> None:
    found = entries(folder)
    assert [entry.name for entry in found if entry.error is None] == ["b", "Au4(PH3)4"]
    assert [entry.name for entry in found if entry.error is not None] == ["c.cif"]


@pytest.mark.parametrize("verb", [["inspect"], ["predict", "--level", "formula"]])
def test_a_folder_is_its_files_and_a_bad_one_costs_no_other(folder: Path, verb: list[str]) -> None:
    whole = CliRunner().invoke(app, [*verb, str(folder), "--json"])
    each = CliRunner().invoke(app, [*verb, *map(str, structure_files(folder)), "--json"])
    assert whole.exit_code == each.exit_code == 1
    assert json.loads(whole.stdout) == json.loads(each.stdout)
    rows = json.loads(whole.stdout)
    assert list(dict.fromkeys(Path(row["file"]).name for row in rows)) == ["b.cif", "c.cif", "a.xyz"]
    assert [Path(row["file"]).name for row in rows if "error" in row] == ["c.cif"]
    assert whole.stderr.count("c.cif") == 1
