"""`compute`: label structures by calculation, each kept as soon as it is finished, resumable at any moment."""

from __future__ import annotations

import contextlib
import csv
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlcluster.data.compute.structure_sets import Entry, entries, structure_key
from mlcluster.electronic.calculators import get_calculator, method_name, why_rejected
from mlcluster.errors import ConfigError, MlclusterError
from mlcluster.runs import Journal, ProcessDied, Share, check_place, held, replaced, spread
from mlcluster.structure.cluster import Cluster

OnProgress = Callable[[int, int, str], None]

COLUMNS = (
    "entry",
    "formula",
    "n_atoms",
    "charge",
    "multiplicity",
    "method",
    "gap_ev",
    "homo_ev",
    "lumo_ev",
    "energy_ev",
    "structure",
    "engine",
    "cpu_seconds",
)
"""Columns of ``labels.csv``; energies in eV, `structure` is the key of the exact geometry."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One calculation, as it is sent to another process."""

    entry: str
    structure: str
    method: str
    cluster: Cluster


def compute(
    source: str | Path | Mapping[str, Cluster],
    out: str | Path,
    *,
    method: str = "gfn1-xtb",
    limit: int | None = None,
    processes: int = 1,
    only: Sequence[str] | None = None,
    part: str | None = None,
    on_progress: OnProgress | None = None,
    **read_options: Any,
) -> dict[str, Any]:
    """Calculate labels of a set of structures and keep each as soon as it is finished.

    Every item, also one that fails or is rejected, becomes one line of ``out/results.jsonl``; what is there is not
    calculated again, so a run that was killed goes on where it stood. Accepted gaps end in ``out/labels.csv``.

    Parameters
    ----------
    source
        Structure file, directory of such files, name of a data source, or structures by name.
    out
        Directory for the results.
    method
        ``"gfn1-xtb"`` or ``"dft-pbe-lanl2dz"``.
    limit
        Calculate at most so many new items.
    processes
        Calculations at a time, one core each.
    only
        Names of the entries to calculate, in this order; all when None.
    part
        Do only the k-th of n parts, ``"3/40"``, beside other calls that do the others, at once or later; the same call
        without it takes what all of them have calculated, does the rest and writes the labels.
    on_progress
        Called with the number done, the number to do and the entry just finished.
    **read_options
        Charge, multiplicity and the like, as for `mlcluster.read`.

    Returns
    -------
    dict[str, Any]
        ``{method, inputs, computed, reused, accepted, failed: [{entry, reason}], seconds, out, labels}``; `labels` is
        None for a part, which writes none.

    Raises
    ------
    InputError
        If the source holds nothing.
    ConfigError
        If the method is unknown, its program not installed, `only` names an unknown entry, or another process does
        this part.
    """
    started = time.monotonic()
    method = method_name(method)
    directory = Path(out)
    share = None if part is None else Share.parse(part)
    check_place(directory, directory=True)
    wanted = _chosen(entries(source, **read_options), only)
    if share is not None:
        wanted = [entry for number, entry in enumerate(wanted) if share.has(number)]
    with _journal(directory, share) as journal:
        fresh, rows = _labelled(wanted, directory, journal, method, limit, processes, on_progress)
    place = None if share is not None else directory / "labels.csv"
    accepted = [row for row in rows if row["accepted"]]
    if place is not None:
        _write_labels(accepted, place)
    unread = [{"entry": entry.name, "reason": entry.error} for entry in wanted if entry.cluster is None]
    return {
        "method": method,
        "inputs": len(wanted),
        "computed": fresh,
        "reused": len(rows) - fresh,
        "accepted": len(accepted),
        "failed": unread + [{"entry": r["entry"], "reason": r["reason"]} for r in rows if not r["accepted"]],
        "seconds": round(time.monotonic() - started, 1),
        "out": str(directory),
        "labels": None if place is None else str(place),
    } | ({} if share is None else {"part": str(share)})


