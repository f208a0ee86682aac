"""Where runs are kept: a sqlite database and artifacts under ``.mlcluster/``, or any MLflow tracking server."""

from __future__ import annotations

from pathlib import Path

from mlcluster.errors import InputError
from mlcluster.resources import PROJECT_FOLDER, project_dir
from mlcluster.tracking.client import quiet_client
from mlcluster.tracking.run import Run


class RunStore:
    """Opens runs in one MLflow store.

    Parameters
    ----------
    project
        Directory under which ``.mlcluster/`` keeps database, artifacts and unfinished training states; see
        `project_dir`.
    tracking_uri
        An MLflow server or database to use in place of the project's own.
    """

    def __init__(self, project: str | Path | None = None, tracking_uri: str | None = None) -> None:
        self.directory = project_dir(project) / PROJECT_FOLDER
        self.directory.mkdir(parents=True, exist_ok=True)
        self.is_local = tracking_uri is None
        self.uri = tracking_uri or f"sqlite:///{self.directory / 'mlflow.db'}"
        self._client = quiet_client(self.uri)

    def start(self, experiment: str, name: str, tags: dict[str, str] | None = None) -> Run:
        """Open a new run."""
        run = self._client.create_run(self._experiment_id(experiment), run_name=name, tags=tags or {})
        return Run(self._client, run.info.run_id)

    def resume(self, run_id: str) -> Run:
        """Open a run that exists, to go on with it.

        Raises
        ------
        InputError
            If the store has no such run.
        """
        run = self.find(run_id)
        self._client.update_run(run_id, status="RUNNING")
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
            self._client.get_run(run_id)
        except MlflowException as error:
            raise InputError("no such run in this store.", file=self.uri, found=run_id, hint=str(error)) from None
        return Run(self._client, run_id)

    def _experiment_id(self, name: str) -> str:
        from mlflow.exceptions import MlflowException

        known = self._client.get_experiment_by_name(name)
        if known is not None:
            return known.experiment_id
        # A server chooses its own place for artifacts; here it is stated, or MLflow writes to the working directory.
        root = (self.directory / "artifacts" / name).as_uri() if self.is_local else None
        try:
            return self._client.create_experiment(name, artifact_location=root)
        except MlflowException:
            known = self._client.get_experiment_by_name(name)  # another process may have made it meanwhile
            if known is None:
                raise
            return known.experiment_id
