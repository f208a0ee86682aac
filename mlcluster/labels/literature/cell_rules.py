"""Rules for the cells of a table of measurements, and what is found where they are broken."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from mlcluster.errors import MlclusterError
from mlcluster.labels.conditions import parse_temperature
from mlcluster.labels.label_records import check_flag
from mlcluster.labels.literature.composition import charge_in, ligands_in
from mlcluster.labels.literature.table import (
    CONFIDENCES,
    EMISSION_KINDS,
    VALUE_COLUMNS,
    YIELD_METHODS,
    Row,
    Table,
    gap_method,
)
from mlcluster.labels.targets import get_target
from mlcluster.units import EV_NM

if TYPE_CHECKING:
    from pandera.pandas import Check, DataFrameSchema

Level = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Parameters
    ----------
    level
        "error": the row is refused; "warning": it contradicts something and needs a look; "note": a check could not
        be made.
    line, row, entry
        Line of the file, identifier of the row, and of the compound.
    column, value
        The cell, or the columns of a rule that ties several together.
    rule, message
        The rule in a few words, and what is wrong in a sentence.
    """

    level: Level
    line: int
    row: str
    entry: str
    column: str
    value: str
    rule: str
    message: str

    def to_dict(self) -> dict[str, Any]:
        """Fields by name."""
        return asdict(self)


def finding(level: Level, row: Row, column: str, rule: str, message: str, value: str | None = None) -> Finding:
    """Finding about a row of measurements; the value is that of the column unless another is given."""
    cell = row[column] if value is None else value
    return Finding(level, row.line, row["measurement_id"], row["cluster_id"], column, cell, rule, message)


def errors_among(findings: Sequence[Finding]) -> list[Finding]:
    """Those that refuse a row."""
    return [found for found in findings if found.level == "error"]


Rule = Callable[[str], str]

_LARGEST_CHARGE = 12
_EXCITATION_NM = (150.0, 2000.0)
_DOI = re.compile(r"10\.\d{4,9}/\S+")


def rules() -> dict[str, tuple[str, Rule]]:
    """Rule of each column: its name, and the complaint about a cell ("" where it is right).

    >>> rules()["qy_fraction"][1]("47")
    'not within 0 to 1 fraction; 47 looks like percent'
    """
    values = {
        column: (f"{target} that is possible, in {unit}", partial(_value, target, unit))
        for column, (target, unit) in VALUE_COLUMNS.items()
    }
    return {
        "measurement_id": ("an identifier", _word),
        "cluster_id": ("an identifier", _word),
        "formula": ("a formula, or words", _filled),
        "charge": ("a whole number of charges", _charge),
        "n_valence_electrons": ("a whole number of electrons", _electrons),
        "ligands": ("known ligands, name;number|name;number", partial(_parses, ligands_in)),
        **values,
        "gap_method": ("a method", lambda cell: _parses(gap_method, cell) if cell else ""),
        "emission_kind": ("a kind of emission", partial(_one_of, EMISSION_KINDS)),
        "qy_method": ("a method", partial(_one_of, YIELD_METHODS)),
        "excitation_nm": ("a wavelength in nm", _excitation),
        "temperature_k": ("a temperature in kelvin", partial(_parses, parse_temperature)),
        "doi": ("a DOI", lambda cell: "" if not cell or _DOI.fullmatch(cell) else "a DOI is written 10.1021/..."),
        "source_url": ("a web address", _address),
        "confidence": ("a confidence", partial(_one_of, CONFIDENCES)),
        "flags": ("known flags, joined by |", _flags),
    }


def _filled(cell: str) -> str:
    return "" if cell else "the cell is empty"


def _word(cell: str) -> str:
    return _filled(cell) or ("an identifier has no blanks" if re.search(r"\s", cell) else "")


