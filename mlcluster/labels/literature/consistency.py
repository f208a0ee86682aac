"""Checks that tie several cells or several rows together: composition, electrons, rates, duplicates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from mlcluster.chem.cluster_formula import ClusterFormula
from mlcluster.chem.elements import METAL_VALENCE
from mlcluster.labels.label_records import TOUCHSTONE
from mlcluster.labels.literature.cell_rules import Finding, Level, finding
from mlcluster.labels.literature.composition import (
    charge_in,
    composition_of,
    ligands_in,
    metals_in,
    recount_electrons,
    same_ligands,
)
from mlcluster.labels.literature.measurements import ClusterRecord, Measurement, is_touchstone
from mlcluster.labels.literature.table import VALUE_COLUMNS, Row
from mlcluster.labels.methods import METHODS
from mlcluster.photophysics.rates import implausible_rates
from mlcluster.units import nm_to_ev

BROADENING_EV = 0.15
"""How far (eV) an emission maximum may lie above the gap of its compound: the width of an absorption onset."""

_CONDITIONS = ("medium", "temperature_k", "excitation_nm", "emission_kind")


def check_rows(rows: Iterable[Row]) -> Iterator[Finding]:
    """Rules within one row, before anything is computed from it."""
    for row in rows:
        given = [column for column in VALUE_COLUMNS if row[column]]
        if not given:
            yield finding("error", row, "", "a row has a value", "no gap, emission, yield or lifetime is given")
        targets = [VALUE_COLUMNS[column][0] for column in given]
        for column, target in zip(given, targets, strict=True):
            if targets.count(target) > 1:
                yield finding("error", row, column, "one value a target", f"{target} is given in two units")
        if "gap" in targets and not row["gap_method"]:
            yield finding("error", row, "gap_method", "a gap has a method", "how the gap was obtained is not said")
        if not (row["doi"] or row["reference"] or row["source_url"]):
            yield finding(
                "error", row, "doi", "a row has a source", "neither doi nor reference nor source_url is given"
            )


def check_duplicates(rows: Iterable[Row]) -> Iterator[Finding]:
    """Rows that repeat compound, values, conditions and source of an earlier one, unless flagged ``DUPLICATE``."""
    seen: dict[tuple, Row] = {}
    for row in rows:
        if "DUPLICATE" in row["flags"].split("|"):
            continue
        first = seen.setdefault(_content(row), row)
        if first is not row:
            message = f"the same measurement as {first.name}"
            yield finding("error", row, "measurement_id", "no duplicate", message)


def check_formulas(row: Row, record: ClusterRecord) -> Iterator[Finding]:
    """The formula of a row against its charge, metals and ligands, and against the first row of the compound."""
    here = composition_of(row)
    for column, found, first in (
        ("charge", here.charge, record.composition.charge),
        ("metals", here.metals, record.composition.metals),
        ("ligands", here.ligands, record.composition.ligands),
    ):
        if found != first:
            message = f"the first row of {record.id} says {_words(first)}"
            yield finding("error", row, column, "one compound, one composition", message)
    if is_touchstone(here) and TOUCHSTONE not in row["flags"].split("|"):
        message = "one of the four systems that judge: flag it TOUCHSTONE"
        yield finding("error", row, "flags", "touchstones are flagged", message)
    if here.formula is not None:
        yield from _against_columns(row, here.formula)
    else:
        # Words are welcome in a formula as long as the column names the ligands; half a bracket never is.
        wrong = "unbalanced" in here.unread or (not here.ligands and "unknown ligand" in here.unread)
        message = here.unread if wrong else "words, or open numbers: only the columns are used"
        yield finding("error" if wrong else "note", row, "formula", "formula in symbols", message)


def _against_columns(row: Row, formula: ClusterFormula) -> Iterator[Finding]:
    level: Level
    charge = charge_in(row["charge"])
    if formula.charge is not None and charge != formula.charge and "charge" in row.cells:
        level = "warning" if charge is None else "error"
        yield finding(level, row, "charge", "charge as in the formula", f"the formula says {formula.charge:+d}")
    metals, _, words = row["metals"].partition(" ")
    if metals and metals_in(metals) != formula.metals:
        level = "warning" if words else "error"
        yield finding(level, row, "metals", "metals as in the formula", f"the formula says {_words(formula.metals)}")
    stated = {name: n for name, n in ligands_in(row["ligands"]).items() if n is not None}
    if stated and formula.ligands and not same_ligands(stated, formula.ligands):
        # Words behind a formula may speak of what the formula leaves out.
        level = "note" if formula.remark else "error"
        message = f"the formula says {_words(formula.ligands)}"
        yield finding(level, row, "ligands", "ligands as in the formula", message)


def check_compound(row: Row, record: ClusterRecord) -> Iterator[Finding]:
    """Charge and electrons of a compound, said once, at its first row."""
    composition = record.composition
    metals = composition.metals or {}
    if metals and composition.charge is not None and abs(composition.charge) > sum(metals.values()):
        yield finding(
            "error", row, "charge", "charge that is possible", f"{sum(metals.values())} metals do not carry it"
        )
        return
    count, stated = recount_electrons(composition), record.electrons
    if count.count is not None and count.count < 0:
        # Metals of group 9 and 10 are counted by a convention that not every compound obeys.
        coinage = all(METAL_VALENCE[metal] == 1 for metal in metals)
        terms = ", ".join(f"{name} {value:+d}" for name, value in count.terms.items())
        message = f"metals, ligands and charge leave {count.count} electrons: {terms}"
        yield finding("error" if coinage else "warning", row, "charge", "charge that is possible", message)
    elif stated is not None and count.count is None:
        total = sum(count.terms.values())
        if count.terms and total != stated:
            message = f"{total} less the charge, which is not stated; {stated} needs a charge of {total - stated:+d}"
            yield finding("warning", row, "n_valence_electrons", "electrons as counted", message)
        elif not count.terms:
            yield finding("note", row, "n_valence_electrons", "electrons as counted", f"not counted: {count.note}")
    elif stated is not None and count.count != stated:
        terms = ", ".join(f"{name} {value:+d}" for name, value in count.terms.items())
        yield finding("warning", row, "n_valence_electrons", "electrons as counted", f"counted {count.count}: {terms}")


def check_values(row: Row, measurement: Measurement, record: ClusterRecord) -> Iterator[Finding]:
    """Rates from yield and lifetime, and the emission against measured gaps of the compound."""
    quantum_yield, lifetime = measurement.value("quantum_yield"), measurement.value("lifetime")
    if quantum_yield is not None and lifetime is not None:
        for reason in implausible_rates(quantum_yield, lifetime):
            yield finding("error", row, _column(row, "lifetime"), "rates that are possible", reason)
    emission = measurement.value("emission")
    if emission is None:
        return
    gap = _measured_gap(record.measurements)
    if gap is not None and nm_to_ev(emission) > gap[0] + BROADENING_EV:
        message = f"{nm_to_ev(emission):.2f} eV lies above the {gap[1]} gap of {gap[0]:g} eV ({gap[2]})"
        yield finding("warning", row, _column(row, "emission"), "emission not above the gap", message)


def _content(row: Row) -> tuple:
    values = tuple(sorted((VALUE_COLUMNS[c], float(row[c])) for c in VALUE_COLUMNS if row[c]))
    source = (row["doi"] or row["reference"] or row["source_url"]).lower()
    return row["cluster_id"], values, row["gap_method"], tuple(row[c] for c in _CONDITIONS), source


def _words(value: Mapping[str, int | None] | int | None) -> str:
    """A charge with its sign, or numbers of metals or ligands."""
    if isinstance(value, Mapping):
        return ", ".join(f"{'?' if n is None else n} {name}" for name, n in value.items()) or "none"
    return "nothing" if value is None else f"{value:+d}"


def _measured_gap(measurements: Sequence[Measurement]) -> tuple[float, str, str] | None:
    """Largest measured gap of a compound with its method and row; calculated gaps are another quantity."""
    gaps = [
        (label.value, label.method, row.id)
        for row in measurements
        for label in row.labels
        if label.target == "gap" and METHODS[label.method].measured
    ]
    return max(gaps, default=None)


def _column(row: Row, target: str) -> str:
    return next(column for column, (name, _) in VALUE_COLUMNS.items() if name == target and row[column])
