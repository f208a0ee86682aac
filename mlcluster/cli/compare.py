"""``mlcluster compare``: what differs between two clusters, in structure and in predicted properties."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

import mlcluster
from mlcluster.cli import options
from mlcluster.cli.console import finish, running
from mlcluster.errors import MlclusterError

_FILE = {"exists": True, "dir_okay": False}


def compare(
    a: Annotated[Path | None, typer.Argument(metavar="A", help="First structure file.", **_FILE)] = None,
    b: Annotated[Path | None, typer.Argument(metavar="B", help="Second structure file.", **_FILE)] = None,
    relation: Annotated[str, typer.Option("--as", help="How the two are related; auto finds out.")] = "auto",
    model: options.Model = None,
    report: Annotated[Path | None, typer.Option(metavar="FILE.html", help="Also write a report.")] = None,
    pairs: Annotated[Path | None, typer.Option(help="CSV with columns a, b: compare many pairs.", **_FILE)] = None,
    out: options.Out = None,
    charge: options.Charge = None,
    multiplicity: options.Multiplicity = None,
    cluster: options.ClusterNumber = None,
    disorder: options.DisorderChoice = options.Disorder.majority,
    strict: options.Strict = False,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Compare two clusters, in structure and properties.

    A difference is called resolved only if its interval leaves out zero.

    --charge and the other reading options hold for both files.
    """
    settings: dict[str, Any] = {
        "relation": relation,
        "model": model,
        "charge": charge,
        "multiplicity": multiplicity,
        "cluster": cluster,
        "disorder": disorder.value,
        "strict": strict,
    }
    with running("Comparing", as_json=json, debug=debug):
        from mlcluster.report.rows import check_table_name, comparison_rows, write_table
        from mlcluster.report.tables import comparison_tables

        check_table_name(out)
        if a is not None and b is not None and pairs is None:
            result: Any = _one_pair(a, b, report, settings)
        elif pairs is not None and a is None and report is None:
            result = _each_pair(pairs, settings)
        else:
            raise typer.BadParameter("give two structure files, or --pairs with a CSV; --report is for one pair.")
        write_table(comparison_rows(result if isinstance(result, list) else [result]), out)
    finish(result, as_json=json, view=comparison_tables)


def _one_pair(a: Path, b: Path, report: Path | None, settings: dict[str, Any]) -> dict[str, Any]:
    if report is None:
        return mlcluster.compare(a, b, **settings)
    from mlcluster.comparison.compare import compare_files
    from mlcluster.report.html import write_comparison

    comparison = compare_files(a, b, **settings)
    write_comparison(comparison, report)
    return comparison.to_dict()


def _each_pair(pairs: Path, settings: dict[str, Any]) -> list[dict[str, Any]]:
    from mlcluster.structure.manifest import read_rows

    results = []
    for row in read_rows(pairs, required=("a", "b")):
        a, b = pairs.parent / row["a"], pairs.parent / row["b"]
        try:
            results.append(mlcluster.compare(a, b, **settings))
        except MlclusterError as error:
            results.append({"a": str(a), "b": str(b), "error": str(error)})
    return results