def _parses(parse: Callable[[str], object], cell: str) -> str:
    try:
        parse(cell)
    except MlclusterError as error:
        return f"{error.what} {error.hint or f'Expected: {error.expected}.'}"
    return ""


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _charge(cell: str) -> str:
    complaint = _parses(charge_in, cell)
    if not complaint and cell and abs(int(cell)) > _LARGEST_CHARGE:
        return f"no cluster is known beyond {_LARGEST_CHARGE} charges"
    return complaint


def _electrons(cell: str) -> str:
    return "" if not cell or cell.isdecimal() else "a number of electrons is a whole number, 0 or more"


def _value(target: str, unit: str, cell: str) -> str:
    if not cell:
        return ""
    value = _number(cell)
    if value is None:
        return "not a plain number; the unit stands in the name of the column"
    definition = get_target(target)
    try:
        definition.convert(value, unit)
    except MlclusterError:
        scale = definition.accepted_units[unit]
        low, high = (scale(b) if callable(scale) else b / scale for b in definition.bounds)
        low, high = min(low, high), max(low, high)
        return f"not within {low:g} to {high:g} {unit}{_mistaken(target, unit, value)}"
    return ""


def _mistaken(target: str, unit: str, value: float) -> str:
    """What the value would be, had it been given in the unit it is usually mistaken for."""
    if target == "quantum_yield" and unit == "fraction" and 1.0 < value <= 100.0:
        return f"; {value:g} looks like percent"
    if unit == "nm" and 0.2 <= value <= 6.2:
        return f"; {value:g} looks like eV, which is {EV_NM / value:.0f} nm"
    if unit == "eV" and 200.0 <= value <= 5000.0:
        return f"; {value:g} looks like nm, which is {EV_NM / value:.2f} eV"
    return ""


def _one_of(words: Iterable[str], cell: str) -> str:
    return "" if not cell or cell in words else f"not one of {', '.join(words)}"


def _excitation(cell: str) -> str:
    low, high = _EXCITATION_NM
    value = _number(cell) if cell else low
    return "" if value is not None and low <= value <= high else f"not within {low:g} to {high:g} nm"


def _address(cell: str) -> str:
    return "" if not cell or re.fullmatch(r"https?://\S+", cell) else "a web address starts with https://"


def _flags(cell: str) -> str:
    complaints = {flag: _parses(check_flag, flag) for flag in cell.split("|") if flag}
    return " ".join(f"{flag}: {complaint}" for flag, complaint in complaints.items() if complaint)


_UNIQUE = "field_uniqueness"


def schema(columns: tuple[str, ...]) -> DataFrameSchema:
    """Schema of a table of measurements with these columns, all of them text."""
    from pandera.pandas import Column, DataFrameSchema

    table = rules()
    return DataFrameSchema(
        {
            column: Column(
                str,
                [_check(*table[column])] if column in table else [],
                unique=column == "measurement_id",
                report_duplicates="exclude_first",
            )
            for column in columns
        },
        strict=True,
        name="measurements",
    )


def check_cells(table: Table) -> list[Finding]:
    """Everything the schema has against the cells of a table, in the order of its rows."""
    import pandas as pd
    from pandera.errors import SchemaErrors

    frame = pd.DataFrame([row.cells for row in table.rows], columns=list(table.columns), dtype=str)
    try:
        schema(table.columns).validate(frame, lazy=True)
    except SchemaErrors as failures:
        cases = failures.failure_cases
    else:
        return []
    known = rules()
    found = [
        _finding(table.rows[int(index)], str(column), str(check), known)
        for index, column, check in zip(cases["index"], cases["column"], cases["check"], strict=True)
    ]
    return sorted(found, key=lambda f: (f.line, table.columns.index(f.column)))


def _check(name: str, rule: Rule) -> Check:
    from pandera.pandas import Check

    return Check(lambda cell: not rule(cell), element_wise=True, name=name, error=name)


def _finding(row: Row, column: str, check: str, known: dict[str, tuple[str, Rule]]) -> Finding:
    if check == _UNIQUE:
        return finding("error", row, column, "each identifier once", "an earlier row has this identifier")
    name, rule = known[column]
    return finding("error", row, column, name, rule(row[column]))
