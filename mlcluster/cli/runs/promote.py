"""``mlcluster runs promote``: a run's model under a name that stays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlcluster.cli import options
from mlcluster.cli.console import finish, running

if TYPE_CHECKING:
    from rich.text import Text


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
    finish(result, as_json=json, view=_lines)


def _lines(result: Mapping[str, Any]) -> Iterator[Text]:
    from rich.text import Text

    before = "" if result["before"] in (None, result["version"]) else f", before that version {result['before']}"
    uri = f"models:/{result['name']}@{result['alias']}"
    yield Text(f"{uri} is version {result['version']}, run {result['run_id']}{before}")
