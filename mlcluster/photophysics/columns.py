"""Tables of a measurement: CSV whose header names quantity and unit, ``T (K),FWHM (meV)``; faults are named by row."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlcluster.errors import InputError
from mlcluster.units import EV_NM

Convert = float | Callable[[NDArray[np.float64]], NDArray[np.float64]]

_HEADER = re.compile(r"^(?P<name>.*?)\s*(?:\((?P<round>[^()]*)\)|\[(?P<square>[^\[\]]*)\]|/\s*(?P<slash>[^/()]+))?$")
_LARGEST = 50_000_000

TEMPERATURE: Mapping[str, Convert] = {"K": 1.0, "degC": lambda t: t + 273.15, "°C": lambda t: t + 273.15}
ENERGY_MEV: Mapping[str, Convert] = {"meV": 1.0, "eV": 1e3, "cm-1": EV_NM * 1e-4}
TIME_US: Mapping[str, Convert] = {"us": 1.0, "µs": 1.0, "μs": 1.0, "ps": 1e-6, "ns": 1e-3, "ms": 1e3, "s": 1e6}
TIME_PS: Mapping[str, Convert] = {"ps": 1.0, "fs": 1e-3, "ns": 1e3, "us": 1e6, "µs": 1e6, "μs": 1e6, "ms": 1e9}
TIME_S: Mapping[str, Convert] = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "min": 60.0, "h": 3600.0}
NO_UNIT: Mapping[str, Convert] = {"": 1.0, "a.u.": 1.0, "counts": 1.0, "OD": 1.0, "1": 1.0}


@dataclass(frozen=True, kw_only=True)
class Column:
    """A quantity that a table may hold.

    Parameters
    ----------
    key
        Name it has in the result.
    names
        Names its header may have; the case counts for those of one letter alone.
    units
        Units its header may state, each with the factor or function to the unit of the result.
    optional
        True if the table may lack it.
    """

    key: str
    names: tuple[str, ...]
    units: Mapping[str, Convert]
    optional: bool = False

    def describe(self) -> str:
        """How a header may be written."""
        units = " or ".join(unit for unit in self.units if unit)
        return f"{self.names[0]} ({units})" if "" not in self.units else self.names[0]


def read_columns(path: str | Path, wanted: Sequence[Column]) -> dict[str, NDArray[np.float64]]:
    """Columns of a CSV file in the units of `wanted`, by key; optional ones that are not there are left out.

    Comma, semicolon or tab between cells; lines that begin with ``#`` are passed over; columns nobody asks for may be
    there.

    Raises
    ------
    InputError
        If the file is missing or empty, a column is missing or stated twice, a unit is missing or unknown, or a cell
        is no finite number: with line and column.
    """
    path = Path(path)
    header, rows = read_cells(path)
    found: dict[str, NDArray[np.float64]] = {}
    for column in wanted:
        places = [i for i, cell in enumerate(header) if _is_named(_split(cell)[0], column.names)]
        if len(places) > 1:
            raise InputError("a column occurs twice.", file=path, found=", ".join(header[i] for i in places))
        if not places:
            if column.optional:
                continue
            near = get_close_matches(column.names[0].lower(), [c.lower() for c in header], n=1, cutoff=0.6)
            raise InputError(
                "a column is missing.",
                file=path,
                found=", ".join(header) or "no header",
                expected=column.describe(),
                hint=f"Did you mean the column {near[0]}?" if near else None,
            )
        place = places[0]
        unit = _split(header[place])[1]
        if unit not in column.units:
            raise InputError(
                "a column has to state its unit in the header." if not unit else "unknown unit.",
                file=path,
                site=f"column {header[place]}",
                found=unit or "no unit",
                expected=column.describe(),
            )
        rule = column.units[unit]
        values = np.array([_number(cells, place, line, header[place], path) for line, cells in rows])
        found[column.key] = rule(values) if callable(rule) else values * rule
    return found


def read_cells(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Header and rows of a text table, each row with its line; blank lines and comments left out.

    Raises
    ------
    InputError
        If the file is missing, not text, too large, or holds no row.
    """
    if not path.is_file():
        raise InputError("no such file.", file=path)
    if path.stat().st_size > _LARGEST:
        raise InputError("the table is too large.", file=path, expected=f"at most {_LARGEST // 1_000_000} MB")
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise InputError("a table has to be plain text in UTF-8.", file=path, found=error) from error
    kept = [(n, line) for n, line in enumerate(lines, start=1) if line.strip() and not line.lstrip().startswith("#")]
    if len(kept) < 2:
        raise InputError("the table holds no rows.", file=path, expected="a header and rows of numbers")
    mark = max(",;\t", key=kept[0][1].count)
    cells = [(n, [c.strip() for c in next(csv.reader([line], delimiter=mark))]) for n, line in kept]
    return cells[0][1], cells[1:]


def _split(header: str) -> tuple[str, str]:
    match = _HEADER.match(header.strip())
    assert match is not None  # every part of the expression may be empty
    unit = match["round"] or match["square"] or match["slash"] or ""
    return match["name"].strip(), unit.strip()


def _is_named(name: str, names: Sequence[str]) -> bool:
    """Names of one letter are told apart by case: t is a time and T a temperature, k a rate and K a constant."""
    return any(name == known if len(known) == 1 else name.lower() == known.lower() for known in names)


def _number(cells: list[str], place: int, line: int, name: str, path: Path) -> float:
    text = cells[place] if place < len(cells) else ""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not np.isfinite(value):
        raise InputError(
            "not a number.", file=path, site=f"line {line}, column {name}", found=text or "nothing", expected="a number"
        )
    return value


def same_length(**arrays: NDArray[np.float64] | None) -> None:
    """Refuse arrays that are not of one length, or hold what is not finite.

    Raises
    ------
    InputError
        If they are not.
    """
    given = {name: np.asarray(array) for name, array in arrays.items() if array is not None}
    if len({array.shape for array in given.values()}) > 1:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in given.items())
        raise InputError("columns have to be of one length.", found=shapes)
    for name, array in given.items():
        bad = np.flatnonzero(~np.isfinite(array))
        if bad.size:
            raise InputError("not a number.", site=f"{name}, row {bad[0] + 1}", found=array.ravel()[bad[0]])
