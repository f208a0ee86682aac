"""Grow, relax and label the families of this data set, and pack what is there; can be stopped at any moment.

    python datasets/generated/make.py label WORK_DIRECTORY [--seconds N] [--processes P]
    python datasets/generated/make.py pack WORK_DIRECTORY
    python datasets/generated/make.py status WORK_DIRECTORY
    python datasets/generated/make.py unpack WORK_DIRECTORY

`label` goes on where the journal in the work directory ends, one line an item; the labels do not depend on the number
of processes. `pack` writes ``clusters.parquet`` and the tables beside it from the journal, also while `label` runs, and
the numbers into ``CARD.md``; the source ``generated`` reads what it holds from ``families.csv``. `unpack` makes a
journal of these files, for `label` to go on from where nothing else is left.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from itertools import takewhile
from pathlib import Path
from typing import Any

from labelling import carry_out
from packing import kind_of, pack, unpack

from mlcluster.design.generated import FamilyPlan, family_plans
from mlcluster.design.generated.shell_kinds import SHELLS
from mlcluster.runs import Journal, ProcessDied, Processes, held, spread

SEED = 0
TINY, SMALL, MEDIUM, MIDDLE, LARGE = 180, 260, 330, 420, 800
"""Estimated basis functions: a single point takes about 0.15, 0.4, 1, 2 and 15 seconds of one core."""
GOLD_STAPLES = 20
"""Rounds from this number on are of gold with staples only, as in most crystals of gold clusters."""
PASSES: tuple[tuple[str, int, int], ...] = (
    ("grow 0", 0, SMALL),
    ("vary 3", 0, TINY),
    ("fill 1", 0, SMALL),
    ("fill 2", 0, SMALL),
    ("grow 0", SMALL, MEDIUM),
    ("vary 2", 0, SMALL),
    ("fill 1", SMALL, MEDIUM),
    ("grow 1", 0, SMALL),
    ("fill 3", 0, SMALL),
    ("grow 0", MEDIUM, MIDDLE),
    ("vary 3", 0, MEDIUM),
    ("grow 2", 0, SMALL),
    ("grow 1", SMALL, MEDIUM),
    ("vary 6", 0, MEDIUM),
    ("grow 3", 0, SMALL),
    ("fill 1", MEDIUM, MIDDLE),
    ("vary 4", 0, MIDDLE),
    ("grow 2", SMALL, MEDIUM),
    ("grow 20", 0, MEDIUM),
    ("grow 4", 0, SMALL),
    ("fill 4", SMALL, MEDIUM),
    ("fill 5", 0, SMALL),
    ("grow 21", 0, MEDIUM),
    ("fill 6", 0, SMALL),
    ("vary 8", 0, MEDIUM),
    ("fill 7", 0, SMALL),
    ("fill 5", SMALL, MEDIUM),
    ("grow 22", 0, MEDIUM),
    ("fill 20", MEDIUM, MIDDLE),
    ("vary 12", 0, MIDDLE),
    ("grow 23", 0, MEDIUM),
    ("fill 6", SMALL, MEDIUM),
    ("fill 8", 0, SMALL),
    ("fill 7", SMALL, MEDIUM),
    ("fill 21", MEDIUM, MIDDLE),
    ("fill 9", 0, SMALL),
    ("fill 8", SMALL, MEDIUM),
    ("grow 24", 0, MEDIUM),
    ("fill 22", MEDIUM, MIDDLE),
    ("fill 10", 0, SMALL),
    ("grow 25", 0, MEDIUM),
    ("vary 18", 0, MEDIUM),
    ("vary 24", 0, MEDIUM),
    ("vary 2", 0, LARGE),
    ("vary 36", 0, MIDDLE),
)
"""In this order: plans of one round within a range of cost, all ("grow") or those without an accepted cluster of that
size and number of units ("fill"); and so many variants of each parent within one ("vary")."""


def estimated_orbitals(plan: FamilyPlan) -> int:
    """Basis functions of a plan's cluster, roughly: nine a metal, eleven an anion, 15 a phosphine, 45 a carbene."""
    surface = min(plan.size, 4.2 * plan.size ** (2 / 3))
    neutral = 45 if "carbene" in plan.shell else 15 if "phosphine" in plan.shell or "hydride" in plan.shell else 0
    staples = 24 if "staple" in plan.shell else 0
    free = max(0.0, surface - plan.units)
    return round(9 * plan.size + (11 + staples) * plan.units + neutral * min(plan.neutral_share * surface, free) * 0.6)


