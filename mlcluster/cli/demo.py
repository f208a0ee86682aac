"""``mlcluster demo``: the main job on bundled structures, without network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import mlcluster
from mlcluster.cli import options
from mlcluster.cli.console import running, stdout_console


def demo(
    out: Annotated[Path, typer.Option(file_okay=False, help="Directory for structures, plots and the record.")] = Path(
        "demo-output"
    ),
    debug: options.Debug = False,
) -> None:
    """Show the whole path on bundled clusters.

    Writes, reads, trains, predicts and compares idealised model clusters in a few minutes, without network.
    """
    with running(as_json=False, debug=debug):
        mlcluster.demo(out, stdout_console())
