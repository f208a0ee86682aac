"""``mlcluster data compute``: gaps by calculation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlcluster.cli import options
from mlcluster.cli.console import finish, running, stderr_console

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

Source = Annotated[
    str, typer.Argument(metavar="SET", help="Structure file, directory of such files, or name of a data source.")
]
Out = Annotated[
    Path, typer.Option(metavar="DIR", file_okay=False, help="Directory for the results; what is in it is not repeated.")
]


def compute(
    source: Source,
    out: Out,
    method: Annotated[str, typer.Option(help="gfn1-xtb (extra xtb) or dft-pbe-lanl2dz (extra dft).")] = "gfn1-xtb",
    limit: Annotated[int | None, typer.Option(metavar="N", min=1, help="Calculate at most N new structures.")] = None,
    processes: Annotated[int, typer.Option(min=1, help="Calculations at a time, one core each.")] = 1,
    charge: options.Charge = None,
    multiplicity: options.Multiplicity = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Calculate gaps of a set of structures.

    Each result is kept as soon as it is there, so an interrupted run goes on where it stood when started again.
    Structures that fail or whose gap cannot serve as a label are listed with the reason (exit code 1).
    """
    with running(as_json=json, debug=debug):
        from mlcluster.data.compute import compute as calculate
        from mlcluster.runs import ProgressBars

        with ProgressBars(stderr_console()) as bars:
            number = bars.add(method)
            result = calculate(
                source,
                out,
                method=method,
                limit=limit,
                processes=processes,
                on_progress=lambda done, total, entry: bars.update(number, done, total=total),
                charge=charge,
                multiplicity=multiplicity,
            )
    finish(result, as_json=json, view=_tables)
    if result["failed"]:
        raise typer.Exit(1)


def _tables(result: Mapping[str, Any]) -> Iterator[Table | Text]:
    from rich.markup import escape
    from rich.table import Table
    from rich.text import Text

    if result["failed"]:
        table = Table("entry", "no label because")
        for failure in result["failed"]:
            table.add_row(escape(failure["entry"]), escape(str(failure["reason"])))
        yield table
    yield Text(
        f"{result['method']}: {result['inputs']} structures, {result['computed']} calculated now, {result['reused']} "
        f"before, {result['accepted']} labels in {result['labels']}"
    )
