"""What is told of entries before anything is learned from them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mlcluster import Cluster
from mlcluster.data import LabelledCluster, load, model_structures
from mlcluster.data.checking import check_data, compare_structures, report_text, usable
from mlcluster.data.failures import Remark, listed_remarks, noting, skipping
from mlcluster.data.sources.entry import make_entry
from mlcluster.data.splitters import make_split
from mlcluster.errors import ConfigError, DataError, StructureError

CIFS = Path(__file__).resolve().parents[1] / "data" / "cif"
LABELS = {"gap:optical": {"column": "gap", "unit": "eV"}}


def entry(name: str, positions: object, gap: float | None = 1.0, numbers: object = (79, 79, 17, 17), **about: object):
    labels = [] if gap is None else [{"target": "gap", "method": "optical", "value": gap, "unit": "eV"}]
    return make_entry("own", name, np.array(numbers), np.array(positions, dtype=float), labels=labels, **about)


RING = np.array([[0, 0, 1.6], [0, 0, -1.6], [2.0, 0, 0], [-2.0, 0, 0]])


def remarks_on(*items: LabelledCluster) -> list[Remark]:
    with listed_remarks() as remarks:
        compare_structures(items)
    return remarks


def test_one_structure_under_two_names() -> None:
    turn = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    first, moved = entry("first", RING), entry("moved", RING[[1, 0, 3, 2]] @ turn.T + 7, 1.4)
    (found,) = remarks_on(first, moved)
    assert (found.level, found.name) == ("warning", "moved")
    assert found.message == "the same structure as first with another label: gap:optical is 1 there and 1.4 eV here"
    (same,) = remarks_on(first, replace(first, entry="again"))
    assert (same.level, same.message) == ("note", "the same structure as first")


@pytest.mark.parametrize(
    "other",
    [
        entry("stretched", RING * 1.01, 1.4),
        entry("charged", RING, 1.4, charge=1),
        entry("alloy", RING, 1.4, numbers=(79, 47, 17, 17)),
        entry("swapped", RING, 1.4, numbers=(17, 79, 79, 17)),
    ],
)
def test_structures_that_differ_are_not_mistaken(other: LabelledCluster) -> None:
    assert remarks_on(entry("first", RING), other) == []


def test_isomers_of_one_size_are_told_apart() -> None:
    models = model_structures()
    both = [models[f"{name} isomer model [Au13Ag12(PH3)10Cl8]+"] for name in "ES"]
    items = [make_entry("own", c.name, c.numbers, c.positions, charge=c.charge) for c in both]
    assert remarks_on(*items) == [] and len(remarks_on(items[0], replace(items[0], entry="copy"))) == 1


def test_unusable_structures_are_raised_or_listed() -> None:
    lone = LabelledCluster(
        entry="lone", family="M1", labels=(), cluster=Cluster(numbers=np.array([79]), positions=np.zeros((1, 3)))
    )
    good = entry("good", RING)
    with pytest.raises(StructureError, match="the only atom"):
        usable([lone, good])
    with noting() as noted:
        assert [item.entry for item in usable([lone, good])] == ["good"]
    assert [item.name for item in noted.skipped] == ["lone"] and "## Left out\n\n- lone: " in report_text(noted)
    with noting(strict=True), pytest.raises(StructureError, match="the only atom"):
        usable([lone, good])
    with noting(), pytest.raises(DataError, match="no entry can be used. Found: lone: "):
        usable([lone])
    with skipping():
        assert usable([good, lone]) == [good]
    assert usable([]) == [] and report_text(noting().__enter__()) == ""


@pytest.fixture
def crystals(tmp_path: Path) -> Path:
    for name in ("partial_solvent", "disorder_groups"):
        (tmp_path / f"{name}.cif").write_text((CIFS / f"{name}.cif").read_text())
    (tmp_path / "own.csv").write_text("file,entry,charge,gap\npartial_solvent.cif,stated,0,2.0\n")
    return tmp_path / "own.csv"


def test_a_table_edits_nothing_in_silence(crystals: Path) -> None:
    result = check_data("csv+dir", {"path": str(crystals), "labels": LABELS})
    told = [found for found in result["findings"] if "left out: " in found["message"]]
    assert [(found["level"], found["entry"]) for found in told] == [("warning", "line 2, stated")]
    assert "is the stated charge +0 that of" in told[0]["message"]
    crystals.write_text("file,entry,charge,gap\npartial_solvent.cif,unstated,,2.0\ndisorder_groups.cif,apart,,2.1\n")
    result = check_data("csv+dir", {"path": str(crystals), "labels": LABELS})
    levels = {found["level"] for found in result["findings"] if "left out: " in found["message"]}
    assert levels == {"note"}, "without a stated charge nothing contradicts"
    assert any("disorder" in found["message"] for found in result["findings"] if found["entry"] == "line 3, apart")


def test_without_a_list_a_row_still_stops_the_table(crystals: Path) -> None:
    crystals.write_text("file,entry,charge,gap\nnone.cif,absent,0,2.0\n")
    with pytest.raises(Exception, match="no such file"):
        load("csv+dir", path=crystals, labels=LABELS)
    with pytest.raises(DataError, match="no entry can be used. Found: line 2, absent"):
        check_data("csv+dir", {"path": str(crystals), "labels": LABELS})
    with pytest.raises(ConfigError, match="no such option"):
        check_data("csv+dir", {"path": str(crystals), "label": LABELS})


def test_a_unit_slip_warns_whoever_loads(tmp_path: Path) -> None:
    rows = "".join(f"2\nentry={k} qy={0.2 * k}\nAu 0 0 0\nAu 0 0 2.7\n" for k in range(1, 5))
    (tmp_path / "own.extxyz").write_text(rows)
    labels = {"quantum_yield:measured": {"column": "qy", "unit": "percent"}}
    with pytest.warns(UserWarning, match=r"4: qy: all 4 values are at most 1 \(0.8 is the largest\)"):
        load("extxyz", path=tmp_path / "own.extxyz", labels=labels)


def test_a_test_set_of_one_is_refused() -> None:
    items = [entry(f"{k}", RING * (1 + 0.01 * k), family="AABBC"[k]) for k in range(5)]
    assert len(make_split(items, test=["A"]).test) == 2
    with pytest.raises(DataError, match="4: a test set of one entry judges nothing"):
        make_split(items, test=["C"])
