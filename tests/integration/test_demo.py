"""The demo end to end, with a training so short that it learns nothing: every file, number and caveat is there."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from mlcluster.experiment.demo import HELD_OUT, demo

SHORT = ("data.subset=40", "fit.epochs=1", "ensemble.members=2", "model.n_features=8", "model.n_layers=1")


@pytest.fixture(scope="module")
def shown(tmp_path_factory) -> tuple[dict, str, Path]:
    folder = tmp_path_factory.mktemp("demo")
    stream = io.StringIO()
    summary = demo(folder, Console(file=stream, width=160), settings=SHORT)
    return summary, " ".join(stream.getvalue().split()), folder


def test_four_clusters_are_written_read_and_predicted(shown):
    summary, _, folder = shown
    assert sorted(p.name for p in (folder / "structures").iterdir()) == [
        "Au12_ring_model.cif",
        "Au12_stacked_rings_model.cif",
        "Au24_rod_model.cif",
        "Au25_rod_model.cif",
        "E_isomer_model.cif",
        "S_isomer_model.cif",
    ]
    from_structure = [row for row in summary["predictions"] if row["basis"] == "network"]
    assert [row["formula"] for row in from_structure] == [
        "Ag12Au13Cl8H30P10",
        "Ag12Au13Cl8H30P10",
        "Au25Cl2H35P10S5",
        "Au24Cl2H35P10S5",
    ]
    assert all(row["lower"] <= row["value"] <= row["upper"] for row in summary["predictions"])


def test_the_family_of_the_compared_pairs_is_held_out(shown):
    summary, _, folder = shown
    (splits,) = (folder / ".mlcluster").rglob("splits.json")
    content = json.loads(splits.read_text())
    held = {name for name, jobs in content.items() for job in jobs for name in job["test"]}
    assert held
    (predictions,) = (folder / ".mlcluster").rglob("predictions/test.parquet")
    assert set(pd.read_parquet(predictions)["family"]) == set(HELD_OUT)
    fitted = {entry for jobs in content.values() for job in jobs for entry in (*job["train"], *job["validation"])}
    assert not fitted & held


def test_scores_stand_beside_the_baselines(shown):
    summary, text, _ = shown
    arms = {key.split("/")[2] for key in summary["metrics"] if key.startswith("test/")}
    assert {"mean", "network"} < arms and any("ridge" in arm for arm in arms)
    words = " ".join(text.split())
    assert "mean over rank" in words and "covered" in words, "the table of scores, its headings in two lines"


def test_pairs_are_compared_and_reported(shown):
    summary, text, _ = shown
    assert summary["comparisons"]["isomers"]["relation"] == "isomer"
    assert summary["comparisons"]["vacancy"]["relation"] == "defect"
    for path in (*summary["reports"].values(), summary["parity"]):
        assert Path(path).stat().st_size > 1000
        assert Path(path).name in text
    assert Path(summary["tracking"].removeprefix("sqlite:///")).is_file()


def test_it_says_what_it_is_not(shown):
    _, text, _ = shown
    assert "idealised models" in text
    assert "2.17 eV" in text and "1.72 eV" in text and "part of no training" in text


def test_a_calculation_tells_two_isomers_apart_and_says_that_it_does_not_the_measured_pair(shown):
    summary, text, _ = shown
    rings = summary["comparisons"]["rings"]
    assert rings["relation"] == "isomer"
    gaps = {row["method"]: row for row in rings["properties"] if row["basis"] == "calculation"}
    row = gaps["dft-ausr-sch3"]
    assert row["resolved"] and row["interval"] == "paired" and row["a"] > row["b"] + 0.5
    assert "one ring (A)" in text and "E and S are not told apart" in text
