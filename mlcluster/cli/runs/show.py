"""``mlcluster runs show``: all there is about one run."""

from __future__ import annotations

from typing import Annotated

import typer

from mlcluster.cli import options
from mlcluster.cli.console import finish, running


def show(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of a run, or its beginning.")],
    project: options.Project = None,
    tracking_uri: options.TrackingUri = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Show one run: its tags, parameters, metrics, files and children."""
    with running("Reading", as_json=json, debug=debug):
        from mlcluster.cli.runs.views import run_tables
        from mlcluster.experiment.runs_listed import show_run
        from mlcluster.tracking import RunStore

        result = show_run(RunStore(project, tracking_uri), run)
    finish(result, as_json=json, view=run_tables)
