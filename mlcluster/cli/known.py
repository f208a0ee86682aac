"""``mlcluster known``: what has been measured on a cluster, and the nearest known clusters."""

from __future__ import annotations

from typing import Annotated, Any

import typer

import mlcluster
from mlcluster.cli import options
from mlcluster.cli.console import finish, running


@options.grouped(options.reading)
def known(
    query: Annotated[
        str,
        typer.Argument(
            metavar="FORMULA|FILE|TEXT",
            help='A formula such as "[Au22(SG)18]0", a structure file, or words of a record: name, kernel, DOI.',
        ),
    ],
    own: options.Own = None,
    nearest: Annotated[int, typer.Option(metavar="N", min=0, help="How many nearest clusters.")] = 5,
    *,
    reading: dict[str, Any],
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Say what has been measured on a cluster.

    Values with medium, temperature, method and source, then the nearest known clusters and what differs. Isomers have
    one formula: all that fit are listed.
    """
    with running("Looking up", as_json=json, debug=debug):
        from mlcluster.report.measured_tables import known_tables

        result = mlcluster.known(query, own=own, nearest=nearest, **reading)
    finish(result, as_json=json, view=known_tables)
