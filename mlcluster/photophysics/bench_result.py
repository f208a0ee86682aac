"""What every verb of the bench gives: numbers with intervals, statistics, plain sentences, a table and panels."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mlcluster.errors import InputError
from mlcluster.photophysics.profile_likelihood import Estimate
from mlcluster.runs import check_place
from mlcluster.runs.spreadsheet import write_sheet


@dataclass(frozen=True, kw_only=True)
class Series:
    """One set of points of a panel, drawn as ``"points"``, ``"line"`` or ``"sticks"``."""

    label: str
    x: np.ndarray
    y: np.ndarray
    style: str = "points"


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One pair of axes, with weighted residuals below if there are any (position, residual)."""

    x_label: str
    y_label: str
    series: tuple[Series, ...]
    residuals: tuple[np.ndarray, np.ndarray] | None = None
    log_x: bool = False
    log_y: bool = False


@dataclass(frozen=True, kw_only=True)
class BenchResult:
    """Outcome of a fit.

    Parameters
    ----------
    parameters
        Fitted and derived quantities.
    statistics
        Numbers about the fit as a whole: points, sum of squares, criteria, covariance.
    sentences
        What it means, in plain words; the paragraph printed first.
    table
        Columns of the data and the fit, all of one length; the names state the units.
    panels
        What `mlcluster.photophysics.drawing.draw` shows.
    """

    parameters: Sequence[Estimate]
    statistics: Mapping[str, Any]
    sentences: Sequence[str]
    table: Mapping[str, np.ndarray] = field(default_factory=dict)
    panels: tuple[Panel, ...] = ()

    def __getitem__(self, name: str) -> Estimate:
        for estimate in self.parameters:
            if estimate.name == name:
                return estimate
        raise KeyError(name)

    def to_dict(self) -> dict[str, Any]:
        """The JSON document of the verb."""
        return {
            "parameters": [estimate.to_dict() for estimate in self.parameters],
            "statistics": dict(self.statistics),
            "sentences": list(self.sentences),
        }

    def write_table(self, path: str | Path) -> None:
        """Write the table as CSV or as a spreadsheet.

        Raises
        ------
        InputError
            If the name ends in neither ``.csv`` nor ``.xlsx``, or its directory is missing.
        """
        path = Path(path)
        check_table(path)
        if path.suffix == ".xlsx":
            columns = {name: np.asarray(column).tolist() for name, column in self.table.items()}
            rows = (dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True))
            write_sheet(rows, list(columns), path)
            return
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(self.table)
            writer.writerows(zip(*(_cells(column) for column in self.table.values()), strict=True))


def check_table(path: str | Path | None) -> None:
    """Refuse a name that no table can be written to, before any work is done.

    Raises
    ------
    InputError
        If it ends in neither ``.csv`` nor ``.xlsx``, or as for `mlcluster.runs.check_place`.
    """
    if path is not None and Path(path).suffix not in (".csv", ".xlsx"):
        raise InputError("a table is written as .csv or .xlsx.", found=path)
    check_place(path)


def _cells(column: np.ndarray) -> list[str]:
    return [f"{value:.8g}" if isinstance(value, float) else str(value) for value in np.asarray(column).tolist()]


def paragraph(estimates: Sequence[Estimate]) -> list[str]:
    """Sentences about what the data do not determine; none if they determine everything."""
    sentences = []
    unknown = [e for e in estimates if not e.determined]
    if unknown:
        names = ", ".join(e.name for e in unknown)
        sentences.append(f"The data do not determine {names}: no value is given for {_them(unknown)}.")
    for estimate in unknown:
        if len(estimate.open_ends) == 1:
            end, word = (estimate.lower, "at least") if "upper" in estimate.open_ends else (estimate.upper, "at most")
            if end is not None:
                sentences.append(f"{estimate.name} is {word} {end:.3g} {estimate.unit}.".replace(" .", "."))
    return sentences


def _them(estimates: Sequence[Estimate]) -> str:
    return "it" if len(estimates) == 1 else "them"
