from __future__ import annotations

from pathlib import Path

import pytest

from mlcluster.labels.literature.table import read_table
from mlcluster.labels.literature.validation import check_measurements, validate

HEADER = "measurement_id,cluster_id,formula,gap_ev,gap_method,doi"

# Row of the table of seeded faults -> level, column, and words of the reason.
FAULTS = {
    "wrong-unit": ("error", "lifetime_us", "the unit stands in the name of the column"),
    "yield-in-percent": ("error", "qy_fraction", "47 looks like percent"),
    "ev-for-nm": ("error", "emission_nm", "1.7 looks like eV, which is 729 nm"),
    "nm-for-ev": ("error", "gap_ev", "730 looks like nm, which is 1.70 eV"),
    "impossible-charge": ("error", "charge", "leave -1 electrons: Au +20, PET -16, charge -5"),
    "charge-against-formula": ("error", "charge", "the formula says +1"),
    "charge-in-words": ("error", "charge", "a charge is a whole number"),
    "duplicate": ("error", "measurement_id", "the same measurement as good1 Au25_PET18_m1"),
    "unknown-ligand": ("error", "ligands", "Did you mean TBBT?"),
    "other-ligand": ("error", "ligands", "the formula says 19 SAdm"),
    "other-metals": ("error", "metals", "the formula says 30 Au"),
    "unknown-flag": ("error", "flags", "Did you mean TOUCHSTONE?"),
    "celsius": ("error", "temperature_k", "Degrees Celsius plus 273.15 are kelvin."),
    "no-method": ("error", "gap_method", "how the gap was obtained is not said"),
    "no-source": ("error", "doi", "neither doi nor reference nor source_url"),
    "no-value": ("error", "", "no gap, emission, yield or lifetime"),
    "lifetime-in-seconds": ("error", "lifetime_us", "the radiative rate 4.9e+10 per s"),
    "other-electrons": ("warning", "n_valence_electrons", "counted 8: Au +38, SAdm -30, charge +0"),
    "above-the-gap": ("warning", "emission_nm", "2.00 eV lies above the optical gap of 1 eV"),
    "unflagged-touchstone": ("error", "flags", "flag it TOUCHSTONE"),
    "other-composition": ("error", "ligands", "the first row of Au24_made says"),
}


def test_the_bundled_tables_are_clean() -> None:
    measurements, pairs = validate()
    for result in (measurements, pairs):
        assert "error" not in result
        assert result["errors"] == 0
    assert (measurements["rows"], measurements["clusters"], pairs["rows"]) == (181, 145, 110)


def test_every_seeded_fault_is_caught_with_row_and_reason(test_data: Path) -> None:
    (result,) = validate([test_data / "literature" / "faults.csv"])
    found = {finding["row"]: finding for finding in result["findings"] if finding["level"] != "note"}
    lines = {row["measurement_id"]: row.line for row in reversed(read_table(result["file"]).rows)}
    for row, (level, column, words) in FAULTS.items():
        assert (found[row]["level"], found[row]["column"], found[row]["line"]) == (level, column, lines[row]), row
        assert words in found[row]["message"], found[row]
    assert found["good1"]["rule"] == "each identifier once" and found["good1"]["line"] == 12
    assert set(found) == {*FAULTS, "good1"}
    assert result["error"] == "20 of 24 rows are refused, for 20 reasons."


def test_sound_rows_have_no_finding(test_data: Path, tmp_path: Path) -> None:
    lines = (test_data / "literature" / "faults.csv").read_text(encoding="utf-8").splitlines()[:3]
    (tmp_path / "sound.csv").write_text("\n".join(lines), encoding="utf-8")
    (result,) = validate([tmp_path / "sound.csv"])
    assert result["findings"] == []
    assert result["labels"] == {
        "emission:measured": {"stated": 1, "trainable": 1},
        "gap:optical": {"stated": 1, "trainable": 1},
        "lifetime:measured": {"stated": 1, "trainable": 1},
        "quantum_yield:measured": {"stated": 1, "trainable": 1},
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a column is missing"),
        ("measurement_id,cluster_id,formula,gap_mev,emision_nm\n", "Did you mean emission_nm"),
        ("measurement_id,cluster_id,formula,gap_kcal\n", "Found: gap_kcal"),
        ("measurement_id,cluster_id,formula,formula\n", "occurs twice"),
        ("measurement_id,formula\n", "Expected: cluster_id"),
        ("measurement_id;cluster_id;formula\n", "Put commas between the columns"),
        (f"{HEADER}\na,b,Au25(SR)18,1,optical\n", "line 2: a row does not fit the header. Found: 5 cells"),
        ("\xff", "CSV in UTF-8"),
    ],
)
def test_a_file_that_is_no_such_table(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode("latin-1"))
    (result,) = validate([path])
    assert message in result["error"]


def test_a_missing_file_and_one_without_rows(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text(f"{HEADER}\n", encoding="utf-8")
    missing, empty = validate([tmp_path / "missing.csv", tmp_path / "empty.csv"])
    assert "no such file" in missing["error"]
    assert "error" not in empty and empty["rows"] == 0 and empty["labels"] == {}


def test_several_rows_of_one_compound_and_two_units_of_one_value(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(
        "measurement_id,cluster_id,formula,emission_nm,emission_ev,temperature_k,doi\n"
        "a,Au25,[Au25(PET)18]-,980,,298,10.1000/x\n"
        "b,Au25,[Au25(PET)18]-,,1.30,77,10.1000/x\n"
        "c,Au25,[Au25(PET)18]-,954,1.30,4,10.1000/x\n",
        encoding="utf-8",
    )
    findings, records = check_measurements(read_table(path))
    assert {finding.row for finding in findings} == {"c"}
    assert {finding.column for finding in findings} == {"emission_nm", "emission_ev"}
    (record,) = records.values()
    assert [row.id for row in record.measurements] == ["a", "b"]
    assert record.measurements[1].value("emission") == pytest.approx(953.7, abs=0.1)
    assert [row.temperature_k for row in record.measurements] == [298.0, 77.0]


def test_pairs_of_a_table(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text(
        "pair_kind,cluster_id_a,cluster_id_b,doi\n"
        "isomer,Au25_PET18_m1,Au25_PET18_0,\n"
        "twins,Au25_PET18_m1,Au25_PET18_0,\n"
        "charge state,Au25_PET18_0,Au25_PET18_m1,\n"
        "doping,Au25_PET18_0,,\n"
        "doping,Au25_PET18_0,Never_measured,\n",
        encoding="utf-8",
    )
    (result,) = validate([path])
    assert (result["rows"], result["unmeasured"], result["compared"], result["agreeing"]) == (3, 1, 2, 1)
    told = {finding["line"]: (finding["level"], finding["message"]) for finding in result["findings"]}
    assert told[2] == ("warning", "rather charge state: one composition, charge -1 against +0")
    assert told[3][0] == told[4][0] == told[5][0] == "error"
    assert "unknown kind of pair" in told[3][1] and "line 2" in told[4][1] and "two compounds" in told[5][1]
