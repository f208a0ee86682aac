"""Options that the verbs of the bench share, what they print, and how a result is kept."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlcluster.cli.console import finish, running

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

WIDTH = 80
_NAME_WIDTH = 28

Data = Annotated[
    Path,
    typer.Argument(metavar="FILE", help="CSV whose header names quantities and units.", exists=True, dir_okay=False),
]
Level = Annotated[float, typer.Option(metavar="P", min=0.5, max=0.999, help="Level of the intervals.")]
Plot = Annotated[Path | None, typer.Option(metavar="FILE.svg|png", help="Draw data, fit and residuals.")]
TableOut = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write data and fit: .csv or .xlsx.")]
Add = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Keep the result in your own table there, as data add does.")
]
AddAs = Annotated[str | None, typer.Option("--as", metavar="ID", help="With --add: identifier of the cluster.")]
AddOf = Annotated[str | None, typer.Option("--of", metavar="FORMULA", help="With --add: formula of the cluster.")]
Medium = Annotated[str, typer.Option(metavar="TEXT", help="With --add: solvent or matrix.")]


def fitted(
    verb: str,
    work: Callable[[], dict[str, Any]],
    *,
    add: Path | None,
    add_as: str | None,
    add_of: str | None,
    medium: str,
    json: bool,
    debug: bool,
) -> None:
    """Carry out one fit, keep its result where asked for, and print it."""
    if add is not None and not (add_as and add_of):
        raise typer.BadParameter("--add needs the cluster: --as ID and --of FORMULA.")
    with running("Fitting", as_json=json, debug=debug):
        result = work()
        if add is not None and add_as and add_of:
            from mlcluster.labels.literature.bench_rows import keep_result

            kept = keep_result(result, verb, add, cluster=add_as, formula=add_of, medium=medium)
            result = result | {"kept": kept}
    finish(result, as_json=json, view=fit_tables)


def span(text: str | None, unit: str) -> tuple[float, float] | None:
    """Two numbers of an option such as ``1.8:2.0``.

    Raises
    ------
    typer.BadParameter
        If it is not two increasing numbers.
    """
    if text is None:
        return None
    try:
        low, high = (float(part) for part in text.split(":"))
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not two numbers in {unit}, as in LOW:HIGH.") from None
    if not low < high:
        raise typer.BadParameter(f"{text!r}: the first number has to be the smaller one.")
    return low, high


def fit_tables(result: Mapping[str, Any]) -> Iterator[Table | Text]:
    """One paragraph of plain words, then the parameters; nothing wider than 80 columns."""
    from rich.table import Table
    from rich.text import Text

    from mlcluster.report.bench_tables import interval_in_words

    yield Text(textwrap.fill(" ".join(result["sentences"]), WIDTH))
    table = Table(box=None, padding=(0, 2, 0, 0))
    level = next((row["level"] for row in result["parameters"]), 0.9)
    table.add_column("parameter", max_width=_NAME_WIDTH, overflow="fold")
    table.add_column("value", justify="right")
    table.add_column(f"{level:.0%} interval", max_width=30)
    table.add_column("unit")
    for row in result["parameters"]:
        value = f"{row['value']:.4g}" if row["value"] is not None else "-"
        table.add_row(row["name"], value, interval_in_words(row), row["unit"])
    yield table
    if "kept" in result:
        yield Text(textwrap.fill(f"Kept: {'; '.join(result['kept'])}.", WIDTH))
