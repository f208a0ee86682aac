"""`serve`: the page and its API on this machine."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlcluster.errors import ConfigError
from mlcluster.resources import cache_dir
from mlcluster.runs import held, usable_cores
from mlcluster.web.guard import allowed_hosts, is_loopback
from mlcluster.web.limits import Limits

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

HOST, PORT = "127.0.0.1", 8765
_SHORTEST_TOKEN = 16


def serve(
    *,
    host: str = HOST,
    port: int = PORT,
    token: str | None = None,
    jobs: int | None = None,
    max_seconds: float = 120.0,
    project: str | Path | None = None,
    mlflow: str | None = None,
    on_start: Callable[[str], None] | None = None,
) -> None:
    """Serve the page until the process is asked to end.

    Parameters
    ----------
    host, port
        Where to listen. An address that other machines can reach needs a token.
    token
        What a client has to know; none is needed on the loopback.
    jobs
        Processes for long work; one fewer than there are cores by default. One more answers what is short.
    max_seconds
        Largest estimate of a calculation that is made.
    project
        Directory whose runs are shown; see `mlcluster.resources.project_dir`.
    mlflow
        Address of MLflow's own page, for links.
    on_start
        Called with the address of the page before the first request.

    Raises
    ------
    ConfigError
        If the address can be reached from elsewhere and there is no token, or another server works in the same place.
    """
    import uvicorn

    from mlcluster.web.app import create_app

    check_address(host, token)
    limits = Limits(jobs=max(1, usable_cores() - 1) if jobs is None else jobs, max_seconds=max_seconds)
    with tempfile.TemporaryDirectory(prefix="mlcluster-serve-") as scratch:
        kept = cache_dir()
        directory = (Path(scratch) if kept is None else kept / "serve") / str(port)
        with held(directory.with_suffix(".lock")) as ours:
            if not ours:
                raise ConfigError(
                    "another server works in the same place.", found=directory, hint="Take another --port."
                )
            app = create_app(
                directory,
                hosts=allowed_hosts(host, port),
                token=token,
                limits=limits,
                project=None if project is None else Path(project),
                mlflow=mlflow,
            )
            if on_start is not None:
                on_start(address_of(host, port, token))
            uvicorn.Server(configured(app, host=host, port=port)).run()


def configured(app: FastAPI, **settings: Any) -> uvicorn.Config:
    """How the application is run: quiet, over plain HTTP only, and without saying by what."""
    import uvicorn

    return uvicorn.Config(app, log_level="warning", access_log=False, server_header=False, ws="none", **settings)


def check_address(host: str, token: str | None) -> None:
    """Refuse what would let anyone in.

    Raises
    ------
    ConfigError
        If other machines can reach the address and there is no token, or a short one.
    """
    if token is not None and (
        len(token) < _SHORTEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token
    ):
        raise ConfigError(
            "this is no safe token.",
            expected=f"{_SHORTEST_TOKEN} letters and digits or more",
            hint=f"For example --token {secrets.token_urlsafe(24)}",
        )
    if token is None and not is_loopback(host):
        raise ConfigError(
            "other machines can reach this address, and anyone could use it.",
            found=host,
            hint=f"Give a token as well, for example --token {secrets.token_urlsafe(24)}",
        )


def address_of(host: str, port: int, token: str | None) -> str:
    """What to open in a browser."""
    name = "127.0.0.1" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}/" + (f"?token={token}" if token else "")
