"""MLflow's client without its chatter: no telemetry, no migration log, no deprecation warnings of its own making."""

from __future__ import annotations

import functools
import logging
import os
import warnings
from typing import Any

from mlcluster.errors import ConfigError


class _QuietCalls:
    """Passes calls on to an MLflow client, with the warnings of MLflow's own dependencies silenced."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._client, name)

        @functools.wraps(call)
        def quiet(*args: Any, **kwargs: Any) -> Any:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", category=DeprecationWarning)
                warnings.filterwarnings("ignore", category=FutureWarning)
                return call(*args, **kwargs)

        return quiet


def quiet_client(uri: str) -> Any:
    """Client of an MLflow store that answers.

    Raises
    ------
    ConfigError
        If it does not.
    """
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"  # read when MLflow is imported
    os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException

        # Making the database logs each of several dozen schema migrations to standard error.
        for name in ("alembic", "mlflow.store.db.utils", "mlflow.store.db_migrations"):
            logging.getLogger(name).setLevel(logging.ERROR)
        try:
            client = MlflowClient(tracking_uri=uri)
            client.search_experiments(max_results=1)
        except (MlflowException, OSError) as error:
            raise ConfigError("cannot reach the tracking store.", found=uri, hint=str(error)) from error
    return _QuietCalls(client)
