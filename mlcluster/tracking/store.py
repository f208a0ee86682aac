"""Where runs are kept: a sqlite database and artifacts under ``.mlcluster/``, or any MLflow tracking server."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from filelock import FileLock

from mlcluster.errors import InputError
from mlcluster.resources import PROJECT_FOLDER, project_dir
from mlcluster.tracking.client import quiet_client
from mlcluster.tracking.run_records import RunRecord, read_from_sqlite, read_through_client, sqlite_file, sqlite_uri
from mlcluster.tracking.tracked_run import Run
from mlcluster.tracking.unsent import runs_with_unsent

_KIND = {"mlflow.experimentKind": "custom_model_development"}
"""Tag by which MLflow opens an experiment as runs of models, not as traces of a language model."""


class RunStore:
    """Opens runs in one MLflow store.

    Parameters
    ----------
    project
        Directory under which ``.mlcluster/`` keeps database, artifacts, unfinished training states, and what could not
        be sent to a store that was away; see `project_dir`.
    tracking_uri
        An MLflow server or database to use in place of the project's own.
    """

    def __init__(self, project: str | Path | None = None, tracking_uri: str | None = None) -> None:
        self.directory = project_dir(project) / PROJECT_FOLDER
        self.uri = tracking_uri or sqlite_uri(self.directory / "mlflow.db")

    @cached_property
    def client(self) -> Any:
        """MLflow client of the store; the first use makes contact.

        Raises
        ------
        StoreUnreachableError
            If the store does not answer.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        # Two processes that make the tables of one new database at the same time would both fail.
        with FileLock(self.directory / "contact.lock"):
            return quiet_client(self.uri)

    def start(self, experiment: str, name: str, tags: Mapping[str, str] | None = None) -> Run:
        """Open a new run."""
        self.sync()
        run = self.client.create_run(self._experiment_id(experiment), run_name=name, tags=dict(tags or {}))
        return self._run(run.info.run_id, is_new=True)

    def resume(self, run_id: str) -> Run:
        """Open a run that exists, to go on with it.

        Raises
        ------
        InputError
            If the store has no such run.
        """
        self.sync()
        run = self.find(run_id)
        self.client.update_run(run_id, status="RUNNING")
        return run

    def find(self, run_id: str) -> Run:
        """Open a run that exists, to read it.

        Raises
        ------
        InputError
            If the store has no such run.
        """
        from mlflow.exceptions import MlflowException

        try:
            self.client.get_run(run_id)
        except MlflowException as error:
            raise InputError("no such run in this store.", file=self.uri, found=run_id, hint=str(error)) from None
        return self._run(run_id)

    def records(
        self,
        *,
        experiment: str | None = None,
        tags: Mapping[str, str] | None = None,
        ids: Sequence[str] | None = None,
        details: bool = True,
        metrics: str = "*",
    ) -> list[RunRecord]:
        """What the record says of runs, newest first.

        Parameters
        ----------
        experiment
            Only runs of this experiment.
        tags
            Only runs with these tags.
        ids
            Only these runs; the beginning of an id is enough where it is unique.
        details
            False leaves parameters empty, which is faster.
        metrics
            Only metrics whose names fit this shell pattern.

        Raises
        ------
        InputError
            If an id names no run, or several.
        StoreUnreachableError
            If the store does not answer.
        """
        found = self._read(experiment, tags or {}, ids, details, metrics)
        if ids is None:
            return found
        known = {record.id: record for record in found}
        return [known.get(start) or _only(found, start, self.uri) for start in ids]

    def _read(
        self,
        experiment: str | None,
        tags: Mapping[str, str],
        ids: Sequence[str] | None,
        details: bool,
        metrics: str,
    ) -> list[RunRecord]:
        file = sqlite_file(self.uri)
        if file is not None and not file.is_file():
            return []
        if file is not None:
            # Should MLflow change its tables one day, its client still reads them.
            with contextlib.suppress(sqlite3.DatabaseError):
                return read_from_sqlite(
                    file, experiment=experiment, tags=tags, ids=ids, details=details, metrics=metrics
                )
        self.sync()
        return read_through_client(self.client, experiment=experiment, tags=tags, ids=ids, metrics=metrics)

    def sync(self) -> dict[str, bool]:
        """Send what runs of this store kept while it was away; by run, whether it has all of it now.

        Raises
        ------
        StoreUnreachableError
            If it is away still.
        """
        client = self.client
        waiting = runs_with_unsent(self.directory / "pending", self.uri)
        return {run_id: Run(client, run_id, pending=self.directory / "pending").send_kept() for run_id in waiting}

    def _run(self, run_id: str, *, is_new: bool = False) -> Run:
        return Run(self.client, run_id, pending=self.directory / "pending", is_new=is_new)

    def _experiment_id(self, name: str) -> str:
        from mlflow.exceptions import MlflowException

        known = self.client.get_experiment_by_name(name)
        if known is not None:
            return known.experiment_id
        # A server has its own place for artifacts; for a database MLflow would take the working directory.
        root = None if self.uri.startswith("http") else (self.directory / "artifacts" / name).as_uri()
        try:
            return self.client.create_experiment(name, artifact_location=root, tags=_KIND)
        except MlflowException:
            known = self.client.get_experiment_by_name(name)  # another process may have made it meanwhile
            if known is None:
                raise
            return known.experiment_id


def _only(records: list[RunRecord], start: str, uri: str) -> RunRecord:
    found = [record for record in records if record.id.startswith(start)]
    if not found:
        raise InputError("no such run in this store.", file=uri, found=start, hint="mlcluster runs list shows them.")
    if len(found) > 1:
        expected = "one of " + ", ".join(record.id for record in found)
        raise InputError("several runs begin like this.", file=uri, found=start, expected=expected)
    return found[0]
