"""``mlcluster compare``: what differs between two clusters, in structure and in predicted properties."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

import mlcluster
from mlcluster.cli import options
from mlcluster.cli.console import finish, running, stderr_console

_FILE = {"exists": True, "dir_okay": False}


@options.grouped(options.reading, options.level_asked)
def compare(
    a: Annotated[Path | None, typer.Argument(metavar="A", help="First structure file.", **_FILE)] = None,
    b: Annotated[Path | None, typer.Argument(metavar="B", help="Second structure file.", **_FILE)] = None,
    relation: Annotated[
        str, typer.Option("--as", metavar="RELATION", help="auto, or what the two are: defect, isomer, doping ...")
    ] = "auto",
    model: options.Model = None,
    report: Annotated[Path | None, typer.Option(metavar="FILE.html", help="Also write a report.")] = None,
    pairs: Annotated[
        Path | None,
        typer.Option(help="CSV with columns a, b (and relation, charge_a, charge_b ...): compare many pairs.", **_FILE),
    ] = None,
    out: options.Out = None,
    records: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="ID_A ID_B", help="Compounds of the literature table that A and B are."),
    ] = None,
    *,
    reading: dict[str, Any],
    level_asked: dict[str, Any],
    charge_b: Annotated[int | None, typer.Option(help="Total charge of B where it is another.")] = None,
    multiplicity_b: Annotated[int | None, typer.Option(min=1, help="Multiplicity of B where it is another.")] = None,
    cluster_b: Annotated[int | None, typer.Option(min=1, help="The cluster of B's file where it is another.")] = None,
    block_b: Annotated[str | None, typer.Option(metavar="NAME", help="The block of B where it is another.")] = None,
    project: options.Project = None,
    tracking_uri: options.TrackingUri = None,
    verbose: options.Verbose = False,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Compare two clusters, in structure and properties.

    A difference is called resolved only if its interval leaves out zero.

    --charge and the other reading options hold for both files unless B has its own.

    With --pairs and --out each finished pair is kept: ended at any moment, the same command goes on where it stood.
    """
    of_b = {"charge": charge_b, "multiplicity": multiplicity_b, "cluster": cluster_b, "block": block_b}
    both = {key: (reading[key], value) for key, value in of_b.items() if value is not None}
    settings: dict[str, Any] = {**reading, **both, **level_asked, "relation": relation}
    if records is not None:
        settings["records"] = records
    # Many pairs have a bar of their own; a terminal holds one live display.
    with running("Comparing" if pairs is None else "", as_json=json, debug=debug):
        from mlcluster.report.compared_tables import comparison_tables
        from mlcluster.report.written_rows import check_table_name

        check_table_name(out)
        if (a is None or b is None) if pairs is None else (a is not None or report is not None):
            raise typer.BadParameter("give two structure files, or --pairs with a CSV; --report is for one pair.")
        options.check_page(report, True)
        settings["model"] = options.located_model(model, project, tracking_uri)
        if pairs is not None:
            result: Any = _each_pair(pairs, out, settings)
        elif a is not None and b is not None:
            result = _one_pair(a, b, report, settings)
            _write(out, [result])
    finish(result, as_json=json, view=partial(comparison_tables, verbose=verbose))


def _one_pair(a: Path, b: Path, report: Path | None, settings: dict[str, Any]) -> dict[str, Any]:
    if report is None:
        return mlcluster.compare(a, b, **settings)
    from mlcluster.comparison.compare import compare_files
    from mlcluster.report.comparison_page import write_comparison

    comparison = compare_files(a, b, **settings)
    write_comparison(comparison, report)
    return comparison.to_dict()


def _each_pair(pairs: Path, out: Path | None, settings: dict[str, Any]) -> list[dict[str, Any]]:
    from mlcluster.comparison.kept import KeptPairs
    from mlcluster.comparison.pairs import compare_pairs, read_pairs
    from mlcluster.prediction.predict import open_model
    from mlcluster.runs import ProgressBars

    total = len(read_pairs(pairs))  # a table that is none is told before the model is read
    settings["model"] = ensemble = open_model(settings["model"])
    kept = None if out is None else KeptPairs(out, ensemble)
    rows: list[dict[str, Any]] = []
    try:
        with ProgressBars(stderr_console()) as bars:
            number = bars.add("Comparing", total)
            for row in compare_pairs(pairs, mlcluster.compare, settings, kept):
                rows.append(row)
                bars.update(number, len(rows))
    except KeyboardInterrupt:
        if out is not None and rows:
            _write(_partial(out), rows)
            print(f"{len(rows)} finished pairs are in {_partial(out)}; the same command goes on.", file=sys.stderr)
        raise
    _write(out, rows)
    if out is not None and kept is not None:
        if kept.reused:
            print(f"{kept.reused} of {len(rows)} pairs were there before.", file=sys.stderr)
        kept.remove()
        _partial(out).unlink(missing_ok=True)
    return rows


def _partial(out: Path) -> Path:
    """Table of what is finished when interrupted: `out` itself may hold the whole of an earlier call."""
    return out.with_stem(f"{out.stem}.unfinished")


def _write(out: Path | None, rows: Iterable[dict[str, Any]]) -> None:
    from mlcluster.report.written_rows import comparison_rows, write_table

    write_table(comparison_rows(rows), out)
