"""``mlcluster demo`` and ``cite``: the whole path on bundled clusters, and the works a user owes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import mlcluster
from mlcluster.cli import options
from mlcluster.cli.console import finish, running, stdout_console

if TYPE_CHECKING:
    from rich.text import Text


def demo(
    out: Annotated[Path, typer.Option(file_okay=False, help="Directory for structures, plots and the record.")] = Path(
        "demo-output"
    ),
    debug: options.Debug = False,
) -> None:
    """Show the whole path on bundled clusters.

    Writes, reads, trains, predicts and compares idealised model clusters in a few minutes, without network.
    """
    with running(as_json=False, debug=debug):
        mlcluster.demo(out, stdout_console())


def cite(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="Rows that mlcluster predict wrote: .csv, .xlsx, .json or .parquet."),
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

    from mlcluster.report.measured_tables import paragraph

    rows = result["citations"]
    models = " and ".join(result["models"])
    incomplete = sum(row["bibtex"].startswith("@article") and "year = " not in row["bibtex"] for row in rows)
    told = f"{len(rows)} works are owed for predictions of the model{'s' * (len(result['models']) > 1)} {models}: "
    told += ", ".join(f"{sum(row['role'] == role for row in rows)} {name}" for role, name in _ROLES.items())
    told += ". --bibtex prints their entries"
    told += f"; {incomplete} of them have no more than DOI and journal: look up the rest." if incomplete else "."
    yield from paragraph(told)
    for role, name in _ROLES.items():
        yield Text("")
        yield Text(name.capitalize(), style="bold")
        for row in rows:
            if row["role"] == role:
                yield from paragraph(f"{row['text']} ({row['why']})", "  ")


_ROLES = {"software": "software", "method": "methods", "data": "data"}
"""Roles of works, and the heading of each."""
