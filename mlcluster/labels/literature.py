"""Reader of the bundled literature table: measurements of clusters, each with its source and reservations."""

from __future__ import annotations

import csv
from pathlib import Path

from mlcluster.errors import DataError
from mlcluster.labels.records import TOUCHSTONE, LabelRecord
from mlcluster.labels.targets import Bound
from mlcluster.resources import dataset_dir

# Column, unit of that column, target. The table gives yields in percent.
_COLUMNS = (
    ("gap_ev", "eV", "gap"),
    ("emission_nm", "nm", "emission"),
    ("qy_percent", "percent", "quantum_yield"),
    ("lifetime_us", "us", "lifetime"),
)

# First words of the table's free text on the gap -> controlled name; the first that fits is taken.
_GAP_METHODS = (
    ("optical", "optical"),
    ("electrochemical", "electrochemical"),
    ("tddft", "tddft-not-stated"),
    ("dft", "dft-not-stated"),
    ("unspecified", "measured-not-stated"),
    ("band gap (method not stated", "measured-not-stated"),
)


def measurements(path: Path | None = None) -> list[LabelRecord]:
    """Every value of the table as a record; several rows of one cluster stay several records.

    Parameters
    ----------
    path
        A table of the same columns; the bundled one by default.

    Raises
    ------
    DataError
        Naming the row that breaks a rule.
    """
    path = path or dataset_dir("literature") / "measurements.csv"
    records: list[LabelRecord] = []
    with open(path, encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            try:
                records += _row_records(row)
            except DataError as error:
                raise DataError(
                    error.what,
                    file=path,
                    site=f"{row['measurement_id']} {row['cluster_id']}",
                    found=error.found,
                    expected=error.expected,
                    hint=error.hint,
                ) from None
    return records


def touchstones(path: Path | None = None) -> dict[str, list[LabelRecord]]:
    """Measurements of the four systems that judge the package, by name, for display beside predictions only."""
    names = {
        "Au13Ag12_PPh3_10_Cl8_E": "E",
        "Au13Ag12_PPh3_10_Cl8_S": "S",
        "Au21_SAdm12_PPh2py3": "Au21",
        "Au22_SAdm12_PPh2py4": "Au22",
    }
    found: dict[str, list[LabelRecord]] = {name: [] for name in names.values()}
    for record in measurements(path):
        if TOUCHSTONE in record.flags:
            found[names[record.entry]].append(record)
    return found


def pairs(path: Path | None = None) -> list[dict[str, str]]:
    """Related pairs as the table states them: pair_kind, cluster_id_a, cluster_id_b, doi."""
    with open(path or dataset_dir("literature") / "pairs.csv", encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def _row_records(row: dict[str, str]) -> list[LabelRecord]:
    flags = frozenset(filter(None, row["flags"].split("|")))
    bound: Bound | None = "lower" if "LOWER_BOUND" in flags else None
    return [
        LabelRecord(
            entry=row["cluster_id"],
            target=target,
            method=_gap_method(row["gap_method"]) if target == "gap" else "measured",
            value=float(row[column]),
            unit=unit,
            # LOWER_BOUND rows are lower bounds of the yield; their other numbers are values.
            bound=bound if target == "quantum_yield" else None,
            medium=row["medium"] or None,
            temperature_k=float(row["temperature_k"]) if row["temperature_k"] else None,
            source=row["doi"] or row["reference"] or row["source_url"] or None,
            flags=flags,
        )
        for column, unit, target in _COLUMNS
        if row[column]
    ]


def _gap_method(text: str) -> str:
    for start, name in _GAP_METHODS:
        if text.lower().startswith(start):
            return name
    raise DataError("cannot tell how a gap was obtained.", found=text or "nothing", expected="a word on the method")
