"""What the record says of runs, read in bulk: from MLflow's client, a thousand at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
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
