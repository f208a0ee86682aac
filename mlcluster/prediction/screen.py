"""`screen`: predict many structures, resumable at any moment, with the same table in the end."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mlcluster import __version__
from mlcluster.errors import ConfigError, InputError
from mlcluster.graph.reading import code_digest
from mlcluster.labels.own_targets import declarations_of
from mlcluster.levels.calculation.predict import bundled_calculation_model
from mlcluster.levels.formula.predict import bundled_formula_model
from mlcluster.prediction.calculated import LevelChoice
from mlcluster.prediction.predict import open_model
from mlcluster.prediction.refinement.refine import Grant, OnRefining
from mlcluster.prediction.refinement.refine import refine as refinement
from mlcluster.prediction.screening.items import Input, as_inputs, check_inputs, count_items
from mlcluster.prediction.screening.parts import PART_ITEMS, form_parts
from mlcluster.prediction.screening.readers import dask_readers, lasting_readers, local_readers
from mlcluster.prediction.screening.running import HashedItems, OnProgress, Progress, run_parts
from mlcluster.prediction.screening.screen_record import SCHEMA, check_same_run, locked, run_key, write_header
from mlcluster.prediction.screening.screen_sentences import screen_sentences
from mlcluster.prediction.screening.screen_table import Parts
from mlcluster.prediction.screening.shares import check_shares, write_share
from mlcluster.prediction.screening.work import Job
from mlcluster.resources import cache_dir
from mlcluster.runs import Share, usable_cores
from mlcluster.runs.slurm_tasks import first_task, task_number, work_for_first_task
from mlcluster.structure.files import MAX_BYTES
from mlcluster.structure.result import Disorder, ReadOptions
from mlcluster.tracking.environment import environment
from mlcluster.tracking.registered_models import located

__all__ = ["Progress", "screen"]


def screen(
    inputs: Input | Iterable[Input],
    out: str | Path,
    *,
    model: str | Path | None = None,
    charge: int | None = None,
    multiplicity: int | None = None,
    disorder: Disorder = "majority",
    block: str | None = None,
    declared_ligands: tuple[str, ...] = (),
    declare: Mapping[str, str] | None = None,
    max_bytes: int = MAX_BYTES,
    level: str = "network",
    max_seconds: float | None = None,
    formula: bool = True,
    processes: int | None = None,
    scheduler: str | None = None,
    slurm: bool = False,
    part: str | None = None,
    refine: int | None = None,
    budget: float | str | None = None,
    want: Sequence[str] | str = (),
    restart: bool = False,
    part_size: int = PART_ITEMS,
    command: str | None = None,
    on_progress: OnProgress | None = None,
    on_refining: OnRefining | None = None,
) -> dict[str, Any]:
    """Predict every structure of files, folders and sets, and keep the rows as they come.

    A call that is ended at any moment, also by SIGKILL, is gone on with by the next one of the same kind. Parts are
    cut by the order of the inputs and computed as a whole on one thread each, so that the final table is the same.

    Parameters
    ----------
    inputs
        As for `mlcluster.prediction.screening.items.items_of`, clusters in memory included.
    out
        Directory of the results; see `mlcluster.prediction.screening.screen_table`.
    model
        Directory of a trained model, or its name in the record (``runs:/RUN``); None for the bundled one.
    charge, multiplicity, disorder, block, declared_ligands, declare, max_bytes
        As for `mlcluster.read`, for structures read from files.
    level, max_seconds, formula
        As for `mlcluster.predict`; unless asked for, nothing is calculated here. With `refine`, `max_seconds` is
        that of the longest calculation that is made; 120 s.
    processes
        Processes on this machine; as many as it has cores by default.
    scheduler
        Address of a Dask scheduler whose workers do the work instead, or its scheduler file.
    slurm
        Called by every task of one ``srun``: the first asks, the others work for it.
    part
        Do only the k-th of n parts, ``"3/40"``, beside other calls that do the others, at once or later;
        `mlcluster.gather` closes the screen.
    refine, budget
        Calculate so many inputs, or as many as the time allows (seconds, or ``"2h"``): those that look best by `want`
        and those that may be, by a fit that learns from each round. Both count over all calls for the same criteria.
    want
        What is looked for, as for `mlcluster.rank`.
    restart
        Begin anew where the directory holds a screen that was made otherwise.
    part_size
        Most inputs of one part.
    command
        For the record.
    on_progress, on_refining
        Called after each part, and after each calculation.

    Returns
    -------
    dict[str, Any]
        ``{inputs, predicted, failed, reused, repeated, seconds, out, sentences}``, counts of inputs: `reused` were
        there already, `repeated` have the content of an earlier one and share its numbers; `sentences` are the answer
        in plain words. With `refine` or `budget` also ``refined``, as `mlcluster.prediction.refinement.refine.refine`
        gives it, with `part` that, and with `slurm`, from tasks that worked for the first, ``worker``.

    Raises
    ------
    InputError
        If an input does not exist.
    ConfigError
        If the directory holds a screen that was made otherwise, another process is at work there, or the scheduler
        cannot be used.
    ModelError
        If the model cannot be loaded, or is not the same for every worker.
    """
    started = time.monotonic()
    choice = LevelChoice.of(level, max_seconds, formula)
    grant = Grant.of(want, refine, budget, max_seconds)
    share = None if part is None else Share.parse(part)
    _check_together(grant, share, choice, restart=restart, elsewhere=slurm or scheduler is not None)
    options = ReadOptions(
        charge=charge,
        multiplicity=multiplicity,
        disorder=disorder,
        block=block,
        declared_ligands=tuple(declared_ligands),
        declare=declare or {},
        max_bytes=max_bytes,
    )
    inputs = as_inputs(inputs)
    if (grant or share) and not isinstance(inputs, list | tuple):
        inputs = list(inputs)  # they are gone through more than once
    check_inputs(inputs)
    directory = Path(out)
    directory.mkdir(parents=True, exist_ok=True)
    if slurm and task_number() > 0:
        work_for_first_task(directory)
        return dict.fromkeys(("inputs", "predicted", "failed", "reused", "repeated"), 0) | {
            "seconds": round(time.monotonic() - started, 2),
            "out": str(directory),
            "worker": task_number(),
        }
    ensemble = open_model(None if model is None else located(model))
    place = None if model is None else str(located(model).resolve())
    run: dict[str, Any] = {
        "model": ensemble.hash,
        "formula_model": _formula_hash() if formula else None,
        "mlcluster": __version__,
        "code": code_digest()[:12],
        "charge": charge,
        "multiplicity": multiplicity,
        "disorder": disorder,
        "block": block,
        "declared_ligands": list(options.declared_ligands),
        "max_bytes": max_bytes,
        "part_size": part_size,
        "level": choice.level,
    }
    if ensemble.config.ligands == "capped":
        run |= {"ligands": "capped"}
    if choice.calculates:
        run |= {"calculation_model": bundled_calculation_model().hash, "max_seconds": choice.max_seconds}
    total = count_items(inputs)
    progress = Progress(total=total if share is None else None)
    items = HashedItems(inputs, options)
    with contextlib.ExitStack() as stack:
        if share is None:
            stack.enter_context(locked(directory))
        check_same_run(directory, run, restart=restart)
        check_shares(directory, run)
        parts = Parts(directory)
        record = {"schema": SCHEMA, "finished": False, "run": run, "command": command or " ".join(sys.argv)}
        record |= {"model_directory": place or "bundled", "environment": environment()}
        record |= {"targets": declarations_of(ensemble.channels)}
        if share is None:
            parts.tidy()
            write_header(directory, record)
        if slurm or scheduler is not None:
            address = stack.enter_context(first_task(directory)) if slurm else scheduler
            workers = stack.enter_context(dask_readers(address))
        else:
            workers = local_readers(_processes(processes, total, part_size))
        kept = cache_dir()
        job = Job(
            items=(),
            model=place,
            model_hash=ensemble.hash,
            options=options,
            cache=None if kept is None else str(kept),
            level=choice,
        )
        done, refined = None, {}
        try:
            done = run_parts(
                lambda: form_parts(items(), run_key(run), part_size), parts, job, workers, progress, on_progress, share
            )
            if share is None:
                parts.remove_from(done.total)
            if grant is not None:
                if not slurm and scheduler is None:
                    workers = stack.enter_context(lasting_readers(_processes(processes, grant.calculations, 1)))
                refined = {"refined": refinement(directory, items, job, workers, grant, on_refining)}
            record |= {"finished": True, "inputs": items.hashes} | refined
        finally:
            counts = asdict(progress) | {"inputs": progress.inputs}
            counts |= {"seconds": round(time.monotonic() - started, 2)}
            del counts["total"]
            record |= {"counts": counts}
            if share is None:
                write_header(directory, record)
            elif done is not None:
                write_share(directory, share, record | {"parts": done.parts, "total_parts": done.total})
    told = counts | {"out": str(directory)} | refined | ({} if share is None else {"part": str(share)})
    return told | {"sentences": screen_sentences(directory, told)}


def _check_together(
    grant: Grant | None, share: Share | None, choice: LevelChoice, *, restart: bool, elsewhere: bool
) -> None:
    """Refuse what cannot be asked for in one call."""
    if grant is not None and choice.calculates:
        raise ConfigError("a refinement chooses what is calculated.", found=choice.level, expected="level network")
    if share is not None and grant is not None:
        raise ConfigError("a part knows too little to refine.", found=share, hint="Gather all parts, then refine.")
    if share is not None and elsewhere:
        raise ConfigError("a part is done on this machine.", found="a scheduler as well", expected="one of the two")
    if share is not None and restart:
        raise ConfigError("a part cannot begin a screen anew.", hint="Name another --out, or delete this one.")


def _formula_hash() -> str | None:
    """Hash of the bundled model of formulas, whose rows stand beside those of the networks; None where none ships."""
    try:
        return bundled_formula_model().hash
    except InputError:
        return None


def _processes(wanted: int | None, total: int | None, part_size: int) -> int:
    """No more processes than there are parts: starting one takes seconds."""
    most = usable_cores() if wanted is None else wanted
    return most if total is None else max(1, min(most, -(-total // part_size)))
