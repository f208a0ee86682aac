"""``mlcluster cite``: the works a user owes for a prediction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import mlcluster
from mlcluster.cli import options
from mlcluster.cli.console import finish, running

if TYPE_CHECKING:
    from rich.text import Text


def cite(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Rows that mlcluster predict wrote: .csv, .json or .parquet.")
    ] = None,
    model: options.Model = None,
    bibtex: Annotated[bool, typer.Option("--bibtex", help="Print BibTeX entries.")] = False,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """List the data, methods and software to cite for predictions.

    Without FILE, everything that the model rests on.
    """
    with running("Reading", as_json=json, debug=debug):
        result = mlcluster.cite(file, model=model)
    finish(result, as_json=json, view=_entries if bibtex else _lines)


def _entries(result: Mapping[str, Any]) -> Iterator[Text]:
    from rich.text import Text

    for row in result["citations"]:
        yield Text(row["bibtex"])


def _lines(result: Mapping[str, Any]) -> Iterator[Text]:
    from rich.text import Text

    for role in ("software", "method", "data"):
        yield Text(role, style="bold")
        for row in result["citations"]:
            if row["role"] == role:
                yield Text(f"  {row['text']} ({row['why']})")
