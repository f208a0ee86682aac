"""The verbs of the bench: what they print, their JSON, plots, tables, and results that are kept."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

import mlcluster
from mlcluster.cli.main import app
from tests.photophysics.simulated import EXAMPLES

ROW = {"name", "value", "unit", "lower", "upper", "level", "determined"}


def run(*args: str) -> Result:
    return CliRunner().invoke(app, [str(arg) for arg in args])


FITS = [
    ["linewidth", "linewidth_second.csv", "--modes", "one"],
    ["decay", "decay_au21.csv", "--components", "1"],
    ["conversion", "conversion.csv"],
    ["equilibrium", "equilibrium.csv", "--reaction", "S -> E", "--cold", "E"],
    ["gap", "absorption_s.csv"],
]


@pytest.mark.parametrize("fit", FITS, ids=[fit[0] for fit in FITS])
def test_a_fit_prints_words_first_and_no_wide_line_and_the_json_of_the_contract(fit: list[str], tmp_path: Path) -> None:
    verb, file, *options = fit
    plot, out = tmp_path / "f.svg", tmp_path / "f.csv"
    plain = run("fit", verb, EXAMPLES / file, *options, "--plot", plot, "--out", out)
    assert plain.exit_code == 0, plain.stderr
    lines = plain.stdout.splitlines()
    assert lines[0][0].isalpha() or lines[0][0].isdigit()
    assert max(map(len, lines)) <= 80
    assert any(line.startswith("parameter") for line in lines)
    assert plot.read_text(encoding="utf-8").startswith("<?xml")
    with out.open(encoding="utf-8") as stream:
        assert len(list(csv.reader(stream))) > 3
    document = json.loads(run("fit", verb, EXAMPLES / file, *options, "--json").stdout)
    assert {"parameters", "statistics", "sentences"} <= set(document)
    assert all(ROW <= set(row) for row in document["parameters"])
    assert all((row["value"] is None) == (not row["determined"]) for row in document["parameters"])
    assert "covariance" in document["statistics"]


def test_transient_writes_its_spectra(tmp_path: Path) -> None:
    out, plot = tmp_path / "s.csv", tmp_path / "s.png"
    done = run("fit", "transient", EXAMPLES / "transient.csv", "--components", "2", "--out", out, "--plot", plot)
    assert done.exit_code == 0, done.stderr
    assert "longer than the window" in " ".join(done.stdout.split())
    header, *rows = out.read_text(encoding="utf-8").splitlines()
    assert header.startswith("wavelength (nm),DAS")
    assert len(rows) == 13
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_a_scan_needs_mass_and_rate() -> None:
    scan = ["fit", "equilibrium", EXAMPLES / "calorimetry.csv"]
    done = run(*scan, "--peak", "345:380")
    assert done.exit_code == 2
    assert "no mass_mg" in done.stderr and "heating_rate" in done.stderr
    whole = [*scan, "--peak", "345:380", "--mass", "5", "--heating-rate", "10", "--formula", "[Au13Ag12(PPh3)10Cl8]+"]
    row = json.loads(run(*whole, "--json").stdout)["parameters"][0]
    assert row["value"] == pytest.approx(0.0576 / 0.005 * 6761.46 / 1000, rel=0.03)


def test_python_has_the_same_verbs() -> None:
    t = np.linspace(0, 10, 100)
    document = mlcluster.fit.decay({"time": t, "intensity": np.exp(-t / 2)}, components=1, background=False)
    assert document["parameters"][1]["value"] == pytest.approx(2.0, rel=1e-4)
    assert mlcluster.esi(formula="[Au25(PET)18]-")["ions"][0]["charge"] == -1
    assert len(mlcluster.rates([(0.1, None)], [(1.0, None)])["parameters"]) == 2


def test_esi_and_rates_print_and_answer_in_json() -> None:
    done = run("esi", "--mz", "3362.56", "--formula", "[Au13Ag12(PPh3)10Cl8]+", "--changes", "1")
    assert done.exit_code == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    keys = {"formula", "charge", "average_mz", "monoisotopic_mz", "apex_mz", "observed_mz", "ppm"}
    document = json.loads(run("esi", "--formula", "[Au13Ag12(PPh3)10Cl8]+", "--json").stdout)
    assert all(keys <= set(row) for row in document["ions"])
    rates = run("rates", "--quantum-yield", "13.1%+-0.5", "--lifetime", "2.65+-0.05", "--json")
    k_r = json.loads(rates.stdout)["parameters"][0]
    assert k_r["value"] == pytest.approx(4.94e4, rel=1e-3)
    assert k_r["lower"] < k_r["value"] < k_r["upper"]


def test_a_result_is_kept_as_a_measurement(tmp_path: Path) -> None:
    own = ["--add", tmp_path / "own", "--as", "mine", "--of", "[Au25(PET)18]-", "--medium", "toluene"]
    gap = run("fit", "gap", EXAMPLES / "absorption_s.csv", *own)
    assert gap.exit_code == 0, gap.stderr
    decay = run("fit", "decay", EXAMPLES / "decay_au21.csv", "--components", "1", *own)
    assert decay.exit_code == 0, decay.stderr
    rates = run("rates", "--quantum-yield", "0.1", "--lifetime", "1.5", *own)
    assert rates.exit_code == 0, rates.stderr
    with (tmp_path / "own" / "measurements.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["measurement_id"] for row in rows] == ["mine-gap-1", "mine-decay-1", "mine-rates-1"]
    assert float(rows[0]["gap_ev"]) == pytest.approx(1.72, abs=0.02)
    assert rows[0]["gap_method"] == "optical"
    assert float(rows[1]["lifetime_us"]) == pytest.approx(2.65, rel=0.02)
    assert "90% interval" in rows[1]["reference"] and "one exponential" in rows[1]["reference"]
    assert float(rows[2]["qy_fraction"]) == 0.1
    assert len((tmp_path / "own" / "bench_results.jsonl").read_text().splitlines()) == 3
    line = run("fit", "linewidth", EXAMPLES / "linewidth_second.csv", "--modes", "one", *own)
    assert line.exit_code == 0, line.stderr
    assert len((tmp_path / "own" / "bench_results.jsonl").read_text().splitlines()) == 4


def test_a_touchstone_is_kept_with_its_flag(tmp_path: Path) -> None:
    own = ["--add", tmp_path, "--as", "Au21", "--of", "[Au21(SAdm)12(PPh2py)3]+"]
    assert run("fit", "decay", EXAMPLES / "decay_au21.csv", "--components", "1", *own).exit_code == 0
    with (tmp_path / "measurements.csv").open(encoding="utf-8") as stream:
        assert next(csv.DictReader(stream))["flags"] == "TOUCHSTONE"


def test_what_is_not_determined_is_not_kept(tmp_path: Path) -> None:
    table = tmp_path / "short.csv"
    t = np.linspace(0, 1, 60)
    y = np.exp(-t / 50) + np.random.default_rng(6).normal(0, 0.05, len(t))
    table.write_text("time (us),intensity\n" + "".join(f"{a:.5f},{b:.5f}\n" for a, b in zip(t, y, strict=True)))
    own = ["--add", tmp_path / "own", "--as", "mine", "--of", "[Au25(PET)18]-"]
    done = run("fit", "decay", table, "--components", "1", *own)
    assert done.exit_code == 2
    assert "do not determine" in done.stderr
    assert not (tmp_path / "own").exists()


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["fit", "decay", "{table}"], "line 3, column counts: not a number"),
        (["fit", "gap", "{spectrum}", "--window", "2"], "LOW:HIGH"),
        (["fit", "gap", "{spectrum}", "--window", "2:1"], "smaller one"),
        (["fit", "gap", "{spectrum}", "--plot", "x.pdf"], "SVG or PNG"),
        (["fit", "gap", "{spectrum}", "--add", "own"], "--as ID"),
        (["fit", "transient", "{matrix}", "--lifetimes", "a,b"], "list of numbers"),
        (["rates", "--quantum-yield", "0.1"], "lifetime"),
        (["rates", "--quantum-yield", "x", "--lifetime", "1"], "not a number"),
        (["rates", "--quantum-yield", "0.1", "--lifetime", "2.65+-2%"], "in microseconds"),
        (["rates", "--quantum-yield", "0.131+-1%", "--lifetime", "1"], "of what is the error"),
        (["rates", "--quantum-yield", "47", "--lifetime", "1"], "a fraction"),
        (["esi"], "unknown cluster needs"),
    ],
)
def test_faults_are_one_message(args: list[str], message: str, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("time (us),counts\n0,5\n1,x\n")
    places = {"table": table, "spectrum": EXAMPLES / "absorption_s.csv", "matrix": EXAMPLES / "transient.csv"}
    done = run(*(arg.format(**places) for arg in args))
    assert done.exit_code == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
