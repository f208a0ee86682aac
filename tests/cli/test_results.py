"""What the verbs print and where, and with which code they end."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from mlcluster.cli.main import app
from mlcluster.report.json_document import to_json

Calls = list[dict[str, Any]]


def run(*args: str) -> Result:
    return CliRunner().invoke(app, list(args))


@pytest.mark.parametrize("verb", ["inspect", "predict"])
def test_json_stands_alone_on_standard_output(verb: str, files: list[str], calls: Calls) -> None:
    result = run(verb, files[0], files[2], "--json")
    assert result.exit_code == 0
    assert [row["file"] for row in json.loads(result.stdout)] == [files[0], files[2]]
    assert "noise" in result.stderr


@pytest.mark.parametrize("verb", ["inspect", "predict"])
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_one_bad_file_does_not_stop_the_others(verb: str, form: list[str], files: list[str], calls: Calls) -> None:
    result = run(verb, *files, *form)
    assert result.exit_code == 1
    assert result.stderr.count(f"{files[1]}: no atoms.") == 1
    assert "one" in result.stdout
    assert "two" in result.stdout
    if form:
        rows = json.loads(result.stdout)
        assert [row.get("error") for row in rows] == [None, f"{files[1]}: no atoms.", None]


def test_inspection_in_words(files: list[str], calls: Calls) -> None:
    out = run("inspect", files[0]).stdout
    for part in (
        "Ag12Au13Cl8P10",
        "43",
        "unknown",
        "8 chloride",
        "2 x CH2Cl2",
        "warning",
        "charge is not stated",
        "Au +13, halide -8",
        "the charge is unknown",
    ):
        assert part in out


def test_prediction_in_words(files: list[str], calls: Calls) -> None:
    short, out = run("predict", files[0]).stdout, run("predict", files[0], "--verbose").stdout
    for part in ("1.23", "eV", "0.90 to 1.60", "90% interval", "outside", "not seen", "0123456789ab", "gfn1-xtb"):
        assert part in out
        assert part in short or part == "0123456789ab"


def test_comparison_in_words(files: list[str], calls: Calls) -> None:
    short, result = run("compare", files[0], files[2]), run("compare", files[0], files[2], "--verbose")
    assert short.exit_code == result.exit_code == 0
    assert "Isomer: the kernels are twisted" in short.stdout
    assert "metal atoms" not in short.stdout, "what is alike is no answer"
    for part in ("Isomer", "twisted", "25 of 25", "metal atoms", "+0.50", "-0.20 to 1.20", "not", "resolved"):
        assert part in result.stdout


def test_comparison_as_json_is_one_object(files: list[str], calls: Calls) -> None:
    result = run("compare", files[0], files[2], "--json", "--as", "isomer")
    assert json.loads(result.stdout)["relation"] == "isomer"
    assert calls[0]["relation"] == "isomer"
    assert "report" not in calls[0]


def test_pairs_come_from_a_table_and_a_bad_pair_is_listed(tmp_path: Path, files: list[str], calls: Calls) -> None:
    (tmp_path / "pairs.csv").write_text("a,b\none.cif,two.cif\none.cif,bad.cif\n")
    result = run("compare", "--pairs", str(tmp_path / "pairs.csv"), "--out", str(tmp_path / "t.csv"), "--json")
    assert result.exit_code == 1
    good, bad = json.loads(result.stdout)
    assert good["a"] == files[0]
    assert (bad["b"], bad["error"]) == (files[1], "bad.cif: no atoms.")
    rows = list(csv.DictReader((tmp_path / "t.csv").read_text().splitlines()))
    assert [row["difference"] for row in rows] == ["0.5", ""]
    assert [(row["value_a"], row["value_b"], row["error"]) for row in rows] == [
        ("1.0", "1.5", ""),
        ("", "", "bad.cif: no atoms."),
    ]


@pytest.mark.parametrize("ending", ["csv", "json", "parquet", "xlsx"])
def test_rows_go_to_a_file(ending: str, tmp_path: Path, files: list[str], calls: Calls) -> None:
    out = tmp_path / f"rows.{ending}"
    assert run("predict", *files, "--out", str(out)).exit_code == 1
    readers = {"csv": pd.read_csv, "json": pd.read_json, "parquet": pd.read_parquet, "xlsx": pd.read_excel}
    read = readers[ending]
    table = read(out)
    assert table["file"].tolist() == files
    assert table["value"].tolist()[::2] == [1.234, 1.234]
    assert table["unit"].tolist()[0] == "eV"
    assert "no atoms" in table["error"][1]


def test_reading_options_reach_the_function(files: list[str], calls: Calls) -> None:
    options = "--charge -1 --multiplicity 2 --cluster 2 --disorder enumerate --strict --hydrogens add".split()
    options += "--block one --declare S:thiolate --max-bytes 1000".split()
    assert run("inspect", files[0], *options).exit_code == 0
    assert calls == [
        {
            "files": [files[0]],
            "charge": -1,
            "multiplicity": 2,
            "cluster": 2,
            "disorder": "enumerate",
            "strict": True,
            "block": "one",
            "declare": {"S": "thiolate"},
            "max_bytes": 1000,
            "hydrogens": "add",
            "symmetry": "kernel",
            "tolerance": 0.3,
            "own": None,
        }
    ]


def test_manifest_gives_each_file_its_charge_and_keeps_the_order(
    tmp_path: Path, files: list[str], calls: Calls
) -> None:
    (tmp_path / "m.csv").write_text("file, charge, multiplicity\ntwo.cif, 1, \none.cif, , 2\n")
    result = run("inspect", "--manifest", str(tmp_path / "m.csv"), "--charge", "5", "--json")
    rows = json.loads(result.stdout)
    assert [Path(row["file"]).name for row in rows] == ["two.cif", "one.cif"]
    assert [row["clusters"][0]["charge"] for row in rows] == [1, 5]
    assert [row["clusters"][0]["multiplicity"] for row in rows] == [None, 2]


def test_files_with_one_charge_are_read_in_one_call(tmp_path: Path, files: list[str], calls: Calls) -> None:
    (tmp_path / "m.csv").write_text("file,charge\none.cif,1\nbad.cif,0\ntwo.cif,1\n")
    result = run("inspect", "--manifest", str(tmp_path / "m.csv"), "--json")
    assert len(calls) == 2
    assert [row["file"] for row in json.loads(result.stdout)] == files


def test_json_has_no_word_for_nan_and_takes_numpy() -> None:
    document = {"a": float("nan"), "b": np.float32(0.5), "c": np.arange(2), "d": Path("x"), "e": (1, None), "f": np.nan}
    expected = {"a": None, "b": 0.5, "c": [0, 1], "d": "x", "e": [1, None], "f": None}
    assert json.loads(to_json(document)) == expected
