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
        help="Structure files, folders, extended XYZ or Parquet sets, output of design, CSV with file, charge, ...",
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(metavar="DIR", file_okay=False, help="Directory for the results; what is in it is not repeated."),
]
Looked = Annotated[
    list[str] | None,
    typer.Option("--want", metavar="CRITERION", help="With --refine: what is looked for, as of rank; several join."),
]
GATHER = "gather"
"""First word of ``screen gather DIR``."""

SHOWN = 5
"""Most failed inputs named on the terminal; the table has them all."""


def screen(
    inputs: Inputs,
    out: Out = None,
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
    no_formula: options.NoFormula = False,
    processes: Annotated[int | None, typer.Option(min=1, help="Processes; otherwise one for each core.")] = None,
    part: options.Part = None,
    scheduler: options.Scheduler = None,
    slurm: options.Slurm = False,
    refine: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Calculate N inputs, the best and most uncertain by --want.")
    ] = None,
    budget: Annotated[
        str | None, typer.Option(metavar="TIME", help="Refine for so long, as 2h or 30min; may join --refine.")
    ] = None,
    want: Looked = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="Begin anew where the directory holds a screen by another model.")
    ] = False,
    project: options.Project = None,
    tracking_uri: options.TrackingUri = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Predict many structures, each row kept as soon as it is there.

    Ended at any moment, the same command goes on where it stood, and the table is the same in the end. Structures that
    fail are rows with the reason (exit code 1). mlcluster screen gather DIR closes a screen made with --part.
    """
    with running(as_json=json, debug=debug):
        if str(inputs[0]) == GATHER and not inputs[0].exists():
            out, result = _gathered(inputs[1:])
        else:
            if out is None:
                raise typer.BadParameter("say where the results go, with --out DIR.")
            if slurm and scheduler is not None:
                raise typer.BadParameter("give --scheduler or --slurm, not both.")
            result = _screened(
                inputs,
                out,
                model=options.located_model(model, project, tracking_uri),
                charge=charge,
                multiplicity=multiplicity,
                disorder=disorder.value,
                block=block,
                declared_ligands=tuple(declare or ()),
                max_bytes=max_bytes,
                level=level.value,
                max_seconds=max_seconds,
                formula=not no_formula,
                processes=processes,
                scheduler=scheduler,
                slurm=slurm,
                part=part,
                refine=refine,
                budget=budget,
                want=want or (),
                restart=restart,
            )
    if "worker" in result:
        return  # the first task of the srun tells
    finish(result, as_json=json, view=_words)
    if result["failed"]:
        _tell_failed(out, result["failed"])
    if result["failed"] or result.get("missing"):
        raise typer.Exit(1)


def _gathered(given: list[Path]) -> tuple[Path, dict[str, Any]]:
    if len(given) != 1:
        raise typer.BadParameter("give the one directory of the parts: mlcluster screen gather DIR.")
    return given[0], mlcluster.gather(given[0])


def _screened(inputs: list[Path], out: Path, **asked: Any) -> dict[str, Any]:
    """Screen with bars for what is predicted and what is calculated."""
    from mlcluster.prediction.refinement.refine import Refining
    from mlcluster.prediction.screen import Progress
    from mlcluster.runs import ProgressBars

    with ProgressBars(stderr_console()) as bars:
        numbers = [bars.add("screening")]

        def show(reached: Progress) -> None:
            failed = f"{reached.failed} failed" if reached.failed else ""
            bars.update(numbers[0], reached.inputs, total=reached.total, found=reached.reused, note=failed)

        def show_refining(reached: Refining) -> None:
            if len(numbers) == 1:
                numbers.append(bars.add("calculating"))
            refused = f", {reached.refused} refused" if reached.refused else ""
            note = f"round {reached.round}{refused}"
            bars.update(numbers[1], reached.calculated, total=reached.total, note=note)

        try:
            command = shlex.join(sys.argv)
            return mlcluster.screen(inputs, out, **asked, command=command, on_progress=show, on_refining=show_refining)
        except KeyboardInterrupt:
            print(f"What is finished is in {out}; the same command goes on from there.", file=sys.stderr)
            raise


def _tell_failed(out: Path, failed: int) -> None:
    from mlcluster.prediction.screening.screen_table import read_screen

    rows = read_screen(out, ["id", "error"]).to_pylist()
    shown = [row for row in rows if row["error"] is not None][:SHOWN]
    for row in shown:
        print(row["error"] if row["id"] in row["error"] else f"{row['id']}: {row['error']}", file=sys.stderr)
    if failed > len(shown):
        print(f"... and {failed - len(shown)} more: the column error of the table.", file=sys.stderr)


def _words(result: Mapping[str, Any]) -> Iterator[Text]:
    from mlcluster.report.measured_tables import paragraph

    yield from paragraph(" ".join(result["sentences"][:-1]))
    yield from paragraph(result["sentences"][-1])


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
            options.check_page(page, True)
        rows = mlcluster.rank(directory, want, propose=propose, top=top, per_family=per_family, anyway=anyway)
        write_table(rows, out)
        criteria = [str(criterion) for criterion in parse_criteria(want)]
        if page is not None:
            write_map(rows, directory, page, criteria=criteria)
        view = partial(ranking_tables, every=rows, want=criteria, verbose=verbose)
    shown = rows if json or top or per_family else few_of_each(rows, _TABLE_FAMILY, _TABLE_ROWS)
    finish(shown, as_json=json, view=view)
