"""``mlcluster experiment run``: what is missing of an experiment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlcluster.cli import options
from mlcluster.cli.console import finish, running
from mlcluster.cli.experiment.options import Directory

if TYPE_CHECKING:
    from rich.text import Text


def run(
    directory: Directory,
    workers: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Runs at a time; one a core when not given.")
    ] = None,
    project: options.Project = None,
    tracking_uri: options.TrackingUri = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Start the runs that are missing, and go on with interrupted ones.

    Each arm and seed is one tracked run. Finished runs of the same configuration and data are reused. No run is started
    once the core-hours of the experiment are spent.
    """
    with running(as_json=json, debug=debug):
        from mlcluster.experiment.run_experiment import run_experiment

        result = run_experiment(directory, workers=workers, project=project, tracking_uri=tracking_uri)
    finish(result, as_json=json, view=_lines)
    if result["failed"]:
        raise typer.Exit(1)


def _lines(result: Mapping[str, Any]) -> Iterator[Text]:
    from rich.text import Text

    yield Text(f"{len(result['finished'])} runs finished, {len(result['reused'])} were there already")
    for row in result["failed"]:
        yield Text(f"failed: {row['run']}\n{row['error']}", style="red")
    if result["cut"]:
        yield Text(f"not started, as the budget is spent: {', '.join(result['cut'])}", style="yellow")
    yield Text(f"{result['core_hours']:.3f} of {result['budget']} core-hours spent")
