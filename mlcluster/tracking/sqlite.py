"""What the record says of runs, read straight from the tables of MLflow's sqlite database.

MLflow builds an object of every parameter and metric, which takes many seconds for ten thousand runs; this takes a
fraction of one, and does not import MLflow. Only reading: what is written goes through the client.
"""

from __future__ import annotations

import math
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Mapping
from contextlib import closing
from pathlib import Path

from mlcluster.tracking.records import RunRecord, chosen

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
_SQLITE = "sqlite:///"
_FEW = 400
"""With more runs than this the tables are read as a whole."""


def sqlite_uri(file: Path) -> str:
    """Address of a sqlite tracking store, as `sqlite_file` and MLflow read it, whatever the name of its folder."""
    if not set("%?") & set(str(file)):
        return f"{_SQLITE}{file}"
    from sqlalchemy import URL

    # With the driver named: MLflow makes the folder of a plain sqlite:///, escapes and all, beside the project.
    return URL.create("sqlite+pysqlite", database=str(file)).render_as_string()


def sqlite_file(uri: str) -> Path | None:
    """File of a sqlite tracking store; None for any other store."""
    if not uri.startswith((_SQLITE, "sqlite+pysqlite:///")):
        return None
    if uri.startswith(_SQLITE) and not set("%?") & set(uri):
        return Path(uri.removeprefix(_SQLITE))
    # Which characters are escaped is for the library to know that opens the database: that has changed before.
    from sqlalchemy import make_url

    return Path(make_url(uri).database or "")


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
