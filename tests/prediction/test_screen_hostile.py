"""Whatever an input, a table or a row holds, a screen ends with a row for each and the good ones predicted."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from mlcluster.prediction.screening.screen_table import STRUCTURES, Parts, part_files, prediction_schema, read_screen
from tests.prediction.screening import make_model, run
from tests.structure.made_cif import cif

GOLD = "4\n{}\nAu 0 0 0\nAu 0 0 2.8\nAu 0 2.4 1.4\nAu 2.4 0.8 1.4\n"


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict]]:
    """Rows by what their input is called after the folder."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "good.cif").write_text(cif())
    (folder / "charge.cif").write_text(cif(extra="_mlcluster_charge 5000000000"))
    (folder / "two.cif").write_text(cif(name="one") + cif(name="two", cell=("?", 16, 16, 90, 90, 90)))
    (folder / "long.extxyz").write_text(GOLD.format("a" * 200_000) + "0\nempty\n" + GOLD.format("charge=0"))
    with open(os.fsencode(folder) + b"/M\xfcller.cif", "w") as stream:
        stream.write(cif())
    os.mkfifo(folder / "pipe.cif")
    rows = ["good.cif,2,", "/dev/zero,,", "pipe.cif,,", "nul\0.cif,,", "good.cif,1,2,3", "good.cif,1e12,", "none.cif,,"]
    rows.insert(4, "x" * 140_000 + ",1,")
    (folder / "list.csv").write_text("file,charge,multiplicity\n" + "\n".join(rows) + "\n")
    (folder / "broken.csv").write_text("file;charge\na.cif;1\n")
    inputs = [str(folder), str(folder / "list.csv"), str(folder / "broken.csv"), "/dev/zero"]
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    result = run(inputs, elsewhere / "out", make_model(elsewhere / "model"))
    assert (result["predicted"], result["failed"]) == (5, 11)
    found: dict[str, list[dict]] = {}
    for row in read_screen(elsewhere / "out").to_pylist():
        found.setdefault(row["id"].removeprefix(f"{folder}/"), []).append(row)
    return found


def test_the_good_ones_are_predicted(table: dict[str, list[dict]]) -> None:
    for name in ("good.cif", "long.extxyz#1", "long.extxyz#2", "two.cif", r"M\udcfcller.cif"):
        assert any(row["value"] is not None for row in table[name]), name


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("charge.cif", "charge is out of range"),
        ("two.cif", "data_two: the unit cell is missing"),
        ("/dev/zero", "not a file"),
        ("pipe.cif", "not a file"),
        (r"nul\x00.cif", "NUL character"),
        ("none.cif", "no such file"),
        ("list.csv, line 6", "larger than field limit"),
        ("broken.csv", "commas between the columns"),
        ("good.cif", "does not fit the header"),
        ("good.cif", "line 8, charge"),
    ],
)
def test_each_of_the_others_says_why(table: dict[str, list[dict]], name: str, message: str) -> None:
    errors = [row["error"] for row in table[name] if row["error"]]
    assert any(message in error for error in errors), errors


def test_a_row_that_cannot_be_written_costs_only_itself(tmp_path: Path) -> None:
    empty = dict.fromkeys(prediction_schema().names)
    rows = [empty | {"input": k, "id": str(k), "file": "a.cif", "content": "x", "charge": charge} for k, charge in
            enumerate([1, 5_000_000_000, 2])]  # fmt: skip
    rows[2]["cluster"] = "\ud800"
    assert Parts(tmp_path).write(0, "key", rows, []) == (1, 2)
    written = read_screen(tmp_path).to_pylist()
    assert [row["input"] for row in written] == [0, 1, 2]
    assert [row["error"] is None for row in written] == [True, False, False]
    assert "cannot be written" in written[1]["error"] and len(part_files(tmp_path, STRUCTURES)) == 1


def test_parts_of_an_earlier_version_lack_a_column_and_are_read(tmp_path: Path) -> None:
    parts, row = Parts(tmp_path), dict.fromkeys(prediction_schema().names)
    for number in range(2):
        parts.write(number, "key", [row | {"input": number, "error": "no crystal"}], [])
    first = part_files(tmp_path)[0]
    table = pq.read_table(first)
    pq.write_table(table.drop_columns(["note"]), first)
    assert read_screen(tmp_path).column("note").to_pylist() == [None, None]
    assert read_screen(tmp_path).column("input").to_pylist() == [0, 1]
