"""What the record says of runs, read in bulk: from MLflow's client, or straight from the tables of its sqlite database.

MLflow builds an object of every parameter and metric, which takes many seconds for ten thousand runs; the tables take a
fraction of one, and do not need MLflow. Only reading: what is written goes through the client.
"""

from __future__ import annotations

import math
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

PAGE = 1000
"""Runs a page; MLflow gives at most 50,000."""


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """One run as its store has it.

    Parameters
    ----------
    id, name, experiment
        Which run.
    status
        "RUNNING", "FINISHED", "FAILED", "KILLED" or "SCHEDULED".
    started, ended
        Milliseconds since 1970; `ended` is None for a run that goes on.
    artifacts
        Where its files lie.
    tags, parameters, metrics
        As logged; of a metric the latest value.
    """

    id: str
    name: str
    experiment: str
    status: str
    started: int
    ended: int | None
    artifacts: str
    tags: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)

    @property
    def parent(self) -> str | None:
        """Run this one is a child of."""
        return self.tags.get("mlflow.parentRunId")


def chosen(run_id: str, ids: Collection[str] | None) -> bool:
    """Whether a run is among `ids`, of which each may be the beginning of one."""
    return ids is None or run_id in ids or any(run_id.startswith(start) for start in ids if len(start) < len(run_id))


def read_through_client(
    client: Any, *, experiment: str | None, tags: Mapping[str, str], ids: Collection[str] | None, metrics: str = "*"
) -> list[RunRecord]:
    """Read runs that are not deleted, newest first, from any MLflow store; parameters as in `RunStore.records`."""
    names = {
        entry.experiment_id: entry.name
        for entry in _pages(lambda token: client.search_experiments(max_results=PAGE, page_token=token))
        if experiment in (None, entry.name)
    }
    if not names:
        return []
    where = " and ".join(f"tags.`{key}` = '{value}'" for key, value in tags.items())
    order = ["attributes.start_time DESC"]
    runs = _pages(
        lambda token: client.search_runs(list(names), where, max_results=PAGE, order_by=order, page_token=token)
    )
    return [
        RunRecord(
            id=run.info.run_id,
            name=run.info.run_name or "",
            experiment=names[run.info.experiment_id],
            status=run.info.status,
            started=run.info.start_time or 0,
            ended=run.info.end_time,
            artifacts=run.info.artifact_uri,
            tags=dict(run.data.tags),
            parameters=dict(run.data.params),
            metrics={key: value for key, value in run.data.metrics.items() if fnmatchcase(key, metrics)},
        )
        for run in runs
        if chosen(run.info.run_id, ids)
    ]


def _pages(ask: Any) -> Iterator[Any]:
    token = None
    while True:
        page = ask(token)
        yield from page
        token = page.token
        if not token:
            return


_RUNS = """
SELECT r.run_uuid, r.name, e.name, r.status, r.start_time, r.end_time, r.artifact_uri
FROM runs r JOIN experiments e ON e.experiment_id = r.experiment_id
WHERE r.lifecycle_stage = 'active' AND e.lifecycle_stage = 'active' AND (:experiment IS NULL OR e.name = :experiment)
ORDER BY r.start_time DESC, r.rowid DESC
"""
_DETAILS = {
    "tags": "SELECT run_uuid, key, value FROM tags WHERE key GLOB ?",
    "parameters": "SELECT run_uuid, key, value FROM params WHERE key GLOB ?",
    "metrics": "SELECT run_uuid, key, CASE WHEN is_nan THEN NULL ELSE value END FROM latest_metrics WHERE key GLOB ?",
}
_FEW = 400
"""With more runs than this the tables are read as a whole."""


def sqlite_file(uri: str) -> Path | None:
    """File of a sqlite tracking store; None for any other store."""
    return Path(uri.removeprefix("sqlite:///")) if uri.startswith("sqlite:///") else None


def read_from_sqlite(
    file: Path,
    *,
    experiment: str | None,
    tags: Mapping[str, str],
    ids: Collection[str] | None,
    details: bool = True,
    metrics: str = "*",
) -> list[RunRecord]:
    """Read runs that are not deleted, newest first; parameters as in `RunStore.records`.

    Raises
    ------
    sqlite3.DatabaseError
        If the tables are not those of the MLflow versions this was written for.
    """
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, timeout=30)) as database:
        wanted = set(ids) if ids is not None else None
        rows = [row for row in database.execute(_RUNS, {"experiment": experiment}) if chosen(row[0], wanted)]
        for key, value in tags.items():
            tagged = database.execute("SELECT run_uuid FROM tags WHERE key = ? AND value = ?", (key, value))
            kept = {run_id for (run_id,) in tagged}
            rows = [row for row in rows if row[0] in kept]
        names = [row[0] for row in rows]
        patterns = {"tags": "*", "metrics": metrics} | ({"parameters": "*"} if details else {})
        read = {part: _by_run(database, _DETAILS[part], keys, names) for part, keys in patterns.items()}
    nothing: dict[str, dict] = {}
    return [
        RunRecord(
            id=run_id,
            name=name or "",
            experiment=of,
            status=status,
            started=started or 0,
            ended=ended,
            artifacts=artifacts,
            tags=read["tags"].get(run_id, {}),
            parameters=read.get("parameters", nothing).get(run_id, {}),
            metrics=read["metrics"].get(run_id, {}),
        )
        for run_id, name, of, status, started, ended, artifacts in rows
    ]


def _by_run(database: sqlite3.Connection, query: str, keys: str, runs: list[str]) -> Mapping[str, dict]:
    if len(runs) <= _FEW:
        query += f" AND run_uuid IN ({', '.join('?' * len(runs))})"
    found: dict[str, dict] = defaultdict(dict)
    for run_id, key, value in database.execute(query, [keys, *(runs if len(runs) <= _FEW else ())]):
        found[run_id][key] = math.nan if value is None else value
    return found
