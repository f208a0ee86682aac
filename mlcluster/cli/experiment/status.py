"""``mlcluster experiment status``: how far an experiment is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mlcluster.cli import options
from mlcluster.cli.console import finish, running
from mlcluster.cli.experiment.options import Directory

if TYPE_CHECKING:
    from rich.console import RenderableType


def status(
    directory: Directory,
    project: options.Project = None,
    tracking_uri: options.TrackingUri = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Show which runs of an experiment are finished, interrupted or missing."""
    with running("Reading", as_json=json, debug=debug):
        from mlcluster.experiment.planned_runs import experiment_status

        result = experiment_status(directory, project=project, tracking_uri=tracking_uri)
    finish(result, as_json=json, view=_table)


def _table(result: Mapping[str, Any]) -> Iterator[RenderableType]:
    from rich.markup import escape
    from rich.table import Table
    from rich.text import Text

    yield Text(result["question"], style="bold")
    table = Table(header_style="bold")
    for column in ("model", "seed", "state", "folds", "core-hours", "run"):
        table.add_column(column, overflow="fold")
    for row in result["runs"]:
        cells = (row["arm"], row["seed"], row["state"], row["folds"], row["core_hours"], row["run_id"])
        table.add_row(*("-" if cell is None else escape(str(cell)) for cell in cells))
    yield table
    yield Text(f"{result['core_hours']:.3f} of {result['budget']} core-hours spent")
