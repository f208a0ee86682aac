"""``mlcluster experiment``: a question as a file, answered by runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlcluster.cli import options
from mlcluster.cli.console import finish, running

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="Holds experiment.yaml; experiments/ has some.")]


def run(
    directory: Directory,
    workers: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Runs at a time; one a core when not given.")
    ] = None,
    part: options.Part = None,
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

        result = run_experiment(directory, workers=workers, part=part, project=project, tracking_uri=tracking_uri)
    finish(result, as_json=json, view=_runs_made)
    if result["failed"]:
        raise typer.Exit(1)


def _runs_made(result: Mapping[str, Any]) -> Iterator[Text]:
    from rich.text import Text

    yield Text(f"{len(result['finished'])} runs finished, {len(result['reused'])} were there already")
    if result["pruned"]:
        ended = ", ".join(f"{row['run']} at epoch {row['epoch']}" for row in result["pruned"])
        yield Text(f"pruned, as the trials before went better: {ended}")
    for row in result["failed"]:
        yield Text(f"failed: {row['run']}\n{row['error']}", style="red")
    if result["cut"]:
        yield Text(f"not started, as the budget is spent: {', '.join(result['cut'])}", style="yellow")
    yield Text(f"{result['core_hours']:.3f} of {result['budget']} core-hours spent")


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
    finish(result, as_json=json, view=_status_lines)


def _status_lines(result: Mapping[str, Any]) -> Iterator[RenderableType]:
    from rich.markup import escape
    from rich.text import Text

    from mlcluster.report.measured_tables import narrow_table, paragraph

    states = [row["state"] for row in result["runs"]]
    counted = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    spent = f"{result['core_hours']:.3f} of {result['budget']} core-hours are spent"
    yield from paragraph(f"{result['question']} Its runs: {counted}; {spent}.")
    # The verb "report" sets the errors beside those of the mean, which a state says nothing of.
    verb = "report" if set(states) <= {"finished", "pruned"} else "run"
    yield from paragraph(f"Next: mlcluster experiment {verb} DIR")
    yield Text("")
    columns = (("model", 24), ("seed", 5), ("state", 11), ("folds", 8), ("hours", 8))
    table = narrow_table(*columns, ("run", 12))
    for row in result["runs"]:
        run = row["run_id"] and row["run_id"][:12]
        cells = (row["arm"], row["seed"], row["state"], row["folds"], row["core_hours"], run)
        table.add_row(*("-" if cell is None else escape(str(cell)) for cell in cells))
    yield table


def report(
    directory: Directory,
    project: options.Project = None,
    tracking_uri: options.TrackingUri = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Write RESULTS.md and its plots beside experiment.yaml.

    Refused where runs differ in the data or the held-out rows.
    """
    with running("Comparing", as_json=json, debug=debug):
        from mlcluster.experiment.answer import report_experiment

        result = report_experiment(directory, project=project, tracking_uri=tracking_uri)
    finish(result, as_json=json, view=_report_lines)


def _report_lines(result: Mapping[str, Any]) -> Iterator[Text]:
    from rich.text import Text

    for sentence in result["answer"]:
        yield Text(sentence)
    yield Text(f"written to {result['file']}")


app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)
for _verb in (run, status, report):
    app.command()(_verb)


@app.callback()
def about() -> None:
    """Run what an experiment.yaml asks for, see how far it is, and write its results."""
