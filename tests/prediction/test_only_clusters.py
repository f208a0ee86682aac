"""What is no metal cluster is an error of every verb that predicts, with its reason, and costs no other."""

from __future__ import annotations

from pathlib import Path

import pytest

import mlcluster
from mlcluster.design.frameworks import build
from mlcluster.errors import StructureError
from mlcluster.prediction.screening.screen_table import read_screen
from tests.prediction.test_predict import constant_ensemble

WATER = "3\ncharge=0\nO 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n"
PLATINUM = "3\ncharge=0\nPt 0 0 0\nCl 2.3 0 0\nCl -2.3 0 0\n"


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    for name, text in (("water", WATER), ("complex", PLATINUM), ("cluster", build("m3-phosphine").to_xyz())):
        (tmp_path / f"{name}.xyz").write_text(text)
    return [tmp_path / f"{name}.xyz" for name in ("water", "complex", "cluster")]


def test_predict_says_why_and_goes_on(files: list[Path]) -> None:
    rows = mlcluster.predict(files, level="network")
    water, platinum = (row["error"] for row in rows[:2])
    assert water.startswith(f"{files[0]}: this is no metal cluster")
    assert "Found: H2O with no metal atom. Expected: at least two metal atoms in contact or bridged." in water
    assert "one metal atom (Pt)" in platinum
    assert rows[2:] and all(row["file"] == str(files[2]) and "error" not in row for row in rows[2:])


def test_a_model_of_your_own_answers_what_it_is_asked(files: list[Path]) -> None:
    rows = mlcluster.predict(files[:2], model=constant_ensemble([1.0, 1.2]), level="network")
    assert {row["file"] for row in rows if row["target"] == "gap"} == {str(file) for file in files[:2]}


def test_compare_refuses_it(files: list[Path]) -> None:
    with pytest.raises(StructureError, match="no metal cluster"):
        mlcluster.compare(files[0], files[2], level="network")


def test_compare_says_so_of_one_atom_too(files: list[Path], tmp_path: Path) -> None:
    (tmp_path / "atom.xyz").write_text("1\ncharge=0\nAu 0 0 0\n")
    with pytest.raises(StructureError, match=r"one metal atom \(Au\)"):
        mlcluster.compare(tmp_path / "atom.xyz", files[2], level="network")


def test_screen_lists_it_among_the_failed(files: list[Path], tmp_path: Path) -> None:
    result = mlcluster.screen(files, tmp_path / "out", processes=1)
    assert (result["predicted"], result["failed"]) == (1, 2)
    errors = [row["error"] for row in read_screen(tmp_path / "out", ["error"]).to_pylist() if row["error"]]
    assert len(errors) == 2 and all("no metal cluster" in error for error in errors)


def test_screen_says_of_one_atom_what_predict_says(files: list[Path], tmp_path: Path) -> None:
    (tmp_path / "atom.xyz").write_text("1\ncharge=0\nAu 0 0 0\n")
    mlcluster.screen(tmp_path / "atom.xyz", tmp_path / "out", processes=1)
    (screened,) = read_screen(tmp_path / "out", ["error"]).to_pylist()
    (predicted,) = mlcluster.predict(tmp_path / "atom.xyz", level="network")
    assert screened["error"] == predicted["error"] and "one metal atom (Au)" in predicted["error"]


def test_a_frame_without_a_graph_costs_no_other_frame(files: list[Path], tmp_path: Path) -> None:
    (tmp_path / "two.xyz").write_text("1\ncharge=0\nAu 0 0 0\n" + files[2].read_text())
    rows = mlcluster.predict(tmp_path / "two.xyz", model=constant_ensemble([1.0, 1.2]), level="network")
    assert ["no neighbour" in row["error"] for row in rows if "error" in row] == [True]
    assert any("value" in row for row in rows)


def test_inspect_describes_it_and_says_so(files: list[Path]) -> None:
    (row,) = mlcluster.inspect(files[0])
    (cluster,) = row["clusters"]
    assert cluster["no_cluster"] == "no metal atom"
    assert cluster["sentences"] == [
        "water (H2O) is no metal cluster: it holds no metal atom. Nothing is predicted of it."
    ]
