"""``mlcluster data add``: measurements of your own, checked and appended."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mlcluster.cli import options
from mlcluster.cli.console import finish, running


def add(
    table: Annotated[
        Path, typer.Argument(metavar="CSV", help="Columns as in the bundled table.", exists=True, dir_okay=False)
    ],
    to: Annotated[Path, typer.Option(metavar="DIR", help="Directory of your own table.", file_okay=False)],
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Append measurements to a table of your own.

    The rows pass the checks of validate first, and none may stand in that table or in the bundled one; if one row
    is refused, none is added (exit code 1).
    """
    with running("Checking", as_json=json, debug=debug):
        from mlcluster.cli.data.views import addition_tables
        from mlcluster.labels.literature.additions import add as append

        results = append(table, to)
    finish(results, as_json=json, view=addition_tables)
