"""``mlcluster screen``: many structures, resumable, on this machine or on many."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Mapping
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
