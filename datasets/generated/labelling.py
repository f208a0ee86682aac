"""What becomes of a plan, or of one copy of an accepted cluster: a row with its labels, or with the reason why not."""

from __future__ import annotations

import re
import time
from typing import Any

import numpy as np

from mlcluster.anatomy import Anatomy
from mlcluster.data.families import family_key
from mlcluster.design.generated import FamilyPlan
from mlcluster.design.generated.accepting import Labelled, accepted_parent, labelled, on_grid, triplet_energy
from mlcluster.design.generated.variants import variant
from mlcluster.electronic.calculation import CalculationError
from mlcluster.errors import MlclusterError
from mlcluster.structure.cluster import Cluster

TRIPLET_EVERY = 4
"""Every parent has a triplet energy, and one variant of so many."""
TRIPLET_ORBITALS = 220
"""Basis functions up to which it is calculated."""


def carry_out(task: tuple[dict[str, Any], dict[str, Any] | None]) -> dict[str, Any]:
    """Row of one job, given with the row of its parent: accepted or with the reason why not."""
    job, parent = task
    started = time.process_time()
    try:
        result, edits = _calculated(job, parent)
        wanted = not job["parent"] or job["number"] % TRIPLET_EVERY == 0
        triplet = _triplet(result) if wanted and result.calculation.orbitals <= TRIPLET_ORBITALS else None
    except (MlclusterError, RuntimeError, ValueError) as error:
        reason = str(error).split(". ")[0] if isinstance(error, MlclusterError) else f"{type(error).__name__}: {error}"
        return job | {"ok": False, "reason": reason[:200], "cpu_seconds": _since(started)}
    cluster, calculation = result
    return job | {
        "ok": True,
        "edits": edits,
        "family": family_key(Anatomy(cluster)),
        "formula": cluster.formula,
        "charge": cluster.charge,
        "numbers": cluster.numbers.tolist(),
        "milliangstrom": np.rint(cluster.positions * 1000).astype(int).tolist(),
        "gap_ev": round(calculation.gap_ev, 5),
        "homo_ev": round(calculation.homo_ev, 5),
        "lumo_ev": round(calculation.lumo_ev, 5),
        "energy_ev": round(calculation.energy_ev, 5),
        "dipole_debye": None if calculation.dipole_debye is None else round(calculation.dipole_debye, 4),
        "triplet_ev": triplet,
        "charge_millie": np.rint(np.array(calculation.charges_e) * 1000).astype(int).tolist(),
        "orbitals": calculation.orbitals,
        "engine": calculation.engine,
        "cpu_seconds": _since(started),
    }


def _calculated(job: dict[str, Any], row: dict[str, Any] | None) -> tuple[Labelled, str]:
    if row is None:
        return accepted_parent(FamilyPlan(**job["plan"])), "parent"
    parent = Cluster(
        numbers=np.array(row["numbers"]),
        positions=np.array(row["milliangstrom"]) / 1000,
        charge=row["charge"],
        multiplicity=1,
        name=row["entry"],
    )
    turn, size, units = (int(part) for part in re.findall(r"\d+", row["entry"]))
    cluster, edits = variant(parent, job["number"], turn * 10_000 + size * 100 + units)
    return labelled(on_grid(cluster)), edits


def _triplet(result: Labelled) -> float | None:
    try:
        return round(triplet_energy(result.cluster, result.calculation), 5)
    except CalculationError:
        return None


def _since(started: float) -> float:
    return round(time.process_time() - started, 2)
