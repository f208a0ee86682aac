"""``mlcluster screen`` and ``rank``: many structures, resumable, and those that meet criteria."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import mlcluster
from mlcluster.cli import options
from mlcluster.cli.console import finish, running, stderr_console

if TYPE_CHECKING:
    from rich.text import Text

Inputs = Annotated[
    list[Path],
    typer.Argument(
        metavar="INPUT...",
        exists=True,
        help="Structure files, folders, extended XYZ or Parquet sets, output of design, CSV with file, charge, ...",
    ),
]
Out = Annotated[
    Path,
    typer.Option(metavar="DIR", file_okay=False, help="Directory for the results; what is in it is not repeated."),
]

SHOWN = 5
"""Most failed inputs named on the terminal; the table has them all."""


def screen(
    inputs: Inputs,
    out: Out,
    model: options.Model = None,
    charge: options.Charge = None,
    multiplicity: options.Multiplicity = None,
    disorder: options.DisorderChoice = options.Disorder.majority,
    block: options.Block = None,
    declare: options.Declare = None,
    max_bytes: options.MaxBytes = options.MOST_BYTES,
    level: Annotated[
        options.LevelName, typer.Option("--level", help="Also calculate capped clusters, auto those of less than 30 s.")
    ] = options.LevelName.network,
    max_seconds: options.MaxSeconds = None,
    processes: Annotated[int | None, typer.Option(min=1, help="Processes; otherwise one for each core.")] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDR", help="Dask scheduler whose workers do the work: tcp://host:8786.")
    ] = None,
    slurm: Annotated[bool, typer.Option("--slurm", help="Start SLURM jobs as workers (dask-jobqueue).")] = False,
    workers: Annotated[int, typer.Option(min=1, help="SLURM jobs to start with --slurm.")] = 4,
    restart: Annotated[
        bool, typer.Option("--restart", help="Begin anew where the directory holds a screen by another model.")
    ] = False,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Predict many structures, each row kept as soon as it is there.

    Ended at any moment, the same command goes on where it stood, and the table is the same in the end. Structures that
    fail are rows with the reason (exit code 1).
    """
    with running(as_json=json, debug=debug):
        if slurm and scheduler is not None:
            raise typer.BadParameter("give --scheduler or --slurm, not both.")
        from mlcluster.prediction.screen import Progress
        from mlcluster.runs import ProgressBars

        with ProgressBars(stderr_console()) as bars:
            number = bars.add("screening")

            def show(reached: Progress) -> None:
                failed = f"{reached.failed} failed" if reached.failed else ""
                bars.update(number, reached.inputs, total=reached.total, found=reached.reused, note=failed)

            try:
                result = mlcluster.screen(
                    inputs,
                    out,
                    model=model,
                    charge=charge,
                    multiplicity=multiplicity,
                    disorder=disorder.value,
                    block=block,
                    declared_ligands=tuple(declare or ()),
                    max_bytes=max_bytes,
                    level=level.value,
                    max_seconds=max_seconds,
                    processes=processes,
                    scheduler=scheduler,
                    slurm_workers=workers if slurm else None,
                    restart=restart,
                    command=shlex.join(sys.argv),
                    on_progress=show,
                )
            except KeyboardInterrupt:
                print(f"What is finished is in {out}; the same command goes on from there.", file=sys.stderr)
                raise
    finish(result, as_json=json, view=_words)
    if result["failed"]:
        _tell_failed(out, result["failed"])
        raise typer.Exit(1)


def _tell_failed(out: Path, failed: int) -> None:
    from mlcluster.prediction.screening.screen_table import read_screen

    rows = read_screen(out, ["id", "error"]).to_pylist()
    shown = [row for row in rows if row["error"] is not None][:SHOWN]
    for row in shown:
        print(row["error"] if row["id"] in row["error"] else f"{row['id']}: {row['error']}", file=sys.stderr)
    if failed > len(shown):
        print(f"... and {failed - len(shown)} more: the column error of the table.", file=sys.stderr)


def _words(result: Mapping[str, Any]) -> Iterator[Text]:
    from rich.text import Text

    counts = f"{result['inputs']} inputs: {result['predicted']} predicted, {result['failed']} failed; "
    before = f"{result['reused']} were there before, {result['repeated']} repeat another; "
    yield Text(f"{counts}{before}{result['seconds']:.1f} s. Rows are in {result['out']}.")


_TABLE_ROWS, _TABLE_FAMILY = 20, 3

Screened = Annotated[Path, typer.Argument(metavar="DIR", exists=True, file_okay=False, help="Output of screen.")]
Want = Annotated[
    list[str],
    typer.Option(metavar="CRITERION", help='"QY>30%", "gap:optical<2", "emission in 700..900"; several join.'),
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
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Also by a target whose model is no better than the mean.")
    ] = False,
    verbose: options.Verbose = False,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Rank a screen by how surely its clusters meet criteria.

    A wide interval never helps a candidate, and what lies outside the applicability domain comes last. The table shows
    a few of each family; --out, --map and --json have all, unless --top or --per-family say otherwise.
    """
    with running("Ranking", as_json=json, debug=debug):
        from mlcluster.prediction.criteria import parse_criteria
        from mlcluster.report.map_page import viewer_script, write_map
        from mlcluster.report.ranking_tables import few_of_each, ranking_tables
        from mlcluster.report.written_rows import check_table_name, write_table

        check_table_name(out)
        if page is not None:
            viewer_script()  # Missing, it is told before any work is done.
        rows = mlcluster.rank(directory, want, propose=propose, top=top, per_family=per_family, anyway=anyway)
        write_table(rows, out)
        criteria = [str(criterion) for criterion in parse_criteria(want)]
        if page is not None:
            write_map(rows, directory, page, criteria=criteria)
        view = partial(ranking_tables, every=rows, want=criteria, verbose=verbose)
    shown = rows if json or top or per_family else few_of_each(rows, _TABLE_FAMILY, _TABLE_ROWS)
    finish(shown, as_json=json, view=view)
