"""MLflow's client without its chatter: no telemetry, no migration log, no deprecation warnings of its own making."""

from __future__ import annotations

import functools
import logging
import os
import sys
import time
import warnings
from pathlib import Path
from typing import Any

from mlcluster.errors import ConfigError

_REFUSALS = (
    "BAD_REQUEST",
    "CUSTOMER_UNAUTHORIZED",
    "ENDPOINT_NOT_FOUND",
    "INVALID_PARAMETER_VALUE",
    "INVALID_STATE",
    "PERMISSION_DENIED",
    "RESOURCE_ALREADY_EXISTS",
    "RESOURCE_DOES_NOT_EXIST",
    "UNAUTHENTICATED",
)
"""Error codes of a store that answers, and says no."""


_MOST_TRIALS = 5
_SECONDS_BETWEEN_TRIALS = 15.0
"""A store that is away may take long to say nothing: it is not asked at every epoch."""


class StoreUnreachableError(ConfigError):
    """The tracking store does not answer, or fails at what it is asked for."""


class Outage:
    """Whether a store is away: known to all runs that write to it, and said once when it begins and ends.

    Parameters
    ----------
    uri
        Of the store.
    """

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._next_trial: float | None = None

    def may_try(self) -> bool:
        """True while the store answers, and when it is time to see whether it does again."""
        return self._next_trial is None or time.monotonic() > self._next_trial

    def goes_on(self, error: StoreUnreachableError, kept: Path) -> None:
        """The store did not answer; what it misses is kept in a directory."""
        if self._next_trial is None:
            reason = (error.hint or "").partition("\n")[0][:200]
            print(
                f"the tracking store does not answer ({self._uri}: {reason}); work goes on, and what it misses is kept "
                f"in {kept} and sent later",
                file=sys.stderr,
            )
        self._next_trial = time.monotonic() + _SECONDS_BETWEEN_TRIALS

    def ends(self) -> None:
        """The store has answered."""
        if self._next_trial is not None:
            print("the tracking store answers again and gets what it missed", file=sys.stderr)
        self._next_trial = None


class _QuietCalls:
    """Passes calls on to an MLflow client; warnings of MLflow's dependencies are silenced, outages get one type."""

    def __init__(self, client: Any, uri: str) -> None:
        self._client, self.uri, self.outage = client, uri, Outage(uri)

    def __getattr__(self, name: str) -> Any:
        from mlflow.exceptions import MlflowException
        from sqlalchemy.exc import SQLAlchemyError

        call = getattr(self._client, name)

        @functools.wraps(call)
        def quiet(*args: Any, **kwargs: Any) -> Any:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", category=DeprecationWarning)
                warnings.filterwarnings("ignore", category=FutureWarning)
                try:
                    return call(*args, **kwargs)
                except (MlflowException, SQLAlchemyError, OSError) as error:
                    if getattr(error, "error_code", None) in _REFUSALS:
                        raise
                    raise _unreachable(self.uri, error) from error

        return quiet


def quiet_client(uri: str) -> Any:
    """Client of an MLflow store that answers; any call of it raises `StoreUnreachableError` once the store is gone.

    Raises
    ------
    StoreUnreachableError
        If it does not answer.
    ConfigError
        If the driver of its database is not installed.
    """
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"  # read when MLflow is imported
    os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
    # MLflow would try for minutes, and training would wait: what cannot be sent is kept and sent later.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException
        from mlflow.store.db import utils as database
        from sqlalchemy.exc import SQLAlchemyError

        # Ten trials of a server that is not there would take 100 s, and five take 3.
        database.MAX_RETRY_COUNT = _MOST_TRIALS
        # Making the database logs each of several dozen schema migrations to standard error.
        for name in ("alembic", "mlflow.store.db.utils", "mlflow.store.db_migrations"):
            logging.getLogger(name).setLevel(logging.ERROR)
        try:
            client = MlflowClient(tracking_uri=uri, registry_uri=uri)
            client.search_experiments(max_results=1)
        except ImportError as error:
            raise ConfigError(
                "no driver for this kind of tracking store is installed.",
                found=uri,
                hint=f'{error}; for Postgres: pip install "mlcluster[postgres]"',
            ) from error
        except (MlflowException, SQLAlchemyError, OSError) as error:
            raise _unreachable(uri, error) from error
    return _QuietCalls(client, uri)


def _unreachable(uri: str, error: Exception) -> StoreUnreachableError:
    return StoreUnreachableError("cannot reach the tracking store.", found=uri, hint=str(error))
