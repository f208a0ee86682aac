"""Comparison of runs: what differs in configuration, data and environment, and what came of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mlcluster.experiment.runs_by_entry import compare_by_entry
from mlcluster.experiment.runs_listed import summary
from mlcluster.tracking import RunRecord, RunStore
from mlcluster.tracking.logged_tables import of_all_seeds, read_document

MOST_BY_ENTRY = 20
"""Runs whose predictions are compared entry by entry; with more, no table could show them."""

_DATA = {"structures and labels": "mlcluster.entries_hash", "split": "mlcluster.split_hash"}
_GIT = {"git commit": "mlcluster.git.commit", "git files changed": "mlcluster.git.changed"}
_COURSE = ("member ", "ensemble", "without ", "course", "system")
"""Starts of the metrics that follow a training epoch by epoch."""

_LOWER_IS_BETTER = ("mae", "rmse", "mae_over_families", "width")
_HIGHER_IS_BETTER = ("r2", "spearman", "spearman_within_families", "ranking_by_width", "ranking_by_distance")


def compare_runs(
    store: RunStore, ids: Sequence[str], *, arm: str | None = None, most_entries: int = 10
) -> dict[str, Any]:
    """Compare runs with the first of them.

    Parameters
    ----------
    store
        Where they are.
    ids
        Two runs or more; the beginning of an id is enough.
    arm
        Whose predictions to compare; the first model of each run's table when None, which is its model.
    most_entries
        Clusters to name for each property, those the runs disagree on most.

    Returns
    -------
    dict[str, Any]
        ``runs`` (rows of `list_runs`), ``warnings``, ``differences`` (``config``, ``data``, ``environment``: rows of
        ``{"key", "values"}``), ``metrics`` (rows of ``{"metric", "values", "best"}``) and what `compare_by_entry`
        gives. ``values`` stand in the order of ``runs``; what a run does not have is None.

    Raises
    ------
    InputError
        If a run is not there.
    """
    records = store.records(ids=ids)
    parameters = _differences([record.parameters for record in records])
    about_data = ("data.", "split.")
    environment, unknown = _environments(store, records)
    differences = {
        "config": [row for row in parameters if not row["key"].startswith(about_data)],
        "data": _differences([_named(record.tags, _DATA) for record in records])
        + [row for row in parameters if row["key"].startswith(about_data)],
        "environment": _differences([_named(r.tags, _GIT) | e for r, e in zip(records, environment, strict=True)]),
    }
    warnings = [*_data_warnings(records, differences["data"]), *unknown]
    by_entry: dict[str, Any] = {"families": [], "wins": [], "disagreements": [], "predictions": []}
    if len(records) <= MOST_BY_ENTRY:
        by_entry = compare_by_entry(store, records, arm=arm, most_entries=most_entries)
        warnings += by_entry.pop("warnings")
    else:
        warnings.append(f"Predictions are compared entry by entry for at most {MOST_BY_ENTRY} runs.")
    return {
        "runs": [summary(record) for record in records],
        "warnings": warnings,
        "differences": differences,
        "metrics": _metrics(records),
        **by_entry,
    }


def _named(tags: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    return {name: tags[tag][:12] for name, tag in names.items() if tag in tags}


def _differences(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Keys whose values are not the same in all."""
    rows = []
    for key in dict.fromkeys(key for each in found for key in each):
        values = [each.get(key) for each in found]
        if any(value != values[0] for value in values):
            rows.append({"key": key, "values": values})
    return rows


def _environments(store: RunStore, records: Sequence[RunRecord]) -> tuple[list[dict[str, Any]], list[str]]:
    """Python, platform and packages of each run; a document is read once for all runs that have the same."""
    hashes = [record.tags.get("mlcluster.environment_hash") for record in records]
    if len(set(hashes)) == 1 and hashes[0] is not None:
        return [{} for _ in records], []
    known: dict[str, dict[str, Any]] = {}
    found, missing = [], []
    for record, digest in zip(records, hashes, strict=True):
        key = digest or record.id
        if key not in known:
            document = read_document(store, record, "environment.json")
            known[key] = {} if document is None else _flat_environment(document)
        if not known[key]:
            missing.append(record.id)
        found.append(known[key])
    if len(missing) == len(records):
        return found, []
    shown = ", ".join(run[:12] for run in missing[:3]) + (" ..." if len(missing) > 3 else "")
    return found, [f"No environment is recorded for {shown}."] if missing else []


def _flat_environment(document: Mapping[str, Any]) -> dict[str, Any]:
    packages = document.get("distributions") or document.get("packages") or {}
    facts = {key: document.get(key) for key in ("python", "platform_detail", "machine") if document.get(key)}
    return facts | dict(packages)


def _data_warnings(records: Sequence[RunRecord], differences: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    keys = {row["key"] for row in differences}
    if "structures and labels" in keys:
        yield "DIFFERENT DATA: these runs did not have the same structures and labels."
    if "split" in keys:
        # The validation family of each member follows from the seed, so the entries held out may well be the same.
        yield "DIFFERENT SPLITS: these runs did not divide the entries alike into training, validation and test."
    hashes = {record.tags.get("mlcluster.data_hash") for record in records}
    if len(hashes) > 1 and not keys & set(_DATA):
        yield "DIFFERENT DATA OR SPLITS: the hashes of these runs differ, and at least one run does not say in what."
    unfinished = [record for record in records if record.status != "FINISHED"]
    if unfinished:
        shown = ", ".join(f"{record.id[:12]} is {record.status.lower()}" for record in unfinished[:3])
        yield f"Not finished: {shown}{' ...' if len(unfinished) > 3 else ''}."


def _metrics(records: Sequence[RunRecord]) -> list[dict[str, Any]]:
    """Metrics of whole runs, means over seeds: neither those of single families nor the course of single members."""
    found = [_over_seeds(record.metrics, _seeds(record)) for record in records]
    rows = []
    for key in sorted({key for each in found for key in each}):
        values = [each.get(key) for each in found]
        counts = {each.get(f"{key.rpartition('/')[0]}/n") for each in found}
        # A score over other rows is neither better nor worse.
        rows.append({"metric": key, "values": values, "best": _best(key, values) if len(counts) == 1 else None})
    return rows


def _seeds(record: RunRecord) -> list[str]:
    """Seeds a run was told to use; none where it does not say."""
    stated = record.parameters.get("evaluate.seeds", "").strip("[]").split(", ")
    return [*stated, record.parameters.get("seed", "")]


def _over_seeds(metrics: Mapping[str, float], seeds: Sequence[str]) -> dict[str, float]:
    """Metrics of the same split with several seeds as one; those that are not finite are left out."""
    values: dict[str, list[float]] = {}
    for key, value in metrics.items():
        split, slash, rest = key.partition("/")
        if slash and "/family " not in key and not split.startswith(_COURSE) and math.isfinite(value):
            values.setdefault(f"{of_all_seeds(split, seeds)}/{rest}", []).append(value)
    return {key: sum(each) / len(each) for key, each in values.items()}


def _best(metric: str, values: Sequence[float | None]) -> int | None:
    """Position of the best value; None where they are equal, or where neither way is better."""
    name = metric.rpartition("/")[2]
    known = [value for value in values if value is not None]
    if name not in (*_LOWER_IS_BETTER, *_HIGHER_IS_BETTER) or len(known) < 2:
        return None
    if math.isclose(min(known), max(known), rel_tol=1e-6, abs_tol=1e-9):
        return None
    return values.index(min(known) if name in _LOWER_IS_BETTER else max(known))
