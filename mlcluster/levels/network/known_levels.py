"""Levels of training entries for their calculated charges, and how these answer to other charges, each made once."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mlcluster.data.datamodule import charge_rows
from mlcluster.data.labelled import LabelledCluster
from mlcluster.electronic.descriptors import describe
from mlcluster.electronic.kept_levels import is_kept, known_frontier
from mlcluster.errors import DataError, MlclusterError
from mlcluster.runs import ProcessDied, ProgressBars, spread, usable_cores

Fields = Mapping[str, Tensor]


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
            self._rows[item.entry] = {name: torch.from_numpy(value).float() for name, value in self._row(item).items()}
        return self._rows[item.entry]

    def _row(self, item: LabelledCluster) -> Mapping[str, NDArray[np.float64]]:
        known = _charges(item)
        if known is None:
            known = np.array(describe(item.cluster, max_seconds=self._max_seconds).gfn1.charges_e)
        levels, charges, _ = known_frontier(item.cluster, known)
        return {
            "frontier_levels": levels.levels_ev[None],
            "by_charge": levels.by_charge,
            "by_potential": levels.by_potential,
            "known_charge": charges,
        }


def _charges(item: LabelledCluster) -> NDArray[np.float64] | None:
    charges, there = charge_rows(item)
    return charges.double().numpy() if bool(there.all()) else None


def _is_kept(item: LabelledCluster) -> bool:
    """Whether the levels of an entry were found before; those of an entry without charges are looked for."""
    charges = _charges(item)
    return charges is not None and is_kept(item.cluster, charges)


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
    new = [item for item in items if not _is_kept(item)]
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
