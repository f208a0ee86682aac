"""The rule of each column of measurements: a function that says what is wrong with a cell, or nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import partial

from mlcluster.errors import MlclusterError
from mlcluster.labels.conditions import parse_temperature
from mlcluster.labels.flags import check_flag
from mlcluster.labels.literature.composition import charge_in, ligands_in
from mlcluster.labels.literature.table import VALUE_COLUMNS
from mlcluster.labels.literature.vocabulary import CONFIDENCES, EMISSION_KINDS, YIELD_METHODS, gap_method
from mlcluster.labels.targets import get_target
from mlcluster.units import EV_NM

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
