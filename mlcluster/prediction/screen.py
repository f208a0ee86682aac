"""`screen`: predict many structures, resumable at any moment, with the same table in the end."""

from __future__ import annotations

import contextlib
import hashlib
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from mlcluster import __version__
from mlcluster.errors import InputError
from mlcluster.graph.reading import code_digest
from mlcluster.levels.calculation.predict import bundled_calculation_model
from mlcluster.levels.formula.predict import bundled_formula_model
from mlcluster.prediction.calculated import LevelChoice
from mlcluster.prediction.predict import open_model
from mlcluster.prediction.screening.gather import Gatherer
from mlcluster.prediction.screening.items import Input, as_inputs, check_inputs, count_items, items_of
from mlcluster.prediction.screening.parts import PART_ITEMS, Item, Part, form_parts
from mlcluster.prediction.screening.readers import Readers, dask_readers, guarded_readers, local_readers
from mlcluster.prediction.screening.screen_sentences import screen_sentences
from mlcluster.prediction.screening.screen_table import SCHEMA, Parts, check_same_run, locked, run_key, write_header
from mlcluster.prediction.screening.work import Job, Outcome, run_job
from mlcluster.resources import cache_dir
from mlcluster.runs import ProcessDied, usable_cores
from mlcluster.structure.cluster import Cluster
from mlcluster.structure.files import MAX_BYTES
from mlcluster.structure.result import Disorder, ReadOptions
from mlcluster.tracking.environment import environment
from mlcluster.tracking.registered_models import located


@dataclass
class Progress:
    """Inputs whose rows are on disk; `total` is None for clusters that come one by one."""

    total: int | None = None
    predicted: int = 0
    failed: int = 0
    reused: int = 0
    repeated: int = 0

    @property
    def inputs(self) -> int:
        """Inputs that are done."""
        return self.predicted + self.failed


