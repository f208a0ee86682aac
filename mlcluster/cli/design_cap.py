"""``mlcluster design cap``: the small model of a cluster that calculations take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlcluster.cli import options
from mlcluster.cli.console import finish, running
from mlcluster.display import shell_word

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text


class Form(StrEnum):
    """How the model is written."""

    xyz = "xyz"
    cif = "cif"


@options.grouped(options.reading)
def cap(
    parent: Annotated[str, typer.Argument(metavar="FILE", help="Structure file, or name of a framework.")],
    *,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Directory for the model, or a .xyz or .cif file.")],
    form: Annotated[Form, typer.Option("--format", help="Of the file in a directory.")] = Form.xyz,
    reading: dict[str, Any],
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Cut ligands down to what binds, as SR to SH and PR3 to PH3.

    Metals, donors and what bridges them stay where they are; charge and the parity of the electrons do not change. A
    ligand that cannot be cut is kept whole and named.
    """
    with running("Capping", as_json=json, debug=debug):
        from mlcluster.design.capped_model import cap as make

        result = make(parent, out, form.value, **reading)
    finish(result, as_json=json, view=_tables)


def _tables(result: Mapping[str, Any]) -> Iterator[Table | Text]:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    from mlcluster.report.measured_tables import paragraph

    atoms = f"{result['of_atoms']} atoms -> {result['atoms']} ({result['formula']})"
    yield from paragraph(f"{atoms}, written to {result['file']}. Next: mlcluster predict {shell_word(result['file'])}")
    table = Table("ligand", "count", box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for what, count in result["done"].items():
        table.add_row(escape(what), str(count))
    yield table
    for warning in result["warnings"]:
        yield from paragraph(f"warning: {warning}")
