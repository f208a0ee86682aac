"""What every fit of a file shares: its table by column, and its plot and table written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mlcluster.errors import InputError
from mlcluster.photophysics import columns
from mlcluster.photophysics.columns import Column, read_columns
from mlcluster.photophysics.drawing import draw

if TYPE_CHECKING:
    from mlcluster.photophysics.bench_result import BenchResult

Table = str | Path | Mapping[str, Any]
"""A CSV file, or its columns as arrays by key."""

ERROR_NAMES = ("error", "sd", "s.d.", "sigma", "uncertainty")
ABSORBANCE = Column(key="absorbance", names=("absorbance", "abs", "A", "OD"), units=columns.NO_UNIT)
KELVIN = Column(key="temperature", names=("T", "temperature"), units=columns.TEMPERATURE)


def kept(result: BenchResult, plot: str | Path | None, out: str | Path | None) -> dict[str, Any]:
    """The document of a result, after its plot and table are written where asked for."""
    if plot is not None:
        draw(result.panels, plot)
    if out is not None:
        result.write_table(out)
    return result.to_dict()


def columns_of(table: Table, *wanted: Column) -> dict[str, np.ndarray]:
    """Columns of a file, or of arrays already in the units asked for, by key.

    Raises
    ------
    InputError
        If one is missing or not right.
    """
    if isinstance(table, str | Path):
        return read_columns(table, wanted)
    found = {}
    for column in wanted:
        if column.key in table:
            found[column.key] = np.asarray(table[column.key], dtype=float)
        elif not column.optional:
            raise InputError("a column is missing.", found=", ".join(table), expected=column.key)
    return found
