"""Levels of training entries for their calculated charges, and how these answer to other charges, each made once."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mlcluster.data.datamodule import charge_rows
from mlcluster.data.labelled import LabelledCluster
from mlcluster.electronic.core_hamiltonian import core_hamiltonian, frontier
from mlcluster.electronic.descriptors import describe
from mlcluster.electronic.kept import calculation_key
from mlcluster.errors import DataError, MlclusterError
from mlcluster.resources import cache_dir
from mlcluster.runs import ProcessDied, ProgressBars, spread, usable_cores, write_whole

Fields = Mapping[str, Tensor]
SCHEMA = 2
"""Changes with what is kept and with the constants of the Hamiltonian."""


class KnownLevels:
    """Fields of a graph with the levels of an entry, from the user's cache where they were made before.

    Parameters
    ----------
    max_seconds
        Largest estimate of a calculation that is made for the charges of entries that have none.
    """

    def __init__(self, max_seconds: float) -> None:
        self._max_seconds = max_seconds
        self._rows: dict[str, Fields] = {}

    def __call__(self, item: LabelledCluster) -> Fields:
        """``frontier_levels`` (1, 2), ``by_charge`` and ``by_potential`` (N, 2), ``known_charge`` (N,).

        Raises
        ------
        CalculationError
            If there are no charges or no levels.
        """
        if item.entry not in self._rows:
            self._rows[item.entry] = {name: torch.tensor(value) for name, value in self._row(item).items()}
        return self._rows[item.entry]

    def are_kept(self, item: LabelledCluster) -> bool:
        """Whether the levels were made before."""
        path = _path(item)
        return path is not None and path.is_file()

    def _row(self, item: LabelledCluster) -> Mapping[str, list[object]]:
        path, known = _path(item), _charges(item)
        if path is not None and path.is_file():
            try:
                return json.loads(path.read_text(encoding="utf-8"))
            except ValueError:
                pass  # torn: made anew
        if known is None:
            known = np.array(describe(item.cluster, max_seconds=self._max_seconds).gfn1.charges_e)
        found = frontier(core_hamiltonian(item.cluster), known)
        row = {
            "frontier_levels": [found.levels_ev.round(5).tolist()],
            "by_charge": found.by_charge.round(5).tolist(),
            "by_potential": found.by_potential.round(5).tolist(),
            "known_charge": known.round(5).tolist(),
        }
        if path is not None:
            write_whole(path, json.dumps(row), durable=False)
        return row


def _charges(item: LabelledCluster) -> NDArray[np.float64] | None:
    charges, there = charge_rows(item)
    return charges.double().numpy() if bool(there.all()) else None


def _path(item: LabelledCluster) -> Path | None:
    known, place = _charges(item), cache_dir()
    key = calculation_key(item.cluster, "levels", 0, SCHEMA, None if known is None else known.round(4).tolist())
    return None if place is None else place / "levels" / key[:2] / f"{key}.json"


def with_levels(
    items: Sequence[LabelledCluster], max_seconds: float, processes: int | None = None
) -> list[LabelledCluster]:
    """Entries that have levels, found side by side and kept; others are told of and left out.

    Parameters
    ----------
    items
        Entries to learn from.
    max_seconds
        Largest estimate of a calculation that is made for charges.
    processes
        At a time; one a core when None.

    Raises
    ------
    DataError
        If none has levels.
    """
    levels = KnownLevels(max_seconds)
    new = [item for item in items if not levels.are_kept(item)]
    refused: dict[str, str] = {}
    with ProgressBars() as bars:
        bar = bars.add("levels", len(new))
        count = min(processes or usable_cores(), max(len(new), 1))
        for done, (number, reason) in enumerate(spread(partial(_why_not, levels), new, count), start=1):
            if isinstance(reason, ProcessDied):
                reason = f"the process died, exit code {reason.exit_code}"
            if reason:
                refused[new[number].entry] = reason
            bars.update(bar, done, total=len(new))
    first = next((f"{entry}: {reason}" for entry, reason in refused.items()), "")
    if len(refused) == len(items):
        raise DataError("no entry has levels to learn from.", site="model.frontier", found=first)
    if refused:
        print(f"{len(refused)} of {len(items)} entries left out, no levels: {first}", file=sys.stderr)
    return [item for item in items if item.entry not in refused]


def _why_not(levels: KnownLevels, item: LabelledCluster) -> str:
    try:
        levels(item)
    except MlclusterError as error:
        return error.what
    return ""
