"""Spreadsheets: what goes in comes out, and no text of anybody's becomes a formula."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from mlcluster.errors import InputError
from mlcluster.photophysics.bench_result import BenchResult
from mlcluster.report.written_rows import write_table
from mlcluster.runs.spreadsheet import LONGEST, read_sheet, write_sheet

ATTACKS = ["=1+1", "=cmd|' /C calc'!A0", "+1", "-2+3", "@SUM(A1)", '=HYPERLINK("http://x","y")', "-", "=", " =1"]


def test_text_that_looks_like_a_formula_stays_text(tmp_path: Path) -> None:
    write_sheet([{"name": text, "=x": -1.5} for text in ATTACKS], ["name", "=x"], tmp_path / "t.xlsx")
    assert read_sheet(tmp_path / "t.xlsx") == [{"name": text, "=x": -1.5} for text in ATTACKS]
    sheet = load_workbook(tmp_path / "t.xlsx").active
    cells = [row[0] for row in sheet.iter_rows(min_row=2)]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell.quotePrefix for cell in cells] == [text[0] in "=+-@" for text in ATTACKS]
    with zipfile.ZipFile(tmp_path / "t.xlsx") as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {
                "text": st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cn", "Cc"]), min_size=1),
                "number": st.floats(allow_nan=False, allow_infinity=False, width=32),
                "whole": st.integers(-(2**31), 2**31),
                "flag": st.booleans(),
            }
        ),
        max_size=5,
    )
)
def test_round_trip(rows: list[dict], tmp_path: Path) -> None:
    columns = ["text", "number", "whole", "flag"]
    write_sheet(rows, columns, tmp_path / "t.xlsx")
    found = read_sheet(tmp_path / "t.xlsx")
    assert [{**row, "number": None} for row in found] == [{**row, "number": None} for row in rows]
    # The format is written with 16 digits.
    assert [row["number"] for row in found] == pytest.approx([row["number"] for row in rows], rel=1e-15, abs=0)


def test_what_a_cell_cannot_hold(tmp_path: Path) -> None:
    rows = [
        {"a": float("nan"), "b": "x\x07\ud800", "c": "y" * (LONGEST + 1), "d": np.float64(1.5), "e": {"k": [1]}},
        {"a": float("inf")},
    ]
    write_sheet(rows, list("abcde"), tmp_path / "t.xlsx")
    first, second = read_sheet(tmp_path / "t.xlsx")
    assert first["a"] is None and first["b"] == "x\\x07\\ud800" and first["d"] == 1.5 and first["e"] == '{"k": [1]}'
    assert len(first["c"]) == LONGEST and first["c"].endswith(" ...")
    assert set(second.values()) == {None}


def test_rows_of_verbs(tmp_path: Path) -> None:
    rows = [{"file": "=a.cif", "reasons": ["one", "two"], "value": 1.2}, {"file": "b.cif", "error": "no atoms."}]
    write_table(rows, tmp_path / "t.xlsx")
    found = read_sheet(tmp_path / "t.xlsx")
    assert found[0] == {"file": "=a.cif", "reasons": "one; two", "value": 1.2, "error": None}
    assert found[1]["error"] == "no atoms."


def test_table_of_the_bench(tmp_path: Path) -> None:
    table = {"time_us": np.array([0.0, 1.0]), "counts": np.array([10.0, 3.5])}
    result = BenchResult(parameters=(), statistics={}, sentences=(), table=table)
    result.write_table(tmp_path / "t.xlsx")
    assert read_sheet(tmp_path / "t.xlsx") == [{"time_us": 0, "counts": 10}, {"time_us": 1, "counts": 3.5}]
    with pytest.raises(InputError, match=r"\.csv or \.xlsx"):
        result.write_table(tmp_path / "t.ods")


def test_no_spreadsheet_at_all(tmp_path: Path) -> None:
    (tmp_path / "t.xlsx").write_text("file,value\n")
    with pytest.raises(InputError, match="not a spreadsheet"):
        read_sheet(tmp_path / "t.xlsx")


@pytest.mark.parametrize("ending", ["csv", "json", "xlsx", "parquet"])
def test_a_table_on_a_full_disk_stays_what_it_was(ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / f"t.{ending}"
    write_table([{"a": 1}], path)
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mlcluster.runs.whole_files.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_table([{"a": 2}], path)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]