def plans(turn: int) -> list[tuple[str, int, FamilyPlan]]:
    """Entry, cost and plan of one round, cheapest first."""
    staples = tuple(name for name in SHELLS if "staple" in name)
    kinds: dict[str, Any] = {"shells": staples, "hosts": ("Au",)} if turn >= GOLD_STAPLES else {}
    found = [
        (f"g{turn}-{plan.size:02d}-{plan.units:02d}", estimated_orbitals(plan), plan)
        for plan in family_plans(rounds=turn + 1, seed=SEED, **kinds)
        if plan.seed == SEED * 1000 + turn
    ]
    return sorted(found, key=lambda item: (item[1], item[0]))


def batches(rows: dict[str, dict[str, Any]]) -> Iterator[Iterator[dict[str, Any]]]:
    """What is to be done next, as rows without results; `rows` is complete whenever the next batch is asked for."""
    for what, low, high in PASSES:
        kind, number = what.split()
        if kind == "vary":
            yield _variants(rows, int(number), low, high)
        else:
            yield _grown(rows, int(number), low, high, only_missing=kind == "fill")


def _grown(
    rows: dict[str, dict[str, Any]], turn: int, low: int, high: int, *, only_missing: bool
) -> Iterator[dict[str, Any]]:
    for entry, cost, plan in plans(turn):
        if low < cost <= high and entry not in rows and not (only_missing and _filled(entry, rows)):
            yield {"entry": entry, "parent": "", "plan": asdict(plan)}


def _variants(rows: dict[str, dict[str, Any]], count: int, low: int, high: int) -> Iterator[dict[str, Any]]:
    parents = [r["entry"] for r in rows.values() if r["ok"] and not r["parent"] and low < r["orbitals"] <= high]
    for number in range(count):
        for parent in parents:
            entry = f"{parent}-v{number:02d}"
            if entry not in rows:
                yield {"entry": entry, "parent": parent, "number": number}


def _filled(entry: str, rows: dict[str, dict[str, Any]]) -> bool:
    """Whether a cluster with the kernel's size and the units of this entry was accepted in any round."""
    place = entry.partition("-")[2]
    return any(row["ok"] for other, row in rows.items() if other.partition("-")[2] == place)


def label(work: Path, seconds: float, processes: int) -> None:
    """Carry out whatever is not done yet, until the time is over."""
    ends = time.monotonic() + seconds
    with held(work / "lock") as mine, Processes(carry_out) as pool:
        if not mine:
            sys.exit(f"another process is at work in {work}")
        journal = Journal(work / "journal.jsonl")
        rows = {row["entry"]: row for row in journal.rows()}
        for batch in batches(rows):
            tasks = ((job, rows.get(job["parent"])) for job in takewhile(lambda _: time.monotonic() < ends, batch))
            for _, row in spread(carry_out, tasks, processes, pool=pool):
                if isinstance(row, ProcessDied):
                    sys.exit("a process was killed; start again to go on")
                journal.append(row)
                rows[row["entry"]] = row
                print(
                    row["entry"],
                    row.get("family", ""),
                    row.get("gap_ev", row.get("reason")),
                    file=sys.stderr,
                    flush=True,
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
    parser.add_argument("command", choices=("label", "pack", "status", "unpack"))
    parser.add_argument("work", type=Path)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--processes", type=int, default=1)
    chosen = parser.parse_args()
    if chosen.command == "label":
        label(chosen.work, chosen.seconds, chosen.processes)
    elif chosen.command == "unpack":
        turns = {int(what.split()[1]) for what, *_ in PASSES if not what.startswith("vary")}
        unpack(chosen.work, {entry: asdict(plan) for turn in turns for entry, _, plan in plans(turn)})
    else:
        {"status": status, "pack": pack}[chosen.command](chosen.work)
