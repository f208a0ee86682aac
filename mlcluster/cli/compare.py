"""``mlcluster compare``: what differs between two clusters, in structure and in predicted properties."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

import mlcluster
from mlcluster.cli import options
from mlcluster.cli.console import finish, running

_FILE = {"exists": True, "dir_okay": False}


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
    charge: options.Charge = None,
    charge_b: Annotated[int | None, typer.Option(help="Total charge of B where it is another.")] = None,
    multiplicity: options.Multiplicity = None,
    multiplicity_b: Annotated[int | None, typer.Option(min=1, help="Multiplicity of B where it is another.")] = None,
    cluster: options.ClusterNumber = None,
    cluster_b: Annotated[int | None, typer.Option(min=1, help="The cluster of B's file where it is another.")] = None,
    disorder: options.DisorderChoice = options.Disorder.majority,
    strict: options.Strict = False,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Compare two clusters, in structure and properties.

    A difference is called resolved only if its interval leaves out zero.

    --charge and the other reading options hold for both files unless B has its own.
    """
    settings: dict[str, Any] = {
        "relation": relation,
        "model": model,
        "charge": _both(charge, charge_b),
        "multiplicity": _both(multiplicity, multiplicity_b),
        "cluster": _both(cluster, cluster_b),
        "disorder": disorder.value,
        "strict": strict,
    }
    if records is not None:
        settings["records"] = records
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


def _both(value: int | None, of_b: int | None) -> int | tuple[int | None, int] | None:
    return value if of_b is None else (value, of_b)


def _one_pair(a: Path, b: Path, report: Path | None, settings: dict[str, Any]) -> dict[str, Any]:
    if report is None:
        return mlcluster.compare(a, b, **settings)
    from mlcluster.comparison.compare import compare_files
    from mlcluster.report.html import write_comparison

    comparison = compare_files(a, b, **settings)
    write_comparison(comparison, report)
    return comparison.to_dict()


def _each_pair(pairs: Path, settings: dict[str, Any]) -> list[dict[str, Any]]:
    from mlcluster.comparison.pairs import compare_pairs
    from mlcluster.prediction.predict import open_model

    settings["model"] = open_model(settings["model"])
    return list(compare_pairs(pairs, mlcluster.compare, settings))
