"""``mlcluster inspect``: read, separate and describe structure files."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

import mlcluster
from mlcluster.cli import options
from mlcluster.cli.console import finish, running


class Subset(StrEnum):
    """Kernel metals, all metals with their donors, or all atoms."""

    kernel = "kernel"
    core = "core"
    whole = "whole"


def inspect(
    files: options.Files = None,
    charge: options.Charge = None,
    multiplicity: options.Multiplicity = None,
    cluster: options.ClusterNumber = None,
    disorder: options.DisorderChoice = options.Disorder.majority,
    hydrogens: options.HydrogenChoice = options.Hydrogens.keep,
    strict: options.Strict = False,
    symmetry: Annotated[Subset, typer.Option(help="Atoms whose point group is given.")] = Subset.kernel,
    tolerance: Annotated[float, typer.Option(help="Largest deviation from the point group, angstrom.")] = 0.3,
    manifest: options.Manifest = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Describe what structure files hold.

    Clusters with formula, charge, electron count and ligands; what was dropped; what is doubtful.
    """
    with running("Reading", as_json=json, debug=debug):
        items = options.inputs(files, manifest, charge, multiplicity)
        from mlcluster.report.inspection import inspection_tables

        results = options.for_inputs(
            mlcluster.inspect,
            items,
            cluster=cluster,
            disorder=disorder.value,
            hydrogens=hydrogens.value,
            strict=strict,
            symmetry=symmetry.value,
            tolerance=tolerance,
        )
    finish(results, as_json=json, view=inspection_tables)
