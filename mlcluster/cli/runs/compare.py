"""``mlcluster runs compare``: what differs between runs, and what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mlcluster.cli import options
from mlcluster.cli.console import finish, running


def compare(
    runs: Annotated[list[str], typer.Argument(metavar="RUN...", help="Ids, or their beginnings; two or more.")],
    arm: Annotated[str | None, typer.Option(help="Whose predictions; otherwise those of each run's model.")] = None,
    entries: Annotated[int, typer.Option(min=1, help="Clusters to name, those they disagree on most.")] = 10,
    out: options.Out = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Also write a page with plots that opens offline.")
    ] = None,
    project: options.Project = None,
    tracking_uri: options.TrackingUri = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Compare runs with the first of them.

    Only the differences in config, data and environment; metrics side by side; families won and lost; and the clusters
    they disagree on most. Different data or splits are said first.
    """
    if len(runs) < 2:
        raise typer.BadParameter("give two runs or more.")
    with running("Comparing", as_json=json, debug=debug):
        from mlcluster.cli.runs.views import comparison_tables
        from mlcluster.experiment.runs_compare import compare_runs
        from mlcluster.report.rows import check_table_name, write_table
        from mlcluster.tracking import RunStore

        check_table_name(out)
        result = compare_runs(RunStore(project, tracking_uri), runs, arm=arm, most_entries=entries)
        if out is not None or report is not None:
            from mlcluster.experiment.runs_page import comparison_rows, write_page

            write_table(comparison_rows(result), out)
            if report is not None:
                write_page(result, report)
    finish(result, as_json=json, view=comparison_tables)
