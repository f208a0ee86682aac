"""``mlcluster data validate``: every check on tables of measurements and pairs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mlcluster.cli import options
from mlcluster.cli.console import finish, running


def validate(
    tables: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[CSV]...",
            help="Tables of measurements or pairs; otherwise the bundled ones.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Check tables of measurements and pairs.

    Every fault is listed with row, column, value and rule. An error refuses its row (exit code 1); a warning asks
    for a look; notes, shown by --json, say what was not checked.
    """
    with running("Checking", as_json=json, debug=debug):
        from mlcluster.cli.data.views import validation_tables
        from mlcluster.labels.literature.validation import validate as check

        results = check(tables or ())
    finish(results, as_json=json, view=validation_tables)
