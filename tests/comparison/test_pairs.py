"""Tables of pairs: every row gives an answer or an error, in order."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from mlcluster.cli.main import app
from mlcluster.comparison.pairs import compare_pairs, read_pairs
from mlcluster.data import model_structures
from mlcluster.errors import InputError


def write(folder, text):
    (folder / "pairs.csv").write_text(text)
    return folder / "pairs.csv"


def answer(a, b, **settings):
    if "broken" in a:
        raise ZeroDivisionError("no reason")
    return {"a": a, "b": b, "settings": settings}


def test_a_bad_row_is_one_error_row(tmp_path):
    table = write(tmp_path, "a,b,charge_b\nx.cif,y.cif,\nx.cif,,\nbroken.cif,y.cif,\nx.cif,y.cif,one\nx.cif,y.cif,2\n")
    rows = list(compare_pairs(table, answer, {"charge": 1}))
    assert [("error" in row) for row in rows] == [False, True, True, True, False]
    assert "line 3" in rows[1]["error"] and "ZeroDivisionError" in rows[2]["error"]
    assert "line 5, charge" in rows[3]["error"] and "one" in rows[3]["error"]
    assert rows[0]["settings"] == {"charge": 1}
    assert rows[4]["settings"] == {"charge": (1, 2)}
    assert rows[0]["a"] == str(tmp_path / "x.cif")


def test_relation_and_records_of_a_row(tmp_path):
    table = write(tmp_path, "a,b,relation,record_a\nx.cif,y.cif,isomer,Au13Ag12_PPh3_10_Cl8_E\n")
    (row,) = compare_pairs(table, answer, {"relation": "auto"})
    assert row["settings"] == {"relation": "isomer", "records": ("Au13Ag12_PPh3_10_Cl8_E", None)}


@pytest.mark.parametrize("text", ["a\nx.cif\n", "a,b,colour\nx,y,red\n", ""])
def test_a_table_with_other_columns_is_refused(tmp_path, text):
    with pytest.raises(InputError, match="record_b"):
        read_pairs(write(tmp_path, text))


def test_the_command_compares_what_it_can_and_exits_with_1(tmp_path):
    models = model_structures()
    for name in "ES":
        cluster = models[f"{name} isomer model [Au13Ag12(PH3)10Cl8]+"]
        (tmp_path / f"{name}.cif").write_text(cluster.to_cif(), encoding="utf-8")
    table = write(tmp_path, "a,b\nE.cif,S.cif\nE.cif,missing.cif\n")
    out = tmp_path / "rows.json"
    done = CliRunner().invoke(app, ["compare", "--pairs", str(table), "--out", str(out), "--json"])
    assert done.exit_code == 1
    first, second = json.loads(done.stdout)
    assert (first["relation"], first["isomer_kind"], second["a"]) == ("isomer", "rotamer", str(tmp_path / "E.cif"))
    rows = json.loads(out.read_text())
    assert rows[0]["resolved"] is False and rows[0]["value_a"] == first["properties"][0]["a"]
    assert "missing.cif" in rows[-1]["error"]
