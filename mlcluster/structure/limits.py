"""Ranges that every number of a structure file must keep, checked where it enters."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mlcluster.chem.elements import SYMBOLS
from mlcluster.errors import InputError

MAX_CHARGE = 1000
"""Largest charge in e, of either sign: far beyond any cluster, and far below where a table of results overflows."""
MAX_MULTIPLICITY = 1000
"""Largest 2S + 1."""
MAX_FORMULA_UNITS = 10_000
MAX_CELL_LENGTH = 10_000.0
"""Longest axis in angstrom, longer than any crystal or box of a cluster."""
MIN_CELL_VOLUME = 1.0
"""Smallest volume of a cell, cubic angstrom: less than one hydrogen atom takes."""
MAX_COORDINATE = 100_000.0
"""Largest coordinate in angstrom; fractional ones are held to `MAX_FRACTIONAL`."""
MAX_FRACTIONAL = 1000.0
WHOLE_TOLERANCE = 1e-3
"""How far from a whole number a charge may be: a sum of partial charges carries the noise of its addends."""

_LONG_NUMBER = re.compile(r"\d{7}")


def whole_number(
    value: object, what: str, *, low: int, high: int, file: str | None = None, site: str | None = None
) -> int:
    """A number of a file that has to be whole and between two bounds.

    Raises
    ------
    InputError
        If it is not, with what was found.

    Examples
    --------
    >>> whole_number("2", "charge", low=-9, high=9), whole_number(1.9999998, "charge", low=-9, high=9)
    (2, 2)
    """
    try:
        number = math.nan if isinstance(value, bool) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    # A number that is not finite fails the first comparison.
    if not abs(number) <= 2.0**53 or abs(number - round(number)) > WHOLE_TOLERANCE:
        raise InputError(f"{what} is not a whole number.", file=file, site=site, found=shortened(value))
    if not low <= round(number) <= high:
        raise InputError(
            f"{what} is out of range.", file=file, site=site, found=shortened(value), expected=f"{low} to {high}"
        )
    return round(number)


def whole_charge(value: object, file: str | None = None, site: str | None = None) -> int:
    """A charge in e; see `whole_number`."""
    return whole_number(value, "the charge", low=-MAX_CHARGE, high=MAX_CHARGE, file=file, site=site)


def whole_multiplicity(value: object, file: str | None = None, site: str | None = None) -> int:
    """A spin multiplicity; see `whole_number`."""
    return whole_number(value, "the multiplicity", low=1, high=MAX_MULTIPLICITY, file=file, site=site)


def atomic_number(value: object, file: str, site: str) -> int:
    """An atomic number; see `whole_number`."""
    return whole_number(value, "an atomic number", low=1, high=len(SYMBOLS) - 1, file=file, site=site)


def check_coordinates(coordinates: NDArray[np.float64], labels: Sequence[str], file: str, *, fractional: bool) -> None:
    """Refuse coordinates that are no finite number or beyond any structure.

    Raises
    ------
    InputError
        Naming the site.
    """
    most = MAX_FRACTIONAL if fractional else MAX_COORDINATE
    bad = np.flatnonzero(~(np.abs(coordinates) <= most).all(axis=1))
    if bad.size:
        raise InputError(
            "a coordinate is out of range.",
            file=file,
            site=labels[bad[0]],
            found=", ".join(f"{x:g}" for x in coordinates[bad[0]]),
            expected=f"numbers between {-most:g} and {most:g}" + ("" if fractional else " angstrom"),
        )


def check_cell(cell: NDArray[np.float64], file: str, site: str | None = None) -> None:
    """Refuse lattice vectors (3, 3) that span no volume, or more than any crystal.

    Raises
    ------
    InputError
        With the lengths found.
    """
    with np.errstate(all="ignore"):
        lengths = np.linalg.norm(cell, axis=1)
        volume = abs(float(np.linalg.det(cell)))
    if np.isfinite(cell).all() and lengths.max() <= MAX_CELL_LENGTH and volume >= MIN_CELL_VOLUME:
        return
    raise InputError(
        "the unit cell is missing or flat.",
        file=file,
        site=site,
        found=f"axes of {', '.join(f'{length:.4g}' for length in lengths)} angstrom",
        expected=f"three axes up to {MAX_CELL_LENGTH:g} angstrom that span a volume",
    )


def has_long_number(text: str) -> bool:
    """Whether a formula counts something in millions, which no cell holds."""
    return _LONG_NUMBER.search(text) is not None


def shortened(value: object, most: int = 60) -> str:
    """A value as it may stand in a message, however long it is."""
    text = value if isinstance(value, str) else f"{value}" if isinstance(value, float) else type(value).__name__
    if isinstance(value, int) and not isinstance(value, bool):
        text = str(value) if abs(value) < 10**most else "a number of very many digits"
    return repr(text[:most] + " ...") if len(text) > most else repr(text) if isinstance(value, str) else text
