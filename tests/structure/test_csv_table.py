"""Tables out of a spreadsheet: a fault of the table is one error, a fault of a row stands in that row."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlcluster.comparison.pairs import compare_pairs
from mlcluster.data import load
from mlcluster.errors import InputError, MlclusterError
from mlcluster.structure.csv_table import cell_number, read_csv
from mlcluster.structure.manifest import read_manifest

GOLD = "2\n\nAu 0 0 0\nAu 0 0 2.7\n"
GAP = {"gap:optical": {"column": "gap", "unit": "eV"}}


@pytest.fixture
def table(tmp_path: Path):
    (tmp_path / "a.xyz").write_text(GOLD)

    def write(text: str | bytes) -> Path:
        path = tmp_path / "table.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def gaps(path: Path) -> list[float]:
    return [record.value for item in load("csv+dir", path=path, labels=GAP) for record in item.labels]


@pytest.mark.parametrize("row", ["a.xyz,2,1,5", "a.xyz,2", "a.xyz,,1,5,,,", "a.xyz"])
def test_a_row_that_does_not_fit_the_header_is_refused_everywhere(table, row):
    message = r"line 2: a row does not fit the header\. Found: \d cells\. Expected: 3"
    with pytest.raises(InputError, match=message):
        gaps(table(f"file,charge,gap\n{row}\n"))
    (stated,) = read_manifest(table(f"file,charge,multiplicity\n{row}\n"))
    assert "does not fit the header" in str(stated.error) and stated.charge is None
    (pair,) = compare_pairs(table(f"a,b,charge_a\n{row}\n"), lambda *files, **settings: {}, {})
    assert "does not fit the header" in pair["error"]


def test_other_rows_of_a_manifest_are_used(table):
    text = (
        'file,charge,multiplicity\na.xyz,1,2\na.xyz,1,2,3\na.xyz,one,\n,1,\na.xyz,5000000000,\n"a.xyz,1,\na.xyz,-1,\n'
    )
    items = read_manifest(table(text))
    assert [(item.charge, item.error is None) for item in items] == [
        *((1, True), (None, False), (None, False), (None, False), (None, False), (None, False), (-1, True))
    ]
    for item, line in zip(items[1:6], (3, 4, 5, 6, 7), strict=True):
        assert f"line {line}" in str(item.error)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file;charge;gap\na.xyz;0;1,5\n", "commas between the columns.*decimals with a point"),
        ("file\tcharge\tgap\na.xyz\t0\t1.5\n", "commas between the columns"),
        ("file,charge,gap\nMüller.xyz,0,1.5\n".encode("latin-1"), "line 2: a table has to be CSV in UTF-8.*0xfc"),
        ("file,charge,gap\na.xyz,0,1.5\n".encode("utf-16"), "UTF-8"),
        ("file,gap,gap\na.xyz,0,1.5\n", "a column occurs twice"),
        ("file,charge\na.xyz,0\n", "columns of this table are not those it needs.*Expected: file, gap"),
        ("", "columns of this table.*Found: nothing"),
        ('"file,gap\na.xyz,1\n', "line 1: a row cannot be read"),
        ('file,charge,gap\na.xyz,0,"1,5"\n', "line 2, gap: not a number. Found: '1,5'.*decimals with a point"),
        ("file,charge,gap\na.xyz,0,fast\n", "line 2, gap: not a number. Found: 'fast'"),
        ("file,charge,gap\na.xyz,0,inf\n", "line 2, gap: not a number. Found: 'inf'"),
        ("file,charge,gap\na.xyz,0,1e400\n", "line 2, gap: not a number"),
        ("file,charge,gap\na.xyz,1e12,1\n", "out of range"),
        ("file,charge,gap\n,0,1\n", "line 2, file: a cell that is needed is empty"),
        ("file,charge,gap\nb\0.xyz,0,1\n", "not the name of a file|cannot be read|no such file"),
        (f"file,charge,gap\n{'x' * 140_000},0,1\n", "line 2: a row cannot be read.*larger than field limit"),
        ("file,charge,gap\n/dev/zero,0,1\n", "not a file.*device, pipe or socket"),
    ],
)
def test_faults_are_named_with_line_and_column(table, text, message):
    with pytest.raises(MlclusterError, match=message) as caught:
        gaps(table(text))
    assert "table.csv" in str(caught.value)


def test_missing_values_and_marks_of_a_spreadsheet(table):
    rows = "\n".join(f"a.xyz,{k},{word}" for k, word in enumerate(["1.5", "NaN", "N/A", "", "n/a", "-", "#N/A", " 2 "]))
    assert gaps(table("\ufefffile , entry, gap\r\n" + rows.replace("\n", "\r\n") + "\r\n\r\n,,\r\n")) == [1.5, 2.0]
    assert [cell_number(cell) for cell in ("1.5", "-1e-3", ".5", "nan", "None")] == [1.5, -1e-3, 0.5, None, None]
    for wrong in ("1_000", "0x1", "1.5 eV", "\N{SUPERSCRIPT TWO}", "9" * 6000):
        with pytest.raises(InputError):
            cell_number(wrong)


def test_quoted_cells_hold_commas_and_line_breaks(table):
    found = read_csv(table('file,note\na.xyz,"one, two"\nb.xyz,"over\ntwo lines"\nc.xyz,x\n'), required=("file",))
    assert [(row.line, row.cells["file"], row.cells["note"]) for row in found.rows] == [
        (2, "a.xyz", "one, two"),
        (3, "b.xyz", "over\ntwo lines"),
        (5, "c.xyz", "x"),
    ]


def test_a_column_that_is_nearly_right_is_suggested(table):
    with pytest.raises(InputError, match="Did you mean charge for chrage"):
        read_manifest(table("file,chrage\na.xyz,1\n"))


def test_whatever_a_row_of_pairs_holds_the_others_are_compared(table):
    rows = ["a.xyz,a.xyz,", "b\0.xyz,a.xyz,", f"{'x' * 140_000},a.xyz,", "a.xyz,a.xyz,1e400", "a.xyz,", "a.xyz,a.xyz,2"]
    answers = list(compare_pairs(table("a,b,charge_a\n" + "\n".join(rows) + "\n"), lambda *f, **s: {"n": 1}, {}))
    assert ["error" in answer for answer in answers] == [False, False, True, True, True, False]


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        ('one name.xyz,1,2,"3', {"0": "one name.xyz"}),
        ('"a.xyz",1,"', {"0": "a.xyz"}),
        (f'{"x" * 999},"', {"0": "x" * 999}),
        (f'{"x" * 1000},"', {}),
    ],
)
def test_the_first_cell_of_a_row_that_cannot_be_read_names_it(table, row, cells):
    (broken,) = read_csv(table(f"file,charge\n{row}\n")).rows
    assert broken.cells == cells and "line 2: a row cannot be read" in str(broken.error)
