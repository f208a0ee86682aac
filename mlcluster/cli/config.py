"""``mlcluster config``: what may stand in a configuration, and what one comes to with its defaults."""

from __future__ import annotations

import json as json_format
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

import mlcluster
from mlcluster.cli import options
from mlcluster.cli.console import finish, running
from mlcluster.cli.training import Config, Settings

app = typer.Typer(no_args_is_help=True, help="Check and show configurations.", rich_markup_mode=None)


class Kind(StrEnum):
    """What a configuration is for."""

    run = "run"
    experiment = "experiment"


@app.command()
def schema(
    kind: Annotated[Kind, typer.Argument(help="Of a run (train, evaluate) or of an experiment.yaml.")] = Kind.run,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it here, in place of printing it.")] = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Print the JSON Schema of a configuration, for editors that complete and check YAML."""
    with running(as_json=json, debug=debug):
        from rich.text import Text

        from mlcluster.runs.whole_files import write_whole

        document = mlcluster.config.schema(kind.value)
        if out is not None:
            write_whole(out, json_format.dumps(document, indent=2).encode() + b"\n")
    finish(
        document,
        as_json=json or out is None,
        view=lambda _: [Text(f"Written to {out}. First line of a YAML file: # yaml-language-server: $schema={out}")],
    )


@app.command()
def show(
    config: Config,
    settings: Settings = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Print a configuration with every default written out."""
    with running(as_json=json, debug=debug):
        import yaml
        from rich.text import Text

        document = mlcluster.config.show(config, settings=tuple(settings or ()))
    finish(document, as_json=json, view=lambda found: [Text(yaml.safe_dump(found, sort_keys=False).rstrip())])
