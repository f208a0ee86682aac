"""``mlcluster rank``: the clusters of a screen by how likely they meet criteria."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import mlcluster
from mlcluster.cli import options
from mlcluster.cli.console import finish, running

_TABLE_ROWS, _TABLE_FAMILY = 20, 3

Screened = Annotated[Path, typer.Argument(metavar="DIR", exists=True, file_okay=False, help="Output of screen.")]
Want = Annotated[
    list[str],
    typer.Option(
        metavar="CRITERION", help='"quantum_yield>0.3", "gap:optical<2" or "emission in 700..900"; several join.'
    ),
]


def rank(
    directory: Screened,
    want: Want,
    propose: Annotated[int, typer.Option(metavar="N", min=0, help="Propose N clusters to measure next.")] = 0,
    top: Annotated[int | None, typer.Option(metavar="N", min=1, help="Most rows; otherwise 20 in the table.")] = None,
    per_family: Annotated[
        int | None, typer.Option(metavar="K", min=1, help="Most rows of one family; otherwise 3 in the table.")
    ] = None,
    page: Annotated[
        Path | None, typer.Option("--map", metavar="FILE.html", help="Also write an interactive map (extra screen).")
    ] = None,
    out: options.Out = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Rank a screen by the probability of meeting criteria.

    The table shows a few of each family; --out, --map and --json have all, unless --top or --per-family say otherwise.
    """
    with running("Ranking", as_json=json, debug=debug):
        from mlcluster.prediction.criteria import parse_criteria
        from mlcluster.report.map import viewer_script, write_map
        from mlcluster.report.ranking import few_of_each, ranking_tables
        from mlcluster.report.rows import check_table_name, write_table

        check_table_name(out)
        if page is not None:
            viewer_script()  # Missing, it is told before any work is done.
        rows = mlcluster.rank(directory, want, propose=propose, top=top, per_family=per_family)
        write_table(rows, out)
        if page is not None:
            write_map(rows, directory, page, wishes=[str(criterion) for criterion in parse_criteria(want)])
    shown = rows if json or top or per_family else few_of_each(rows, _TABLE_FAMILY, _TABLE_ROWS)
    finish(shown, as_json=json, view=ranking_tables)
