"""Graphs of networks that correct a calculation: descriptors of the capped cluster by one GFN1-xTB single point."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import torch
from torch import Tensor

from mlcluster.anatomy import Anatomy
from mlcluster.data.labelled import LabelledCluster
from mlcluster.electronic.calculation import CalculationError, Refusal
from mlcluster.electronic.capping import capped
from mlcluster.electronic.descriptors import MAX_SECONDS, describe_many
from mlcluster.errors import DataError, MlclusterError, StructureError
from mlcluster.graph.cache import content_key
from mlcluster.levels.calculation.features import described
from mlcluster.levels.network.network_config import CALCULATED
from mlcluster.runs import ProgressBars, usable_cores
from mlcluster.structure.cluster import Cluster


def calculated_row(cluster: Cluster | Anatomy, max_seconds: float = MAX_SECONDS) -> Tensor:
    """Descriptors `CALCULATED` of a cluster, (1, D), calculated or kept.

    Parameters
    ----------
    cluster
        The whole cluster; its capped model is calculated.
    max_seconds
        Largest estimate of a calculation that is made; one that is kept is taken whatever it took.

    Raises
    ------
    CalculationError
        If there is no calculation, with the kind of reason; an open shell is one.
    StructureError
        If a ligand cannot be closed with hydrogen, or there are too few levels.
    """
    found = described(Anatomy.of(cluster), max_seconds=max_seconds)
    if found.open_shell:
        raise CalculationError("electrons are unpaired, and closed shells were learned.", refusal=Refusal.open_shell)
    missing = [name for name in CALCULATED if name not in found.values]
    if missing:
        raise StructureError("the calculation has too few levels to predict from.", found=f"no {missing[0]}")
    return torch.tensor([[found.values[name] for name in CALCULATED]], dtype=torch.float32)


def row_to_correct(anatomy: Anatomy, max_seconds: float = MAX_SECONDS) -> Tensor:
    """`calculated_row` of a cluster that is predicted, or the reason why the network has nothing to correct.

    Parameters
    ----------
    anatomy, max_seconds
        As for `calculated_row`.

    Raises
    ------
    CalculationError
        If there is no calculation; the message says why.
    """
    try:
        return calculated_row(anatomy, max_seconds)
    except MlclusterError as error:
        raise CalculationError(
            f"this network corrects a calculation, and there is none: {error.what}",
            refusal=getattr(error, "refusal", Refusal.not_converged),
            site=error.site or anatomy.cluster.name or None,
            found=error.found,
            expected=error.expected,
            hint=error.hint,
        ) from error


class KnownRows:
    """Rows of `calculated_row` of training entries, each made once in a process.

    Parameters
    ----------
    max_seconds
        Largest estimate of a calculation that is made.
    """

    def __init__(self, max_seconds: float) -> None:
        self._max_seconds = max_seconds
        self._rows: dict[str, Tensor] = {}

    def __call__(self, item: LabelledCluster) -> dict[str, Tensor]:
        """``calculated``: the row, (1, D)."""
        key = content_key(item.cluster, 0.0)
        if key not in self._rows:
            self._rows[key] = calculated_row(item.cluster, self._max_seconds)
        return {"calculated": self._rows[key]}


def with_calculation(
    items: Sequence[LabelledCluster], max_seconds: float, processes: int | None = None
) -> list[LabelledCluster]:
    """Entries that can be calculated, their calculations made side by side and kept; others are told of and left out.

    What is finished is in the user's cache at once, so that a training that was stopped goes on where it stood.

    Parameters
    ----------
    items
        Entries to learn from.
    max_seconds
        Largest estimate of a calculation that is made.
    processes
        At a time; one a core when None.

    Raises
    ------
    DataError
        If none can be calculated.
    """
    models: list[Cluster] = []
    for item in items:
        try:
            models.append(capped(Anatomy(item.cluster)).cluster)
        except MlclusterError:
            continue  # told of below, with the others
    with ProgressBars() as bars:
        bar = bars.add("calculations", len(models))
        count = min(processes or usable_cores(), max(len(models), 1))
        describe_many(
            models,
            processes=count,
            max_seconds=max_seconds,
            on_progress=lambda done, total: bars.update(bar, done, total=total),
        )
    kept, refused = [], []
    known = KnownRows(max_seconds)
    for item in items:
        try:
            known(item)
            kept.append(item)
        except MlclusterError as error:
            refused.append(f"{item.entry}: {error.what}")
    if not kept:
        raise DataError("no entry has a calculation to correct.", site="model.prior", found=refused[0])
    if refused:
        print(f"{len(refused)} of {len(items)} entries left out, no calculation: {refused[0]}", file=sys.stderr)
    return kept