@contextlib.contextmanager
def _journal(directory: Path, share: Share | None) -> Iterator[Journal]:
    """Where this call writes; that of a part for this process alone."""
    if share is None:
        yield Journal(directory / "results.jsonl")
        return
    with held(directory / f".lock-{share.name}") as is_mine:
        if not is_mine:
            raise ConfigError("another process does this part.", file=directory, site=f"part {share}")
        yield Journal(directory / f"results-{share.name}.jsonl")


def _labelled(
    wanted: Sequence[Entry],
    directory: Path,
    journal: Journal,
    method: str,
    limit: int | None,
    processes: int,
    on_progress: OnProgress | None,
) -> tuple[int, list[dict[str, Any]]]:
    """Calculate what no call before has; how many that were, and the rows of all in their order."""
    known = [row for path in sorted(directory.glob("results*.jsonl")) for row in Journal(path).rows()]
    done = {(row["entry"], row["structure"], row["method"]): row for row in known}
    jobs = [
        Job(entry=entry.name, structure=structure_key(entry.cluster), method=method, cluster=entry.cluster)
        for entry in wanted
        if entry.cluster is not None
    ]
    fresh = [job for job in jobs if (job.entry, job.structure, job.method) not in done][:limit]
    for number, (index, result) in enumerate(spread(run_job, fresh, processes), start=1):
        job = fresh[index]
        row = _died(job, result) if isinstance(result, ProcessDied) else result
        journal.append(row)
        done[job.entry, job.structure, job.method] = row
        if on_progress is not None:
            on_progress(number, len(fresh), job.entry)
    rows = [done[key] for job in jobs if (key := (job.entry, job.structure, job.method)) in done]
    return len(fresh), rows


def run_job(job: Job) -> dict[str, Any]:
    """Carry out one calculation; what goes wrong becomes part of the row, a missing program does not."""
    started = time.process_time()
    row = _identity(job)
    try:
        calculation = get_calculator(job.method)(job.cluster)
    except ConfigError:
        raise
    except Exception as error:  # the programs behind raise whatever they meet
        text = str(error) if isinstance(error, MlclusterError) else f"{type(error).__name__}: {error}"
        return row | {"accepted": False, "reason": text, "cpu_seconds": _since(started)}
    reason = why_rejected(calculation)
    return row | {
        "accepted": reason is None,
        "reason": reason,
        "gap_ev": round(calculation.gap_ev, 5),
        "homo_ev": round(calculation.homo_ev, 5),
        "lumo_ev": round(calculation.lumo_ev, 5),
        "energy_ev": round(calculation.energy_ev, 5),
        "lumo_occupation": round(calculation.lumo_occupation, 6),
        "charges_e": [round(charge, 4) for charge in calculation.charges_e],
        "orbitals": calculation.orbitals,
        "engine": calculation.engine,
        "cpu_seconds": _since(started),
    }


def _identity(job: Job) -> dict[str, Any]:
    return {
        "entry": job.entry,
        "structure": job.structure,
        "method": job.method,
        "formula": job.cluster.formula,
        "n_atoms": len(job.cluster),
        "charge": job.cluster.charge,
        "multiplicity": 1,
    }


def _since(started: float) -> float:
    return round(time.process_time() - started, 2)


def _chosen(found: list[Entry], only: Sequence[str] | None) -> list[Entry]:
    if only is None:
        return found
    by_name = {entry.name: entry for entry in found}
    missing = [name for name in only if name not in by_name]
    if missing:
        raise ConfigError(
            "no entry of that name.", found=", ".join(missing[:5]), expected=f"one of {len(found)} entries"
        )
    return [by_name[name] for name in only]


def _died(job: Job, result: ProcessDied) -> dict[str, Any]:
    return _identity(job) | {
        "accepted": False,
        "reason": f"the process died with exit code {result.exit_code}",
    }


def _write_labels(accepted: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write the accepted rows in order."""
    with replaced(path) as unfinished, open(unfinished, "w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, COLUMNS, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(accepted)
