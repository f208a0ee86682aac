"""Numbers that are possible in the unit stated and likelier in another: found by what the column shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from mlcluster.labels.conversions import KINDS
from mlcluster.labels.targets import Target

FEWEST = 3
"""Values from which a column shows anything."""

APART, TOGETHER = 20.0, 4.0
"""A value this many times above or below the median of its column, which another unit brings to within this factor."""

RARE = 0.1
"""Values that are in another unit than the rest are at most this share of a column, or one."""

LARGEST_EV = 20.0
"""Energies of electrons seldom exceed this, in eV: numbers stated in meV that are all smaller are likelier eV."""


def unit_slips(target: Target, unit: str, values: Sequence[tuple[str, float]]) -> Iterator[tuple[str, str]]:
    """Yield rows and what is odd about their number.

    Parameters
    ----------
    target, unit
        Of the column.
    values
        Row and number as stated, of each row that has one.

    Examples
    --------
    >>> from mlcluster.labels import get_target
    >>> list(unit_slips(get_target("quantum_yield"), "percent", [("a", 0.1), ("b", 0.6), ("c", 0.3)]))
    [('b', 'all 3 values are at most 1 (0.6 is the largest): fractions rather than percent?')]
    """
    if len(values) < FEWEST:
        return
    numbers = np.array([value for _, value in values], dtype=np.float64)
    largest = int(np.abs(numbers).argmax())
    most = float(np.abs(numbers[largest]))
    row, told = values[largest][0], f"({numbers[largest]:g} is the largest)"
    if unit in ("percent", "%") and 0 < most <= 1:
        yield row, f"all {len(numbers)} values are at most 1 {told}: fractions rather than percent?"
    elif unit == "meV" and 0 < most <= LARGEST_EV:
        yield row, f"all {len(numbers)} values are at most {LARGEST_EV:g} {told}: eV rather than meV?"
    elif unit == "eV" and target.transform.name == "identity" and np.median(np.abs(numbers)) > 5 * LARGEST_EV:
        yield row, f"half of the {len(numbers)} values exceed {5 * LARGEST_EV:g} {told}: meV rather than eV?"
    elif target.transform.name != "log10":
        yield from _odd_ones(unit, values, numbers)


def _odd_ones(unit: str, values: Sequence[tuple[str, float]], numbers: np.ndarray) -> Iterator[tuple[str, str]]:
    """Single values far from the median of their column that another unit of its kind brings near."""
    middle = float(np.median(np.abs(numbers)))
    kind = next((units for units in KINDS.values() if unit in units), {})
    if middle == 0 or len(kind) < 2:
        return
    found = []
    for (row, value), size in zip(values, np.abs(numbers) / middle, strict=True):
        if size == 0 or 1 / APART < size < APART:
            continue
        factors = {other: size * factor / kind[unit] for other, factor in kind.items() if other not in (unit, "K")}
        nearest = min(factors, key=lambda other: abs(float(np.log(factors[other]))), default=None)
        if nearest is not None and 1 / TOGETHER < factors[nearest] < TOGETHER:
            found.append((row, f"{value:g} {unit} among values around {middle:g}: in {nearest}?"))
    if len(found) <= max(1, RARE * len(numbers)):
        yield from found
