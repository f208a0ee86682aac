from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from mlcluster.errors import DataError, InputError
from mlcluster.labels.label_records import trainable
from mlcluster.labels.literature import clusters, measurements
from mlcluster.labels.literature.additions import add
from mlcluster.labels.literature.known_values import OWN, values_of_formula
from mlcluster.labels.literature.table import bundled

HEADER = "measurement_id,cluster_id,formula,charge,emission_nm,medium,temperature_k,doi"
ROW = "u1,Au25_own,[Au25(TBBT)18]-,-1,980,toluene,298,10.1000/own"


def table(path: Path, *rows: str, header: str = HEADER) -> Path:
    path.write_text("\n".join((header, *rows)), encoding="utf-8")
    return path


def test_rows_are_appended_and_stay_rows(tmp_path: Path) -> None:
    before = hashlib.sha256(bundled("measurements.csv").read_bytes()).hexdigest()
    own = tmp_path / "own"
    (first,) = add(table(tmp_path / "a.csv", ROW), own)
    assert (first["added"], first["rows"], first["findings"]) == (1, 1, [])
    # The same compound at another temperature, in a table with another unit.
    cold = "u2,Au25_own,[Au25(TBBT)18]-,1.30,77,10.1000/own"
    header = "measurement_id,cluster_id,formula,emission_ev,temperature_k,doi"
    (second,) = add(table(tmp_path / "b.csv", cold, header=header), own)
    assert (second["added"], second["rows"]) == (1, 2)
    (record,) = clusters(own / "measurements.csv").values()
    assert [(m.id, m.temperature_k) for m in record.measurements] == [("u1", 298.0), ("u2", 77.0)]
    assert [label.value for label in measurements(own / "measurements.csv")] == pytest.approx([980.0, 953.7], abs=0.1)
    assert hashlib.sha256(bundled("measurements.csv").read_bytes()).hexdigest() == before
    assert [path.name for path in own.iterdir()] == ["measurements.csv"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (ROW, "an earlier row has this identifier"),
        (ROW.replace("u1", "u2"), "the same measurement as u1 Au25_own"),
        ("m0000,Au26_own,[Au26(TBBT)18]0,0,980,toluene,298,10.1000/own", "an earlier row has this identifier"),
        ("u3,Cu15_PPh3_6_PET13,[Cu15(PPh3)6(PET)14]+,1,720,,,10.1000/own", "the first row of Cu15_PPh3_6_PET13 says"),
        ("u4,Au25_own,[Au25(TBBT)18]0,0,990,toluene,298,10.1000/own", "the first row of Au25_own says -1"),
        ("u6,Au26_own,[Au26(TBBTT)18]0,0,990,toluene,298,10.1000/own", "Did you mean TBBT?"),
        ("u7,Au26_own,[Au26(TBBT18]0,0,990,toluene,298,10.1000/own", "unbalanced brackets"),
    ],
)  # fmt: skip
def test_one_refused_row_keeps_all_out(row: str, message: str, tmp_path: Path) -> None:
    own = tmp_path / "own"
    add(table(tmp_path / "a.csv", ROW), own)
    kept = (own / "measurements.csv").read_bytes()
    good = "u9,Au30_own,[Au30(TBBT)18]0,0,900,toluene,298,10.1000/own"
    (result,) = add(table(tmp_path / "b.csv", good, row), own)
    assert (result["added"], result["rows"]) == (0, 1)
    assert "nothing was added: 1 of 2 rows" in result["error"]
    errors = [found for found in result["findings"] if found["level"] == "error"]
    assert {found["line"] for found in errors} == {3}
    assert any(message in found["message"] for found in errors)
    assert (own / "measurements.csv").read_bytes() == kept


def test_a_measurement_of_the_bundled_table_is_a_duplicate(tmp_path: Path) -> None:
    lines = bundled("measurements.csv").read_text(encoding="utf-8").splitlines()
    copied = lines[3].replace("m0002", "u1")
    (result,) = add(table(tmp_path / "a.csv", copied, header=lines[0]), tmp_path / "own")
    assert [found["message"] for found in result["findings"]] == ["the same measurement as m0002 Au39_PET29"]
    other = copied.replace(",19,", ",21,")
    assert add(table(tmp_path / "b.csv", other, header=lines[0]), tmp_path / "own")[0]["added"] == 1


def test_the_bundled_directory_and_pairs_are_refused(tmp_path: Path) -> None:
    source = table(tmp_path / "a.csv", ROW)
    with pytest.raises(DataError, match="directory of your own"):
        add(source, bundled("measurements.csv").parent)
    with pytest.raises(InputError, match="table of pairs"):
        add(bundled("pairs.csv"), tmp_path / "own")


def test_two_at_once_do_not_lose_rows(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / ".measurements.lock").touch()
    with pytest.raises(DataError, match="delete this file"):
        add(table(tmp_path / "a.csv", ROW), own)
    (own / ".measurements.lock").unlink()
    assert add(table(tmp_path / "a.csv", ROW), own)[0]["added"] == 1


def test_a_write_that_fails_leaves_the_old_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own"
    add(table(tmp_path / "a.csv", ROW), own)
    kept = (own / "measurements.csv").read_bytes()

    def full(descriptor: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        add(table(tmp_path / "b.csv", ROW.replace("u1", "u2").replace("980", "970")), own)
    assert (own / "measurements.csv").read_bytes() == kept
    assert [path.name for path in own.iterdir()] == ["measurements.csv"]


def test_an_own_measurement_of_a_touchstone_is_kept_flagged_and_said(tmp_path: Path) -> None:
    table = tmp_path / "new.csv"
    table.write_text(
        "measurement_id,cluster_id,formula,charge,qy_fraction,medium,doi\n"
        "u1,gold22,[Au22(SAdm)12(PPh2py)4]2+,2,0.45,CH2Cl2,10.1000/own\n"
        "u2,gold25,[Au25(TBBT)18]-,-1,0.01,toluene,10.1000/own\n",
        encoding="utf-8",
    )
    (result,) = add(table, tmp_path / "own")
    assert result["added"] == 2 and result["errors"] == 0
    said = " ".join(result["sentences"])
    assert "gold22: a system that judges this package" in said and "no model is trained on them" in said
    assert "gold25" not in said
    flags = {record.id: record.measurements[0].labels[0].flags for record in clusters(result["to"]).values()}
    assert flags["gold22"] >= {"TOUCHSTONE"} and not flags["gold25"]
    labels = [label for record in clusters(result["to"]).values() for m in record.measurements for label in m.labels]
    assert {label.entry for label in trainable(labels)} == {"gold25"}
    rows = values_of_formula("[Au22(SAdm)12(PPh2py)4]2+", own=tmp_path / "own")
    assert [row["value"] for row in rows if row["table"] == OWN] == [0.45]
    assert any(row["table"] == "literature" for row in rows)


def test_a_table_that_is_not_there_is_told() -> None:
    with pytest.raises(InputError, match="no table of measurements"):
        values_of_formula("[Au22(SAdm)12(PPh2py)4]2+", own="nowhere")