OnProgress = Callable[[Progress], None]


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
    processes: int | None = None,
    scheduler: str | None = None,
    slurm_workers: int | None = None,
    restart: bool = False,
    part_size: int = PART_ITEMS,
    command: str | None = None,
    on_progress: OnProgress | None = None,
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
    level, max_seconds
        As for `mlcluster.predict`; unless asked for, nothing is calculated here.
    processes
        Processes on this machine; as many as it has cores by default.
    scheduler
        Address of a Dask scheduler whose workers do the work instead.
    slurm_workers
        Start so many SLURM jobs as workers, as dask-jobqueue is configured.
    restart
        Begin anew where the directory holds a screen that was made otherwise.
    part_size
        Most inputs of one part.
    command
        For the record.
    on_progress
        Called after each part.

    Returns
    -------
    ``{inputs, predicted, failed, reused, repeated, seconds, out, sentences}``, counts of inputs: `reused` were there
    already, `repeated` have the content of an earlier one and share its numbers; the answer in plain words.

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
    choice = LevelChoice.of(level, max_seconds)
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
    check_inputs(inputs)
    directory = Path(out)
    directory.mkdir(parents=True, exist_ok=True)
    ensemble = open_model(None if model is None else located(model))
    place = None if model is None else str(located(model).resolve())
    run: dict[str, Any] = {
        "model": ensemble.hash,
        "formula_model": _formula_hash(),
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
    if choice.calculates:
        run |= {"calculation_model": bundled_calculation_model().hash, "max_seconds": choice.max_seconds}
    progress = Progress(total=count_items(inputs))
    with contextlib.ExitStack() as stack:
        stack.enter_context(locked(directory))
        check_same_run(directory, run, restart=restart)
        parts = Parts(directory)
        parts.tidy()
        record = {"schema": SCHEMA, "finished": False, "run": run, "command": command or " ".join(sys.argv)}
        record |= {"model_directory": place or "bundled", "environment": environment()}
        write_header(directory, record)
        if scheduler is not None or slurm_workers is not None:
            workers = stack.enter_context(dask_readers(scheduler, slurm_workers))
        else:
            workers = local_readers(_processes(processes, progress.total, part_size))
        kept = cache_dir()
        job = Job(
            items=(),
            model=place,
            model_hash=ensemble.hash,
            options=options,
            cache=None if kept is None else str(kept),
            level=choice,
        )
        hashes: dict[str, dict[str, Any]] = {}
        items = _hashed(inputs, hashes, options)
        try:
            formed = form_parts(items, run_key(run), part_size)
            parts.remove_from(_run(formed, parts, job, workers, progress, on_progress))
            record |= {"finished": True, "inputs": hashes}
        finally:
            seconds = round(time.monotonic() - started, 2)
            counts = asdict(progress) | {"inputs": progress.inputs, "seconds": seconds}
            del counts["total"]
            write_header(directory, record | {"counts": counts})
    told = counts | {"out": str(directory)}
    return told | {"sentences": screen_sentences(directory, told)}


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


def _hashed(inputs: Iterable[Input], hashes: dict[str, dict[str, Any]], options: ReadOptions) -> Iterator[Item]:
    """Items passed on; for each input how many there were, and the SHA-256 over what they hold, end in `hashes`."""
    for each in inputs:
        name = "clusters in memory" if isinstance(each, Cluster) else str(each)
        digest, count = hashlib.sha256(), 0
        digest.update(hashes.get(name, {}).get("sha256", "").encode())
        stated = {"charge": options.charge, "multiplicity": options.multiplicity}
        for item in items_of(each, **stated, max_bytes=options.max_bytes):
            digest.update(item.content.encode())
            count += 1
            yield item
        hashes[name] = {"items": hashes.get(name, {}).get("items", 0) + count, "sha256": digest.hexdigest()}


def _run(
    formed: Iterable[Part],
    parts: Parts,
    job: Job,
    workers: Readers,
    progress: Progress,
    on_progress: OnProgress | None,
) -> int:
    """Bring every part to disk and return how many there are."""
    gatherer = Gatherer(parts)
    given: dict[int, Part] = {}
    last = -1

    def tell(counts: tuple[int, int], reused: bool = False) -> None:
        progress.predicted += counts[0]
        progress.failed += counts[1]
        progress.reused += sum(counts) if reused else 0
        if on_progress is not None:
            on_progress(progress)

    def jobs() -> Iterator[Job]:
        nonlocal last
        number = 0
        for part in formed:
            last = part.number
            progress.repeated += len(part.items) - len(part.own)
            counts = gatherer.reuse(part)
            if counts is not None:
                tell(counts, reused=True)
            elif part.own:
                given[number] = part
                number += 1
                yield replace(job, items=tuple(part.items[k] for k in part.own))
            else:
                for counts in gatherer.add(part, []):
                    tell(counts)

    for number, result in workers(run_job, jobs()):
        part = given.pop(number)
        if isinstance(result, ProcessDied):
            result = _one_by_one(replace(job, items=tuple(part.items[k] for k in part.own)))
        for counts in gatherer.add(part, result):
            tell(counts)
    return last + 1


def _one_by_one(job: Job) -> list[Outcome]:
    """Outcomes of a part that ended its process: the items that do so fail, the others are predicted without them."""
    guarded = guarded_readers()
    died = Outcome(error="the process that read it died; is it far too large?")
    outcomes = [died] * len(job.items)
    for k, result in guarded(run_job, [replace(job, items=(item,)) for item in job.items]):
        if not isinstance(result, ProcessDied):
            (outcomes[k],) = result
    healthy = [k for k, outcome in enumerate(outcomes) if outcome is not died]
    together = replace(job, items=tuple(job.items[k] for k in healthy))
    for _, result in guarded(run_job, [together] if healthy else []):
        if not isinstance(result, ProcessDied):
            for k, outcome in zip(healthy, result, strict=True):
                outcomes[k] = outcome
    return outcomes
