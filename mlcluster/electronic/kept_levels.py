"""Frontier levels for given charges, from the user's cache where they were found before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlcluster.electronic.core_hamiltonian import Frontier, core_hamiltonian, frontier
from mlcluster.electronic.kept import calculation_key
from mlcluster.resources import cache_dir
from mlcluster.runs import keep
from mlcluster.structure.cluster import Cluster

Array = NDArray[np.float64]

SCHEMA = 3
"""Changes with what is kept and with the constants of the Hamiltonian."""
DIGITS = 3
"""Decimals of charges, e, and potentials, eV, that levels are found for: answers to first order tell the rest."""


class KnownFrontier(NamedTuple):
    """Levels, and the charges and further potentials of the atoms they are for, e and eV, (N,) each."""

    found: Frontier
    charges_e: Array
    shifts_ev: Array


def known_frontier(
    cluster: Cluster, charges_e: Array, shifts_ev: Array | None = None, *, kept: bool = True
) -> KnownFrontier:
    """Levels for charges and potentials next to these, (N,) each; the same numbers, whether or not they are kept.

    Parameters
    ----------
    cluster, charges_e, shifts_ev
        As `frontier` has them.
    kept
        Whether they are looked for in the cache and put there: not for charges that nobody will have again.

    Raises
    ------
    CalculationError
        If there are none, see `core_hamiltonian`.
    """
    charges = charges_e.round(DIGITS)
    shifts = np.zeros_like(charges) if shifts_ev is None else shifts_ev.round(DIGITS)
    path = _path(cluster, charges, shifts) if kept else None
    known = _read(path, len(cluster))
    if known is None:
        found = frontier(core_hamiltonian(cluster), charges, shifts)
        known = Frontier(*(part.round(5) for part in found))
        if path is not None:
            keep(path, json.dumps([part.tolist() for part in known]))
    return KnownFrontier(known, charges, shifts)


def is_kept(cluster: Cluster, charges_e: Array) -> bool:
    """Whether the levels for these charges were found before."""
    path = _path(cluster, charges_e.round(DIGITS), np.zeros(len(charges_e)))
    return path is not None and path.is_file()


def _read(path: Path | None, atoms: int) -> Frontier | None:
    """What was kept, None where it is absent, torn or not that of so many atoms."""
    if path is None:
        return None
    try:
        kept = Frontier(*(np.array(part, dtype=float) for part in json.loads(path.read_text(encoding="utf-8"))))
    except (OSError, ValueError, TypeError, OverflowError, RecursionError):
        return None
    if [part.shape for part in kept] != [(2,), (atoms, 2), (atoms, 2)]:
        return None
    homo, lumo = kept.levels_ev
    return kept if homo <= lumo and all(np.isfinite(part).all() for part in kept) else None


def _path(cluster: Cluster, charges: Array, shifts: Array) -> Path | None:
    place = cache_dir()
    if place is None:
        return None
    units = [np.rint(10**DIGITS * each).astype(int).tolist() for each in (charges, shifts)]
    key = calculation_key(cluster, "levels", 0, SCHEMA, *units)
    return place / "levels" / key[:2] / f"{key}.json"
