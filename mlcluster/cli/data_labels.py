"""``mlcluster data list``, ``validate``, ``add``, ``link``: what there is to learn from, and labels of your own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mlcluster.cli import options
from mlcluster.cli.console import finish, running


def list_sources(json: options.Json = False, debug: options.Debug = False) -> None:
    """List the sources of structures and labels.

    Items, labels of each target and method, families, licence, and whether a source is here or how to get it.
    """
    with running("Reading", as_json=json, debug=debug):
        from mlcluster.cli.data_tables import catalogue_tables
        from mlcluster.report.written_rows import catalogue

        results = catalogue()
    finish(results, as_json=json, view=catalogue_tables)


DataConfig = Annotated[
    Path | None,
    typer.Option(
        "--config", metavar="FILE", help="Take source, options and targets from a configuration.", dir_okay=False
    ),
]
SourceOption = Annotated[
    list[str] | None,
    typer.Option(
        "--option",
        metavar="KEY=VALUE",
        help="What a source needs (repeatable): path=own.csv, 'labels={gap:optical: {column: gap_ev, unit: eV}}'.",
    ),
]


def validate(
    tables: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[CSV|SOURCE]...",
            help="Tables of measurements or pairs, otherwise the bundled ones; or a source of structures with labels.",
        ),
    ] = None,
    option: SourceOption = None,
    config: DataConfig = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Check tables of measurements and pairs, or structures with labels.

    Every fault is listed with row, column, value and rule. An error refuses its row (exit code 1); a warning asks
    for a look; notes, shown by --json, say what was not checked, and what reading did to a structure. With --config
    all is checked that a training looks at before it makes a run.
    """
    with running("Checking", as_json=json, debug=debug):
        from mlcluster.cli.data_tables import validation_tables
        from mlcluster.levels.validation import validate as check

        results = check(tables or (), options.source_options(option), config=config)
    finish(results, as_json=json, view=validation_tables)


def add(
    table: Annotated[
        Path, typer.Argument(metavar="CSV", help="Columns as in the bundled table.", exists=True, dir_okay=False)
    ],
    to: Annotated[Path, typer.Option(metavar="DIR", help="Directory of your own table.", file_okay=False)],
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Append measurements to a table of your own.

    The rows pass the checks of validate first, and none may stand in that table or in the bundled one; if one row
    is refused, none is added (exit code 1).
    """
    with running("Checking", as_json=json, debug=debug):
        from mlcluster.cli.data_tables import addition_tables
        from mlcluster.labels.literature.additions import add as append

        results = append(table, to)
    finish(results, as_json=json, view=addition_tables)


def link(
    cifs: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Directory with CIFs.", exists=True, file_okay=False)
    ] = None,
    models: Annotated[
        bool,
        typer.Option("--models", help="Also list records that a framework can stand for: models, not crystals."),
    ] = False,
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
    several records fit, all are listed. A charge that the file does not tell can be stated with --manifest. With
    --models the records that mlcluster has a model geometry for are listed as well, with framework, edits and what
    had to be assumed.
    """
    with running("Reading", as_json=json, debug=debug):
        from mlcluster.cli.data_tables import link_tables
        from mlcluster.design.known_models import linked_models
        from mlcluster.errors import ConfigError
        from mlcluster.labels.literature.linking import link as match
        from mlcluster.report.written_rows import check_table_name, write_table

        check_table_name(out)
        if cifs is None and not models:
            raise ConfigError("nothing to link.", expected="--cifs DIR, --models, or both")
        items = options.inputs(None, manifest, {}) if manifest is not None else []
        charges = {Path(item.file): item.charge for item in items if item.charge is not None}
        results = [] if cifs is None else match(cifs, table, charges=charges)
        results += linked_models(table) if models else []
        named = [{**row, "candidates": [one["cluster_id"] for one in row.get("candidates", ())]} for row in results]
        write_table(named, out)
    finish(results, as_json=json, view=link_tables)
