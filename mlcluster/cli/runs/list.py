"""``mlcluster runs list``: what there is in the record."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from mlcluster.cli import options
from mlcluster.cli.console import finish, running


def list_all(
    experiment: Annotated[str | None, typer.Option(metavar="NAME", help="Only runs of this experiment.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only train, evaluate ...")] = None,
    status: Annotated[str | None, typer.Option(help="Only running, finished, failed or killed.")] = None,
    children: Annotated[bool, typer.Option("--children", help="Also folds and members of other runs.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Most rows; the tables show 40 if not given.")] = None,
    metrics: Annotated[str, typer.Option(metavar="PATTERN", help="Metrics to show.")] = "*/network/mae",
    out: options.Out = None,
    project: options.Project = None,
    tracking_uri: options.TrackingUri = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """List runs, newest first."""
    with running("Reading", as_json=json, debug=debug):
        from mlcluster.cli.runs.views import list_tables
        from mlcluster.experiment.runs_listed import list_runs
        from mlcluster.report.rows import check_table_name, write_table
        from mlcluster.tracking import RunStore

        check_table_name(out)
        store = RunStore(project, tracking_uri)
        results = list_runs(
            store,
            experiment=experiment,
            kind=kind,
            status=status,
            children=children,
            limit=limit,
            metrics=metrics,
        )
        write_table([{key: row[key] for key in row if key != "metrics"} | row["metrics"] for row in results], out)
    finish(results, as_json=json, view=partial(list_tables, most=limit))
