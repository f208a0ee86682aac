from __future__ import annotations

from pathlib import Path

import pytest

from mlcluster.errors import DataError
from mlcluster.labels import trainable
from mlcluster.labels.literature import measurements, pairs, touchstones
from mlcluster.resources import dataset_dir


def test_the_four_measured_systems_are_as_published() -> None:
    values = {name: {r.target: r.value for r in records} for name, records in touchstones().items()}
    assert values["E"] == {"gap": 2.17} and values["S"] == {"gap": 1.72}
    assert values["Au21"] == pytest.approx({"emission": 715.0, "quantum_yield": 0.131, "lifetime": 2.65})
    assert values["Au22"] == pytest.approx({"emission": 730.0, "quantum_yield": 0.4763, "lifetime": 3.82})


def test_counts_units_and_bounds() -> None:
    records = measurements()
    assert len(records) == 223
    assert {r.target: r.unit for r in records} == {
        "gap": "eV",
        "emission": "nm",
        "quantum_yield": "fraction",
        "lifetime": "us",
    }
    full = [r for r in records if r.target == "quantum_yield" and r.value == 1.0]
    assert len(full) == 2 and all(r.bound == "lower" for r in full)
    assert all(r.source for r in records)
    assert len(pairs()) == 106


def test_nothing_trainable_carries_the_flag() -> None:
    kept = trainable(measurements())
    assert 0 < len(kept) < 223
    assert not any("TOUCHSTONE" in r.flags for r in kept)


def test_a_bad_row_is_named(tmp_path: Path) -> None:
    text = (dataset_dir("literature") / "measurements.csv").read_text(encoding="utf-8")
    spoiled = tmp_path / "table.csv"
    spoiled.write_text(text.replace(",900,unknown,15,", ",900,unknown,1500,"), encoding="utf-8")
    with pytest.raises(DataError, match="m0000 Au38S2_SAdm20"):
        measurements(spoiled)
