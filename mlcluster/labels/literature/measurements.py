"""Measurements of the literature, and the compounds they belong to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mlcluster.errors import DataError, InputError
from mlcluster.labels.conditions import Medium, parse_medium, parse_temperature
from mlcluster.labels.label_records import TOUCHSTONE, TOUCHSTONE_NAMES, LabelRecord
from mlcluster.labels.literature.composition import Composition, composition_of
from mlcluster.labels.literature.table import VALUE_COLUMNS, Row, bundled, gap_method, read_table
from mlcluster.labels.targets import Bound

_TOUCHSTONE_COMPOSITIONS = (
    ({"Au": 13, "Ag": 12}, {"PPh3": 10, "Cl": 8}),
    ({"Au": 21}, {"SAdm": 12, "PPh2py": 3}),
    ({"Au": 22}, {"SAdm": 12, "PPh2py": 4}),
)


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One row: the values of one experiment or calculation, with its conditions and its source.

    Parameters
    ----------
    id, line
        Identifier, and line of the file.
    labels
        One record a value, in the units of the targets.
    emission_kind, yield_method
        Words of `mlcluster.labels.literature.table`; "unknown" where not stated.
    excitation_nm, medium, temperature_k
        Conditions.
    doi, reference, url
        Source; at least one is given.
    confidence
        "high", "medium", "low" or "" of whoever read the source.
    flags
        Reservations; see `mlcluster.labels.label_records`.
    """

    id: str
    line: int
    labels: tuple[LabelRecord, ...]
    emission_kind: str
    yield_method: str
    excitation_nm: float | None
    medium: Medium
    temperature_k: float | None
    doi: str
    reference: str
    url: str
    confidence: str
    flags: frozenset[str]

    def value(self, target: str) -> float | None:
        """Value of a target in its unit, or None."""
        return next((label.value for label in self.labels if label.target == target), None)


@dataclass(frozen=True, kw_only=True)
class ClusterRecord:
    """One compound and everything the table says about it.

    Parameters
    ----------
    id
        Identifier.
    formula
        As written in the first row.
    composition
        Metals, ligands and charge, as far as they are known.
    electrons
        Superatom electrons as stated; None where they are not.
    kernel
        What is said about the metal kernel, in words.
    measurements
        Its rows, in the order of the table: several media and temperatures are several rows.
    """

    id: str
    formula: str
    composition: Composition
    electrons: int | None
    kernel: str
    measurements: tuple[Measurement, ...]


def clusters(path: str | Path | None = None) -> dict[str, ClusterRecord]:
    """Compounds of a table by identifier, in its order.

    Parameters
    ----------
    path
        A table of the same columns; the bundled one by default.

    Raises
    ------
    DataError
        Naming the row that breaks a rule.
    """
    path = Path(path) if path is not None else bundled("measurements.csv")
    try:
        return cluster_records(read_table(path).rows)
    except DataError as error:
        raise error.placed(file=path) from None


def cluster_records(rows: Iterable[Row]) -> dict[str, ClusterRecord]:
    """Compounds of some rows by identifier.

    Raises
    ------
    DataError
        Naming the row that breaks a rule.
    """
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row["cluster_id"], []).append(row)
    return {name: _cluster(name, group) for name, group in groups.items()}


def measurements(path: str | Path | None = None) -> list[LabelRecord]:
    """Every value of a table as a label, in the order of its rows; several rows of one cluster stay several labels.

    Parameters
    ----------
    path
        A table of the same columns; the bundled one by default.

    Raises
    ------
    DataError
        Naming the row that breaks a rule.
    """
    rows = [row for record in clusters(path).values() for row in record.measurements]
    return [label for row in sorted(rows, key=lambda row: row.line) for label in row.labels]


def touchstones(path: str | Path | None = None) -> dict[str, list[LabelRecord]]:
    """Measurements of the four systems that judge the package, by name, for display beside predictions only."""
    found: dict[str, list[LabelRecord]] = {name: [] for name in TOUCHSTONE_NAMES.values()}
    for label in measurements(path):
        if label.entry in TOUCHSTONE_NAMES:
            found[TOUCHSTONE_NAMES[label.entry]].append(label)
    return found


def is_touchstone(composition: Composition) -> bool:
    """Tell whether a compound has metals and ligands of one of the four, under whatever name it comes."""
    return (composition.metals, composition.ligands) in _TOUCHSTONE_COMPOSITIONS


def _cluster(name: str, rows: list[Row]) -> ClusterRecord:
    first = rows[0]
    try:
        composition, electrons = composition_of(first), _number(first, "n_valence_electrons")
    except (InputError, DataError) as error:
        raise DataError(
            error.what, site=first.name, found=error.found, expected=error.expected, hint=error.hint
        ) from None
    extra = frozenset({TOUCHSTONE}) if is_touchstone(composition) else frozenset()
    return ClusterRecord(
        id=name,
        formula=first["formula"],
        composition=composition,
        electrons=None if electrons is None else int(electrons),
        kernel=next((row["kernel"] for row in rows if row["kernel"]), ""),
        measurements=tuple(_measurement(row, extra) for row in rows),
    )


def _measurement(row: Row, extra: frozenset[str]) -> Measurement:
    flags = extra | frozenset(filter(None, row["flags"].split("|")))
    try:
        temperature = parse_temperature(row["temperature_k"])
        labels, excitation = tuple(_labels(row, flags, temperature)), _number(row, "excitation_nm")
    except DataError as error:
        raise DataError(
            error.what, site=row.name, found=error.found, expected=error.expected, hint=error.hint
        ) from None
    return Measurement(
        id=row["measurement_id"],
        line=row.line,
        labels=labels,
        emission_kind=row["emission_kind"] or "unknown",
        yield_method=row["qy_method"] or "unknown",
        excitation_nm=excitation,
        medium=parse_medium(row["medium"]),
        temperature_k=temperature,
        doi=row["doi"],
        reference=row["reference"],
        url=row["source_url"],
        confidence=row["confidence"],
        flags=flags,
    )


def _labels(row: Row, flags: frozenset[str], temperature: float | None) -> Iterable[LabelRecord]:
    bound: Bound | None = "lower" if "LOWER_BOUND" in flags else None
    for column, (target, unit) in VALUE_COLUMNS.items():
        value = _number(row, column)
        if value is None:
            continue
        yield LabelRecord(
            entry=row["cluster_id"],
            target=target,
            method=gap_method(row["gap_method"]) if target == "gap" else "measured",
            value=value,
            unit=unit,
            # LOWER_BOUND rows are lower bounds of the yield; their other numbers are values.
            bound=bound if target == "quantum_yield" else None,
            medium=row["medium"] or None,
            temperature_k=temperature,
            source=row["doi"] or row["reference"] or row["source_url"] or None,
            flags=flags,
        )


def _number(row: Row, column: str) -> float | None:
    try:
        return float(row[column]) if row[column] else None
    except ValueError:
        raise DataError(
            f"{column} is not a plain number.", found=row[column], expected="digits without a unit"
        ) from None
