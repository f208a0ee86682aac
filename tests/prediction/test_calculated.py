"""Rows of the calculation level in `predict` and `compare`: which come first, and what stands where there are none."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from mlcluster.cli.main import app
from mlcluster.comparison.compare import compare_clusters
from mlcluster.errors import ConfigError
from mlcluster.levels.network import Ensemble
from mlcluster.prediction.calculated import ASKED_SECONDS, AUTO_SECONDS, LevelChoice
from mlcluster.prediction.predict import open_model, predict, predict_each
from mlcluster.prediction.prediction_sentences import answer
from mlcluster.prediction.screen import screen
from mlcluster.prediction.screening.screen_table import read_screen
from mlcluster.resources import bundled_model_dir
from mlcluster.structure.cluster import Cluster

AUTO = LevelChoice("auto")


@pytest.fixture(scope="module")
def ensemble() -> Ensemble:
    return open_model(None)


def ring(bend: float = 0.0, charge: int | None = 0) -> Cluster:
    """Ring of four Au and four SH; bent, every other sulfur leaves the plane."""
    turns = 2 * np.pi * np.arange(8) / 8
    flat = np.stack([np.cos(turns), np.sin(turns), 0 * turns], axis=1) * 3.2
    flat[1::4, 2] -= bend
    hydrogen = flat[1::2] * [1.12, 1.12, 1.0] + [0, 0, 1.29]
    return Cluster(
        numbers=[79, 16] * 4 + [1] * 4, positions=np.concatenate([flat, hydrogen]), charge=charge, name="ring"
    )


@pytest.fixture
def ring_file(tmp_path: Path) -> Path:
    path, cluster = tmp_path / "ring.xyz", ring()
    atoms = [f"{s} {x} {y} {z}" for s, (x, y, z) in zip(["Au", "S"] * 4 + ["H"] * 4, cluster.positions, strict=True)]
    path.write_text("\n".join(["12", "ring", *atoms]) + "\n")
    return path


def test_calculated_rows_come_first_and_the_others_stay(ensemble: Ensemble) -> None:
    (rows,) = predict_each([ring()], ensemble, level=AUTO)
    (plain,) = predict_each([ring()], ensemble)
    gaps = [row for row in rows if row.target == "gap"]
    assert [row.basis for row in gaps][:3] == ["calculation"] * 3
    widths = [row.upper - row.lower for row in gaps if row.basis == "calculation"]
    assert widths == sorted(widths)
    assert [row for row in rows if row.basis != "calculation"] == plain
    assert all(row.kind == "predicted" and not row.not_calculated for row in rows)


def test_where_there_is_no_calculation_the_network_answers_and_says_why(ensemble: Ensemble) -> None:
    (rows,) = predict_each([ring(charge=None)], ensemble, level=AUTO)
    gaps = [row for row in rows if row.target == "gap"]
    assert gaps and all("charge" in row.not_calculated for row in gaps)
    assert not any(row.not_calculated for row in rows if row.target == "emission")
    (slow,) = predict_each([ring()], ensemble, level=LevelChoice("auto", 1e-6))
    assert "too large to calculate" in slow[0].to_dict()["not_calculated"]
    assert "not_calculated" not in predict_each([ring()], ensemble)[0][0].to_dict()


def test_a_crystal_says_why_its_intervals_are_wider_than_those_of_its_capped_file(ensemble: Ensemble) -> None:
    whole = ring()
    carbons = whole.positions[-4:] * [1.0, 1.0, 1.2]
    outer = carbons * [1.3, 1.3, 1.2]
    alkyl = Cluster(
        numbers=[79, 16] * 4 + [6] * 8,
        positions=np.concatenate([whole.positions[:8], carbons, outer]),
        charge=0,
        name="alkyl ring",
    )
    (real,), (cut,) = (predict_each([each], ensemble, level=AUTO) for each in (alkyl, whole))
    by_method = {row.method: row for row in cut if row.basis == "calculation"}
    calculated = [row for row in real if row.basis == "calculation"]
    assert calculated and all(row.ligands_cut and row.to_dict()["ligands_cut"] for row in calculated)
    ionization = next(row for row in calculated if row.target == "ionization_energy")
    capped_file = by_method[ionization.method]
    assert ionization.upper - ionization.lower > capped_file.upper - capped_file.lower
    assert "ligands_cut" not in capped_file.to_dict()
    said = [answer([row.to_dict() for row in rows]) for rows in (real, cut)]
    assert [sum("wider than those of the capped file" in sentence for sentence in each) for each in said] == [1, 0]
    assert "narrower intervals" in bundled_card_text()


def bundled_card_text() -> str:
    return (bundled_model_dir("calculation") / "MODEL_CARD.md").read_text(encoding="utf-8")


def test_the_formula_alone(ensemble: Ensemble) -> None:
    (rows,) = predict_each([ring()], ensemble, level=LevelChoice("formula"))
    assert {row.basis for row in rows} == {"formula"}


def test_what_is_unsaid(monkeypatch: pytest.MonkeyPatch) -> None:
    assert LevelChoice.of() == LevelChoice("network", AUTO_SECONDS)
    monkeypatch.delenv("MLCLUSTER_LEVEL")
    assert LevelChoice.of() == LevelChoice("auto", AUTO_SECONDS)
    assert LevelChoice.of("calculation") == LevelChoice("calculation", ASKED_SECONDS)
    assert LevelChoice.of("auto", 5).max_seconds == 5
    with pytest.raises(ConfigError, match="no such level"):
        LevelChoice.of("dft")
    with pytest.raises(ConfigError, match="needs time"):
        LevelChoice.of("auto", 0.0)


def test_two_isomers_are_told_apart_by_their_calculated_gap(ensemble: Ensemble) -> None:
    found = compare_clusters(ring(), ring(bend=1.2), ensemble, relation="isomer", level=AUTO)
    row = next(row for row in found.properties if row.method == "dft-ausr-sch3" and row.target == "gap")
    assert (row.basis, row.interval) == ("calculation", "paired")
    assert row.difference != 0
    larger = "B" if row.difference > 0 else "A"
    assert any(f"predicted from a calculation: {larger} has the larger one" in sentence for sentence in found.details)
    # Rings of four atoms are far from what the line has seen, and the interval says so.
    assert row.upper - row.lower > 1.0
    other = compare_clusters(ring(), ring(bend=1.2), ensemble, relation="related", level=AUTO)
    assert {row.interval for row in other.properties if row.basis == "calculation"} == {"independent"}


def test_the_command_line_takes_the_level(ring_file: Path) -> None:
    asked = ["predict", str(ring_file), "--charge", "0", "--json", "--level"]
    calculated = json.loads(CliRunner().invoke(app, [*asked, "calculation"]).stdout)
    assert calculated[0]["basis"] == "calculation"
    network = json.loads(CliRunner().invoke(app, [*asked, "network"]).stdout)
    assert network == predict(ring_file, charge=0, level="network")
    assert {row["basis"] for row in network} == {"network", "formula"}
    short = json.loads(CliRunner().invoke(app, [*asked, "auto", "--max-seconds", "60"]).stdout)
    assert short == calculated


def test_a_screen_calculates_only_where_it_is_told_to(tmp_path: Path) -> None:
    for level, expected in (("network", False), ("calculation", True)):
        place = tmp_path / level
        counts = screen([ring()], place, level=level, processes=1)
        assert counts["predicted"] == 1
        rows = read_screen(place, ["basis", "kind"]).to_pylist()
        assert any(row["basis"] == "calculation" for row in rows) is expected
        assert {row["kind"] for row in rows} == {"predicted"}
    with pytest.raises(ConfigError, match="made otherwise"):
        screen([ring()], tmp_path / "network", level="calculation", processes=1)
