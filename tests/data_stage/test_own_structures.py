"""Structures and labels of the user's own: a table beside structure files, and frames of extended XYZ."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest

from mlcluster.chem.cluster_formula import parse_cluster_formula
from mlcluster.data import load, only_trainable
from mlcluster.data.frames import read_frames
from mlcluster.errors import DataError, InputError
from mlcluster.resources import dataset_dir

LABELS = {"gap:optical": {"column": "gap", "unit": "eV"}, "lifetime:measured": {"column": "tau_ns", "unit": "ns"}}
RING = "4\nRing\nAu 0 0 1.6\nAu 0 0 -1.6\nCl 2.0 0 0\nCl -2.0 0 0\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    (tmp_path / "structures").mkdir()
    (tmp_path / "structures" / "ring.xyz").write_text(RING)
    path = tmp_path / "own.csv"
    path.write_text(
        "file,entry,charge,gap,tau_ns,source,split,parent\n"
        "structures/ring.xyz,neutral,0,2.0,1500,10.1/x,train,ring\n"
        "structures/ring.xyz,unknown,,,20,,test,ring\n"
    )
    return path


def test_a_table_beside_a_folder(table: Path) -> None:
    neutral, unknown = load("csv+dir", path=table, labels=LABELS)
    assert {r.channel.key: (r.value, r.unit, r.source) for r in neutral.labels} == {
        "gap:optical": (2.0, "eV", "10.1/x"),
        "lifetime:measured": (1.5, "us", "10.1/x"),
    }
    assert (neutral.cluster.charge, unknown.cluster.charge) == (0, None)
    assert [r.channel.key for r in unknown.labels] == ["lifetime:measured"]
    assert (unknown.entry, unknown.family, unknown.split, unknown.parent) == ("unknown", "M2X2", "test", "ring")


def test_a_stated_family_is_held_out_together(table: Path) -> None:
    text = table.read_text().replace("parent\n", "parent,family\n", 1).replace("train,ring\n", "train,ring,mine\n")
    table.write_text(text.replace("test,ring\n", "test,ring,\n"))
    stated, empty = load("csv+dir", path=table, labels=LABELS)
    assert (stated.family, empty.family) == ("mine", "M2X2")
    assert {record.family for record in stated.labels} == {"mine"}


def test_faults_of_a_table_are_named(table: Path) -> None:
    text = table.read_text()
    for wrong, right, error, message in (
        ("gap,tau", "gap_ev,tau", InputError, "Found: .*gap_ev.*Expected: .*gap"),
        ("unknown", "neutral", DataError, "occurs twice. Found: neutral"),
        ("1500", "fast", InputError, "line 2, tau_ns: not a number. Found: 'fast'"),
        ("neutral,0,", "neutral,0.5,", DataError, "whole number"),
        ("2.0,1500", "2000,1500", DataError, "outside the range"),
        ("structures/ring.xyz,neutral", "structures/none.xyz,neutral", InputError, "no such file"),
    ):
        assert wrong in text
        table.write_text(text.replace(wrong, right))
        with pytest.raises(error, match=message):
            load("csv+dir", path=table, labels=LABELS)
    with pytest.raises(InputError, match="no such file"):
        load("csv+dir", path=table.with_name("none.csv"), labels=LABELS)
    table.write_text("file,gap,tau_ns\n")
    with pytest.raises(InputError, match="Found: no row"):
        load("csv+dir", path=table, labels=LABELS)


def test_frames_follow_their_properties(tmp_path: Path) -> None:
    path = tmp_path / "own.extxyz.gz"
    with gzip.open(path, "wt") as stream:
        stream.write('1\nProperties=charge:R:1:pos:R:3:species:S:1 name="a b" note=\n0.1 1 2 3 Au\n\n' + RING)
    first, second = read_frames(path)
    assert (first.numbers.tolist(), first.positions.tolist()) == ([79], [[1.0, 2.0, 3.0]])
    assert (first.info["name"], first.info["note"], second.number, len(second.numbers)) == ("a b", "", 2, 4)


def test_a_touchstone_is_known_by_its_atoms(tmp_path: Path) -> None:
    with open(dataset_dir("literature") / "measurements.csv", encoding="utf-8", newline="") as handle:
        formulas = {row["formula"] for row in csv.DictReader(handle) if "TOUCHSTONE" in row["flags"]}
    assert len(formulas) == 3, "the E and the S isomer share one"
    for formula in (*formulas, "[Au25(PET)18]-"):
        elements = parse_cluster_formula(formula).elements
        assert elements is not None
        heavy = [symbol for symbol, count in elements.items() if symbol != "H" for _ in range(count)]
        rows = [f"{symbol} {3 * (k % 7)} {3 * (k // 7 % 7)} {3 * (k // 49)}" for k, symbol in enumerate(heavy)]
        path = tmp_path / "mine.extxyz"
        path.write_text(f"{len(heavy)}\nentry=mine gap=2.0 tau_ns=20\n" + "\n".join(rows))
        (item,) = load("extxyz", path=path, labels=LABELS)
        known = formula in formulas
        assert all(("TOUCHSTONE" in record.flags) == known for record in item.labels) and len(item.labels) == 2
        assert (only_trainable([item], ["gap:optical"]) == []) == known


@pytest.mark.parametrize(
    "text",
    ["2\n\nAu 0 0 0\n", "1\n\nXx 0 0 0\n", "1\n\nAu 0 0\n", "1\n\nAu 0 0 x\n", "1\nProperties=pos:R:3\n0 0 0\n"],
)
def test_a_broken_frame_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "own.xyz"
    path.write_text(RING + text)
    with pytest.raises(InputError, match=r"own\.xyz, frame 2: a frame is cut off"):
        list(read_frames(path))
