"""``mlcluster serve``: the page and its API on this machine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

import mlcluster
from mlcluster.cli import options
from mlcluster.cli.console import running


def serve(
    host: Annotated[str, typer.Option(metavar="H", help="Address to listen on; one of others needs --token.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(metavar="P", min=1, max=65_535, help="Port to listen on.")] = 8765,
    token: Annotated[
        str | None, typer.Option(metavar="T", envvar="MLCLUSTER_TOKEN", help="What a client has to know; 16 letters.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Calculations at a time; one fewer than there are cores.")
    ] = None,
    max_seconds: Annotated[
        float, typer.Option(metavar="S", min=1, help="Largest estimate of a calculation that is made.")
    ] = 120.0,
    mlflow: Annotated[str | None, typer.Option(metavar="URL", help="Address of MLflow's own page, for a link.")] = None,
    project: options.Project = None,
    debug: options.Debug = False,
) -> None:
    """Open a local page: drop a crystal, see what is in it.

    The same is there for programs below /api. Nothing leaves this machine, and no other can ask unless --host and
    --token say so.
    """

    def tell(address: str) -> None:
        print(f"mlcluster is at {address}  (Ctrl-C ends it)", file=sys.stderr, flush=True)

    with running(as_json=False, debug=debug):
        mlcluster.serve(
            host=host,
            port=port,
            token=token,
            jobs=jobs,
            max_seconds=max_seconds,
            project=_existing(project),
            mlflow=mlflow,
            on_start=tell,
        )


def _existing(project: Path | None) -> Path | None:
    if project is not None and not project.is_dir():
        raise typer.BadParameter(f"no such directory: {project}.")
    return project
