"""``mlcluster runs card``: what a user must know of a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlcluster.cli import options
from mlcluster.cli.console import finish, running

if TYPE_CHECKING:
    from rich.text import Text


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
        from mlcluster.experiment.runs_listed import show_card

        result = show_card(name, out=out, project=project, tracking_uri=tracking_uri)
    finish(result, as_json=json, view=_text)


def _text(result: Mapping[str, Any]) -> Iterator[Text]:
    from rich.text import Text

    yield Text(result["text"] if result["file"] is None else f"card of {result['model']} in {result['file']}")
