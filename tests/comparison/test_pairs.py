"""Tables of pairs: every row gives an answer or an error, in order."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from typer.testing import CliRunner

from mlcluster.cli.main import app
from mlcluster.comparison.kept import KeptPairs
from mlcluster.comparison.pairs import compare_pairs, read_pairs
from mlcluster.data import model_structures
from mlcluster.errors import InputError
from tests.prediction.test_predict import constant_ensemble


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


def kept_file(out):
    return out.with_name(f"{out.name}.unfinished.jsonl")


@pytest.fixture(scope="module")
def triangles(tmp_path_factory):
    """A table of thirteen pairs: twelve of silver chloride triangles, and one that fails."""
    folder = tmp_path_factory.mktemp("triangles")
    for k in range(13):
        silver = f"Ag 0 0 0\nAg 2.8 0 0\nAg 1.4 {2.4 + 0.01 * k:.2f} 0\n"
        (folder / f"{k}.xyz").write_text(f"4\ncharge=0\n{silver}Cl 1.4 0.8 1.9\n")
    rows = [f"0.xyz,{k}.xyz" for k in range(1, 13)]
    return write(folder, "\n".join(["a,b", *rows[:4], "0.xyz,missing.xyz", *rows[4:]]) + "\n")


def start(table, out):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)}
    command = [sys.executable, "-m", "mlcluster", "compare", "--pairs", str(table), "--out", str(out)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env=environment, **quiet)


def ended(process, out, with_signal, *, least):
    """End a command that has kept so many pairs, or more."""
    until = time.monotonic() + 120
    while not kept_file(out).is_file() or kept_file(out).read_bytes().count(b"\n") < least:
        assert process.poll() is None and time.monotonic() < until, process.stderr.read()
        time.sleep(0.001)
    process.send_signal(with_signal)
    return process.communicate(timeout=60)[1]


@pytest.mark.slow
def test_killed_and_interrupted_it_goes_on_to_the_same_table(triangles, tmp_path):
    undisturbed, out = tmp_path / "undisturbed.csv", tmp_path / "rows.csv"
    assert CliRunner().invoke(app, ["compare", "--pairs", str(triangles), "--out", str(undisturbed)]).exit_code == 1
    assert len(undisturbed.read_text().splitlines()) > 9 and not kept_file(undisturbed).exists()
    out.write_text("of an earlier call\n")

    ended(start(triangles, out), out, signal.SIGKILL, least=2)
    finished = kept_file(out).read_bytes().count(b"\n")
    assert 2 <= finished < 12
    with kept_file(out).open("a") as stream:
        stream.write('{"key": "torn')
    said = ended(start(triangles, out), out, signal.SIGINT, least=finished + 1)
    partial = tmp_path / "rows.unfinished.csv"
    assert str(partial) in said and "goes on" in said
    lines, whole = ([line.rstrip(",") for line in f.read_text().splitlines()] for f in (partial, undisturbed))
    assert lines[0].startswith("a,b,relation") and set(lines[1:]) < set(whole), "whole has a column for errors as well"
    assert out.read_text() == "of an earlier call\n", "kept until the whole table is there"

    finished = kept_file(out).read_bytes().count(b"\n")
    done = CliRunner().invoke(app, ["compare", "--pairs", str(triangles), "--out", str(out)])
    assert done.exit_code == 1 and f"{finished} of 13 pairs were there before" in done.stderr
    assert "missing.xyz" in done.stderr
    assert out.read_bytes() == undisturbed.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rows.csv", "undisturbed.csv"]


def test_a_pair_is_compared_again_when_anything_it_depends_on_changed(tmp_path):
    a, b, out = tmp_path / "a.xyz", tmp_path / "b.xyz", tmp_path / "rows.csv"
    a.write_text("1")
    b.write_text("2")
    table = write(tmp_path, "a,b\na.xyz,b.xyz\n")
    calls = []

    def count(*files, **settings):
        calls.append(settings)
        return {"value": (float("inf"), 0.1)}

    def run(value=1.0, **settings):
        return list(compare_pairs(table, count, settings, KeptPairs(out, constant_ensemble([value]))))

    assert run(charge=1) == run(charge=1) == [{"value": [float("inf"), 0.1]}] and len(calls) == 1
    run(charge=2)
    run(2.0, charge=1)
    b.write_text("3")
    run(charge=1)
    assert len(calls) == 4
    b.write_text("2")
    run(charge=1)
    assert len(calls) == 4
