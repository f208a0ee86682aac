"""``mlcluster data prepare``: a copy of a public source becomes what training loads."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlcluster.cli import options
from mlcluster.cli.console import finish, running

if TYPE_CHECKING:
    from rich.text import Text


def prepare(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of a source, as mlcluster data list shows it.")],
    copy: Annotated[
        Path | None, typer.Option("--from", metavar="PATH", help="Your copy of the original: a folder or file.")
    ] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="Take a copy that lacks entries or labels of the card.")
    ] = False,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Read your copy of a source, check its counts and write it in the form that training loads.

    Nothing is downloaded: without a copy, the message says where to get one. What is written lies in the directory
    MLCLUSTER_DATA_DIR, or else in .mlcluster/data of the project.
    """
    with running(f"Preparing {name}", as_json=json, debug=debug):
        from mlcluster.data.preparation import prepare as write

        done = write(name, copy, partial=partial)
        result = {
            "name": done.name,
            "directory": str(done.directory),
            "entries": done.entries,
            "atoms": done.atoms,
            "families": done.families,
            "labels": done.labels,
            "failed": [{"item": item.name, "error": item.error} for item in done.failed],
        }
    finish(result, as_json=json, view=_lines)
    for item in done.failed:
        print(f"{item.name}: {item.error}", file=sys.stderr)
    if done.failed:
        raise typer.Exit(1)


def _lines(result: Mapping[str, Any]) -> Iterator[Text]:
    from rich.text import Text

    labels = ", ".join(f"{count} {channel}" for channel, count in result["labels"].items()) or "no labels"
    counts = f"{result['entries']} entries, {result['atoms']} atoms, {result['families']} families"
    yield Text(f"{result['name']}: {counts}; {labels}")
    yield Text(f"written to {result['directory']}")
