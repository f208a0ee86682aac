"""Finished calculations kept by content, shared by any number of processes.

One small JSON file each, written whole: two writers of the same calculation write the same, so no lock is needed, and
a file that is torn or not of this schema counts as absent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from mlcluster.electronic.calculation import Calculation, CalculationError, Refusal
from mlcluster.resources import cache_dir
from mlcluster.runs import content_hash, keep
from mlcluster.structure.cluster import Cluster

SCHEMA = 1
"""Changes whenever the same input would give other numbers or other fields."""
_FIELDS = frozenset(field.name for field in fields(Calculation))


def calculation_key(cluster: Cluster, method: str, unpaired: int, *settings: Any) -> str:
    """Hash of all that decides a calculation: atoms to 0.0001 angstrom, charge, unpaired electrons, method, settings.

    Parameters
    ----------
    *settings
        Anything else that decides the numbers, as JSON.
    """
    return content_hash(
        [SCHEMA, method, cluster.charge, unpaired, len(cluster), *settings],
        np.asarray(cluster.numbers, dtype="<i8"),
        np.rint(cluster.positions * 1e4).astype("<i8"),
    )


class KeptCalculations:
    """Calculations by key below a directory.

    Parameters
    ----------
    directory
        Made when the first is written. None keeps nothing.
    """

    def __init__(self, directory: Path | None) -> None:
        self.directory = directory

    @classmethod
    def of_user(cls) -> KeptCalculations:
        """Those in the user's cache; none where ``MLCLUSTER_CACHE`` is ``off``."""
        place = cache_dir()
        return cls(None if place is None else place / "calculations")

    def get(self, key: str) -> Calculation | None:
        """What was calculated, or None when it was not.

        Raises
        ------
        CalculationError
            If it was tried and did not converge.
        """
        path = self._path(key)
        if path is None:
            return None
        try:
            row = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        if not isinstance(row, dict):
            return None
        if "refused" in row:
            raise CalculationError(str(row["refused"]), refusal=Refusal.not_converged, found=row.get("found"))
        return _calculation(row)

    def put(self, key: str, result: Calculation | CalculationError) -> None:
        """Keep a calculation, or that it does not converge."""
        path = self._path(key)
        if path is None:
            return
        if isinstance(result, CalculationError):
            row: Mapping[str, Any] = {"refused": result.what, "found": result.found}
        else:
            row = asdict(result)
        keep(path, json.dumps(row))

    def _path(self, key: str) -> Path | None:
        return None if self.directory is None else self.directory / key[:2] / f"{key}.json"


def _calculation(row: dict[str, Any]) -> Calculation | None:
    if set(row) != _FIELDS:
        return None
    lists = ("charges_e", "levels_ev")
    bonds = tuple((int(i), int(j), float(order)) for i, j, order in row["bond_orders"])
    return Calculation(**row | {name: tuple(row[name]) for name in lists} | {"bond_orders": bonds})
