"""Runs of the record as rows, all there is about one, and the card of its model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlcluster.errors import InputError
from mlcluster.model.card import card_of
from mlcluster.model.card_text import card_text
from mlcluster.model.formula import load_formula_model
from mlcluster.model.formula.card import formula_card, formula_card_text
from mlcluster.model.formula.formula_model import DOCUMENT as FORMULA_DOCUMENT
from mlcluster.tracking import RunRecord, RunStore
from mlcluster.tracking.registered_models import located
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
    Rows of ``{"run", "name", "experiment", "kind", "status", "started", "minutes", "children", "data", "metrics"}``;
    ``data`` is the hash of structures, labels and splits.
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


def show_card(
    name: str | Path,
    *,
    out: str | Path | None = None,
    project: str | Path | None = None,
    tracking_uri: str | None = None,
) -> dict[str, Any]:
    """Card of a model from its own record.

    Parameters
    ----------
    name
        Directory of a model, ``runs:/RUN``, ``models:/NAME@ALIAS``, or the id of a training run or its beginning.
    out
        Also write the text here.
    project, tracking_uri
        As for `RunStore`.

    Returns
    -------
    ``{"model", "card", "text", "file"}``: directory, the card's fields, Markdown, and where that was written or None.

    Raises
    ------
    InputError
        If there is no such run or model, or no directory for `out`.
    ModelError
        If the model cannot be read, or its record does not fill a card.
    """
    path = None if out is None else Path(out)
    if path is not None and not path.parent.is_dir():
        raise InputError("no such directory.", file=path.parent, hint="Make it first, or name another with --out.")
    named = Path(name).is_dir() or str(name).startswith(("runs:/", "models:/"))
    if not named and len(Path(name).parts) > 1:
        raise InputError("no such model.", found=name, expected="a directory of a model, or the id of a run")
    directory = located(name if named else f"runs:/{name}", project, tracking_uri)
    if (directory / FORMULA_DOCUMENT).is_file():
        of_formula = formula_card(load_formula_model(directory))
        content, text = of_formula.model_dump(mode="json"), formula_card_text(of_formula)
    else:
        card = card_of(directory)
        content, text = card.model_dump(mode="json"), card_text(card)
    if path is not None:
        path.write_text(text, encoding="utf-8")
    return {"model": str(directory), "card": content, "text": text, "file": None if path is None else str(path)}
