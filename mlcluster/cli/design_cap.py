"""``mlcluster design cap``: the small model of a cluster that calculations take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlcluster.cli import options
from mlcluster.cli.console import finish, running

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text


@options.grouped(options.reading)
def cap(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Structure file.")],
    out: Annotated[Path, typer.Option(metavar="FILE", dir_okay=False, help="Extended XYZ, or CIF if it ends in .cif.")],
    *,
    reading: dict[str, Any],
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Cut ligands down to what binds, as SR to SH and PR3 to PH3.

    Metals, donors and what bridges them stay where they are; charge and the parity of the electrons do not change. A
    ligand that cannot be cut is kept whole and named.
    """
    with running("Capping", as_json=json, debug=debug):
        from mlcluster.electronic.capping import cap_file

        result = cap_file(file, out, **reading)
    finish(result, as_json=json, view=_tables)


def _tables(result: Mapping[str, Any]) -> Iterator[Table | Text]:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    from mlcluster.report.measured_tables import paragraph

    atoms = f"{result['of_atoms']} atoms -> {result['atoms']} ({result['formula']})"
    yield from paragraph(f"{atoms}, written to {result['file']}. Next: mlcluster predict {result['file']}")
    table = Table("ligand", "count", box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for what, count in result["done"].items():
        table.add_row(escape(what), str(count))
    yield table
    for warning in result["warnings"]:
        yield from paragraph(f"warning: {warning}")
