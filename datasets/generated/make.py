"""Grow, relax and label the families of this data set, and pack what is there; can be stopped at any moment.

    python datasets/generated/make.py label WORK_DIRECTORY [--seconds N]
    python datasets/generated/make.py pack WORK_DIRECTORY
    python datasets/generated/make.py status WORK_DIRECTORY

`label` goes on where the journal in the work directory ends: one process, one line an item. `pack` writes
``clusters.parquet``, ``families.csv`` and ``failures.csv`` from the journal, also while `label` is running, and writes
the numbers into ``CARD.md``; the source ``generated`` reads what it holds from ``families.csv``.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from packing import kind_of, pack

from mlcluster.anatomy import Anatomy
from mlcluster.data.families import family_key
from mlcluster.design.generated import FamilyPlan, family_plans
from mlcluster.design.generated.accepting import Labelled, accepted_parent, labelled, on_grid, triplet_energy
from mlcluster.design.generated.variants import variant
from mlcluster.electronic.calculation import CalculationError
from mlcluster.errors import MlclusterError
from mlcluster.runs import Journal, held
from mlcluster.structure.cluster import Cluster

SEED = 0
TINY, SMALL, MEDIUM, MIDDLE, LARGE = 180, 260, 330, 420, 800
"""Estimated basis functions: a single point takes about 0.15, 0.4, 1, 2 and 15 seconds of one core."""
PASSES: tuple[tuple[str, int, int], ...] = (
    ("grow 0", 0, SMALL),
    ("vary", 4, TINY),
    ("fill 1", 0, SMALL),
    ("fill 2", 0, SMALL),
    ("vary", 2, SMALL),
    ("grow 0", SMALL, MEDIUM),
    ("fill 3", 0, SMALL),
    ("vary", 3, MEDIUM),
    ("fill 1", SMALL, MEDIUM),
    ("fill 4", 0, SMALL),
    ("fill 2", SMALL, MEDIUM),
    ("vary", 6, SMALL),
    ("grow 0", MEDIUM, MIDDLE),
    ("vary", 6, MEDIUM),
    ("grow 1", 0, SMALL),
    ("vary", 12, SMALL),
    ("fill 1", MEDIUM, MIDDLE),
    ("vary", 4, MIDDLE),
    ("grow 1", SMALL, MEDIUM),
    ("vary", 12, MEDIUM),
    ("grow 0", MIDDLE, LARGE),
    ("vary", 2, LARGE),
    ("grow 2", 0, MEDIUM),
    ("vary", 8, MIDDLE),
    ("grow 3", 0, MEDIUM),
    ("vary", 18, MEDIUM),
    ("grow 1", MEDIUM, MIDDLE),
    ("vary", 12, MIDDLE),
)
"""In this order: plans of one round within a range of cost, all ("grow") or those without an accepted cluster of that
size and number of units ("fill"), and so many variants of each parent up to a cost ("vary")."""
TRIPLET_EVERY = 4
"""Every parent has a triplet energy, and one variant of so many."""
TRIPLET_ORBITALS = 220
"""Basis functions up to which it is calculated."""


def estimated_orbitals(plan: FamilyPlan) -> int:
    """Basis functions of a plan's cluster, roughly: nine a metal, eleven an anion, 15 a phosphine, 45 a carbene."""
    surface = min(plan.size, 4.2 * plan.size ** (2 / 3))
    neutral = 45 if "carbene" in plan.shell else 15 if "phosphine" in plan.shell or "hydride" in plan.shell else 0
    staples = 24 if "staple" in plan.shell else 0
    free = max(0.0, surface - plan.units)
    return round(9 * plan.size + (11 + staples) * plan.units + neutral * min(plan.neutral_share * surface, free) * 0.6)


def plans(turn: int) -> list[tuple[str, int, FamilyPlan]]:
    """Entry, cost and plan of one round, cheapest first."""
    found = [
        (f"g{turn}-{plan.size:02d}-{plan.units:02d}", estimated_orbitals(plan), plan)
        for plan in family_plans(rounds=turn + 1, seed=SEED)
        if plan.seed == SEED * 1000 + turn
    ]
    return sorted(found, key=lambda item: (item[1], item[0]))


def jobs(rows: dict[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What is to be done next, as rows without results; `rows` grows while this goes on."""
    for what, low, high in PASSES:
        if what == "vary":
            yield from _variants(rows, low, high)
            continue
        kind, turn = what.split()
        for entry, cost, plan in plans(int(turn)):
            if low < cost <= high and entry not in rows and not (kind == "fill" and _filled(entry, rows)):
                yield {"entry": entry, "parent": "", "plan": asdict(plan)}


def _variants(rows: dict[str, dict[str, Any]], count: int, most: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        parents = [row["entry"] for row in rows.values() if row["ok"] and not row["parent"] and row["orbitals"] <= most]
        for parent in parents:
            entry = f"{parent}-v{number:02d}"
            if entry not in rows:
                yield {"entry": entry, "parent": parent, "number": number}


def _filled(entry: str, rows: dict[str, dict[str, Any]]) -> bool:
    """Whether a cluster with the kernel's size and the units of this entry was accepted in any round."""
    place = entry.partition("-")[2]
    return any(rows.get(f"g{turn}-{place}", {}).get("ok") for turn in range(10))


def carry_out(job: dict[str, Any], rows: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Row of one job, accepted or with the reason why not."""
    started = time.process_time()
    try:
        result, edits = _calculated(job, rows)
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


def _calculated(job: dict[str, Any], rows: dict[str, dict[str, Any]]) -> tuple[Labelled, str]:
    if not job["parent"]:
        return accepted_parent(FamilyPlan(**job["plan"])), "parent"
    row = rows[job["parent"]]
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


def label(work: Path, seconds: float) -> None:
    """Carry out whatever is not done yet, until the time is over."""
    ends = time.monotonic() + seconds
    with held(work / "lock") as mine:
        if not mine:
            sys.exit(f"another process is at work in {work}")
        journal = Journal(work / "journal.jsonl")
        rows = {row["entry"]: row for row in journal.rows()}
        for job in jobs(rows):
            if time.monotonic() > ends:
                return
            row = carry_out(job, rows)
            journal.append(row)
            rows[row["entry"]] = row
            print(
                row["entry"], row.get("family", ""), row.get("gap_ev", row.get("reason")), file=sys.stderr, flush=True
            )


def status(work: Path) -> None:
    """Print how far it is."""
    rows = Journal(work / "journal.jsonl").rows()
    good = [row for row in rows if row["ok"]]
    print(f"{len(rows)} tried, {len(good)} accepted, {len({r['family'] for r in good})} families")
    print(f"{sum(r['cpu_seconds'] for r in rows) / 3600:.2f} core-hours")
    for reason, count in Counter(kind_of(r["reason"]) for r in rows if not r["ok"]).most_common():
        print(f"{count:6d} {reason}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("command", choices=("label", "pack", "status"))
    parser.add_argument("work", type=Path)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    chosen = parser.parse_args()
    if chosen.command == "label":
        label(chosen.work, chosen.seconds)
    else:
        {"status": status, "pack": pack}[chosen.command](chosen.work)
