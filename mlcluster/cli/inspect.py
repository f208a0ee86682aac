"""``mlcluster inspect``: read, separate and describe structure files."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from typing import Annotated, Any

import typer

import mlcluster
from mlcluster.cli import options
from mlcluster.cli.console import finish, running


class Subset(StrEnum):
    """Kernel metals, all metals with their donors, or all atoms."""

    kernel = "kernel"
    core = "core"
    whole = "whole"


@options.grouped(options.reading)
def inspect(
    files: options.Files = None,
    *,
    reading: dict[str, Any],
    symmetry: Annotated[Subset, typer.Option(help="Atoms whose point group is given.")] = Subset.kernel,
    tolerance: Annotated[float, typer.Option(help="Largest deviation from the point group, angstrom.")] = 0.3,
    manifest: options.Manifest = None,
    own: options.Own = None,
    report: options.ReportPage = None,
    verbose: options.Verbose = False,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Describe what structure files hold.

    First what each cluster is in plain words, with its nearest ideal symmetry; then what is measured on it, its
    anatomy, what was left out and what is doubtful.
    """
    with running("Reading", as_json=json, debug=debug):
        items = options.inputs(files, manifest, reading)
        from mlcluster.report.inspection_tables import inspection_tables

        options.check_page(report, bool(items))
        view = partial(inspection_tables, verbose=verbose)
        results = options.for_inputs(
            mlcluster.inspect, items, **reading, symmetry=symmetry.value, tolerance=tolerance, own=own
        )
        if report is not None:
            from mlcluster.report.cluster_sheet import report_files

            report_files(items, report, reading)
    finish(results, as_json=json, view=view)
