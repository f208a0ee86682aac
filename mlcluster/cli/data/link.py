"""``mlcluster data link``: crystals of your own, matched to the records of the literature."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mlcluster.cli import options
from mlcluster.cli.console import finish, running


def link(
    cifs: Annotated[Path, typer.Option(metavar="DIR", help="Directory with CIFs.", exists=True, file_okay=False)],
    table: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV", help="Table of measurements; otherwise the bundled one.", exists=True, dir_okay=False
        ),
    ] = None,
    manifest: options.Manifest = None,
    out: options.Out = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Match crystal structures to the records of the literature.

    By metals, ligands and charge, with the reason for every match. Isomers are never told apart by guessing: where
    several records fit, all are listed. A charge that the file does not tell can be stated with --manifest.
    """
    with running("Reading", as_json=json, debug=debug):
        from mlcluster.cli.data.views import link_tables
        from mlcluster.labels.literature.linking import link as match
        from mlcluster.report.rows import check_table_name, write_table

        check_table_name(out)
        items = options.inputs(None, manifest, None, None) if manifest is not None else []
        charges = {Path(item.file): item.charge for item in items if item.charge is not None}
        results = match(cifs, table, charges=charges)
        named = [{**row, "candidates": [one["cluster_id"] for one in row.get("candidates", ())]} for row in results]
        write_table(named, out)
    finish(results, as_json=json, view=link_tables)
