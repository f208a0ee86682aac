from __future__ import annotations

from pathlib import Path

import pytest

from mlcluster.errors import DataError
from mlcluster.labels import trainable
from mlcluster.labels.literature import clusters, measurements, pairs, touchstones
from mlcluster.labels.literature.table import EMISSION_KINDS, YIELD_METHODS
from mlcluster.resources import dataset_dir


def test_the_four_measured_systems_are_as_published() -> None:
    values = {name: {r.target: r.value for r in records} for name, records in touchstones().items()}
    assert values["E"] == {"gap": 2.17} and values["S"] == {"gap": 1.72}
    assert values["Au21"] == pytest.approx({"emission": 715.0, "quantum_yield": 0.131, "lifetime": 2.65})
    assert values["Au22"] == pytest.approx({"emission": 730.0, "quantum_yield": 0.4763, "lifetime": 3.82})


def test_counts_units_and_bounds() -> None:
    records = measurements()
    assert len(records) == 232
    assert {r.target: r.unit for r in records} == {
        "gap": "eV",
        "emission": "nm",
        "quantum_yield": "fraction",
        "lifetime": "us",
    }
    full = [r for r in records if r.target == "quantum_yield" and r.value == 1.0]
    assert len(full) == 2 and all(r.bound == "lower" for r in full)
    assert all(r.source for r in records)
    assert len(pairs()) == 110


def test_nothing_trainable_carries_the_flag() -> None:
    kept = trainable(measurements())
    assert 0 < len(kept) < 223
    assert not any("TOUCHSTONE" in r.flags for r in kept)


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (",900,unknown,15,", ",900,unknown,1500,"),
        (",900,unknown,15,", ",900 nm,unknown,15,"),
        ("Au38,14,SAdm;20|", "Au38,fourteen,SAdm;20|"),
        ("Au38,14,SAdm;20|", "Au38,14,SAdmm;20|"),
        ("SAdm)20,0,Au38", "SAdm)20,none,Au38"),
    ],
)
def test_a_bad_row_is_named(good: str, bad: str, tmp_path: Path) -> None:
    text = (dataset_dir("literature") / "measurements.csv").read_text(encoding="utf-8")
    spoiled = tmp_path / "table.csv"
    assert good in text
    spoiled.write_text(text.replace(good, bad, 1), encoding="utf-8")
    with pytest.raises(DataError, match="m0000 Au38S2_SAdm20"):
        measurements(spoiled)


def test_a_touchstone_under_another_name_keeps_its_flag(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text(
        "measurement_id,cluster_id,formula,charge,qy_percent,doi\n"
        "u1,Mine,[Au22(SAdm)12(PPh2py)4]2+,2,47,10.1000/x\n"
        "u2,Other,[Au22(SAdm)12(PPh3)4]2+,2,47,10.1000/x\n",
        encoding="utf-8",
    )
    mine, other = measurements(path)
    assert mine.flags == {"TOUCHSTONE"} and other.flags == frozenset()
    assert trainable([mine, other]) == [other]


def test_several_rows_of_one_compound_stay_several_rows() -> None:
    record = clusters()["Au39_PET29"]
    assert [(m.medium.state, m.value("quantum_yield")) for m in record.measurements] == [
        ("solution", 0.19),
        ("film", 0.32),
    ]
    assert [m.value("emission") for m in record.measurements] == [915.0, None]
    assert record.composition.ligands == {"PET": 29} and record.electrons == 10
    first = record.measurements[0]
    assert (first.emission_kind, first.yield_method, first.doi) == ("phosphorescence", "unknown", "10.1039/d4nr00677a")


def test_every_row_is_typed() -> None:
    rows = [m for record in clusters().values() for m in record.measurements]
    assert len(rows) == 181 and len(clusters()) == 145
    assert all(m.labels and (m.doi or m.reference) for m in rows)
    assert {m.emission_kind for m in rows} == set(EMISSION_KINDS)
    assert {m.yield_method for m in rows} == set(YIELD_METHODS)
    assert sum(record.composition.complete for record in clusters().values()) == 113
