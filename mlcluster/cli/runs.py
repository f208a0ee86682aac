"""``mlcluster runs``: the record of runs, compared, described and promoted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlcluster.cli import options
from mlcluster.cli.console import finish, running

if TYPE_CHECKING:
    from rich.text import Text


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
        from mlcluster.cli.runs_tables import list_tables
        from mlcluster.experiment.runs_listed import list_runs
        from mlcluster.report.written_rows import check_table_name, write_table
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


def show(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of a run, or its beginning.")],
    project: options.Project = None,
    tracking_uri: options.TrackingUri = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Show one run: its tags, parameters, metrics, files and children."""
    with running("Reading", as_json=json, debug=debug):
        from mlcluster.cli.runs_tables import run_tables
        from mlcluster.experiment.runs_listed import show_run
        from mlcluster.tracking import RunStore

        result = show_run(RunStore(project, tracking_uri), run)
    finish(result, as_json=json, view=run_tables)


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
        from mlcluster.cli.compared_runs import comparison_tables
        from mlcluster.experiment.runs_compare import compare_runs
        from mlcluster.report.written_rows import check_table_name, write_table
        from mlcluster.tracking import RunStore

        check_table_name(out)
        options.check_page(report, True)
        result = compare_runs(RunStore(project, tracking_uri), runs, arm=arm, most_entries=entries)
        if out is not None or report is not None:
            from mlcluster.experiment.runs_page import comparison_rows, write_page

            write_table(comparison_rows(result), out)
            if report is not None:
                write_page(result, report)
    finish(result, as_json=json, view=comparison_tables)


def promote(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of a training run, or its beginning.")],
    alias: Annotated[str, typer.Option("--as", metavar="ALIAS", help="For example champion.")],
    name: Annotated[str, typer.Option(help="Registered model the run becomes a version of.")] = "mlcluster",
    project: options.Project = None,
    tracking_uri: options.TrackingUri = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Let an alias point to the model of a run.

    mlcluster predict --model models:/NAME@ALIAS then uses it.
    """
    with running("Promoting", as_json=json, debug=debug):
        from mlcluster.tracking import RunStore
        from mlcluster.tracking.registered_models import promote as point_to

        result = point_to(RunStore(project, tracking_uri), run, alias, name)
    finish(result, as_json=json, view=_promoted)


def _promoted(result: Mapping[str, Any]) -> Iterator[Text]:
    from rich.text import Text

    before = "" if result["before"] in (None, result["version"]) else f", before that version {result['before']}"
    uri = f"models:/{result['name']}@{result['alias']}"
    yield Text(f"{uri} is version {result['version']}, run {result['run_id']}{before}")


def card(
    name: Annotated[
        str,
        typer.Argument(
            metavar="RUN_OR_MODEL", help="Id of a training run, models:/NAME@ALIAS or the directory of a model."
        ),
    ],
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the Markdown here instead.")] = None,
    project: options.Project = None,
    tracking_uri: options.TrackingUri = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Show the card of a model: data, families, intervals, scores beside baselines, limits."""
    with running("Reading", as_json=json, debug=debug):
        from mlcluster.experiment.runs_card import show_card

        result = show_card(name, out=out, project=project, tracking_uri=tracking_uri)
    finish(result, as_json=json, view=_card_text)


def _card_text(result: Mapping[str, Any]) -> Iterator[Text]:
    from rich.text import Text

    yield Text(result["text"] if result["file"] is None else f"card of {result['model']} in {result['file']}")


def sync(
    project: options.Project = None,
    tracking_uri: options.TrackingUri = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Send what runs kept while their tracking server did not answer."""
    with running("Sending", as_json=json, debug=debug):
        from mlcluster.tracking import RunStore

        store = RunStore(project, tracking_uri)
        result = {"store": store.uri, "runs": [{"run": run, "sent": sent} for run, sent in store.sync().items()]}
    finish(result, as_json=json, view=_sent)


def _sent(result: Mapping[str, Any]) -> Iterator[Text]:
    from rich.text import Text

    for row in result["runs"]:
        yield Text(f"run {row['run']}: {'all sent' if row['sent'] else 'not all sent'}")
    if not result["runs"]:
        yield Text(f"nothing waits to be sent to {result['store']}")


app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)
app.command(name="list")(list_all)
for _verb in (show, card, compare, promote, sync):
    app.command()(_verb)


@app.callback()
def about() -> None:
    """List, show, compare and promote runs, show the cards of models, and send what a lost tracking server missed."""
