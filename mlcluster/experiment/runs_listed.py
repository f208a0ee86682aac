"""Runs of the record as rows: a list of them, and all there is about one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from mlcluster.tracking import RunRecord, RunStore
from mlcluster.tracking.tracked_run import PARENT

HEADLINE = "*/network/mae"
"""Metrics a list shows: held-out errors of the network."""


def list_runs(
    store: RunStore,
    *,
    experiment: str | None = None,
    kind: str | None = None,
    status: str | None = None,
    children: bool = False,
    limit: int | None = None,
    metrics: str = HEADLINE,
) -> list[dict[str, Any]]:
    """List runs, newest first.

    Parameters
    ----------
    store
        Where they are.
    experiment, kind, status
        Only runs of that experiment, that kind ("train", "evaluate" ...), that status ("finished" ...).
    children
        Also list the folds and members that belong to another run; otherwise they are only counted.
    limit
        Most rows.
    metrics
        Shell pattern of the metrics to give with each run.

    Returns
    -------
    list[dict[str, Any]]
        Rows of ``{"run", "name", "experiment", "kind", "status", "started", "minutes", "children", "data",
        "metrics"}``; ``data`` is the hash of structures, labels and splits.
    """
    records = store.records(experiment=experiment, details=False, metrics=metrics)
    counts: dict[str, int] = {}
    for record in records:
        if record.parent is not None:
            counts[record.parent] = counts.get(record.parent, 0) + 1
    rows: list[dict[str, Any]] = []
    for record in records:
        if record.parent is not None and not children:
            continue
        if kind is not None and record.tags.get("mlcluster.kind") != kind:
            continue
        if status is not None and record.status != status.upper():
            continue
        if limit is not None and len(rows) == limit:
            break
        rows.append(summary(record) | {"children": counts.get(record.id, 0), "metrics": dict(record.metrics)})
    return rows


def summary(record: RunRecord) -> dict[str, Any]:
    """What names a run in every table."""
    return {
        "run": record.id,
        "name": record.name,
        "experiment": record.experiment,
        "kind": record.tags.get("mlcluster.kind"),
        "status": record.status.lower(),
        "started": _time(record.started),
        "minutes": None if record.ended is None else round((record.ended - record.started) / 60_000, 1),
        "data": (record.tags.get("mlcluster.data_hash") or "")[:12] or None,
    }


def show_run(store: RunStore, run_id: str) -> dict[str, Any]:
    """Everything the record says of one run.

    Parameters
    ----------
    store
        Where it is.
    run_id
        The run, or the beginning of its id.

    Returns
    -------
    dict[str, Any]
        A row of `list_runs` with ``parent``, ``tags``, ``parameters``, ``metrics`` (latest values), ``files`` and
        ``children`` (rows of `list_runs`).

    Raises
    ------
    InputError
        If there is no such run.
    """
    (record,) = store.records(ids=[run_id])
    others = store.records(experiment=record.experiment, tags={PARENT: record.id}, details=False)
    run = store.find(record.id)
    return summary(record) | {
        "parent": record.parent,
        "tags": {key: value for key, value in sorted(record.tags.items()) if not key.startswith("mlflow.")},
        "parameters": dict(sorted(record.parameters.items())),
        "metrics": dict(sorted(record.metrics.items())),
        "files": [path for top in run.files() for path in (run.files(top) or [top])],
        "children": [summary(child) for child in reversed(others)],
    }


def column_names(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Short names of runs that tell them apart: letter, name and the beginning of the id."""
    return [f"{_letters(number)}: {run['name']} {run['run'][:6]}" for number, run in enumerate(runs)]


def _letters(number: int) -> str:
    return (_letters(number // 26 - 1) if number >= 26 else "") + chr(ord("A") + number % 26)


def _time(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds")
