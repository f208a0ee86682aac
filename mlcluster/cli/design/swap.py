"""``mlcluster design swap``: other ligands in place of those of a cluster."""

from __future__ import annotations

from typing import Annotated

import typer

from mlcluster.cli import options
from mlcluster.cli.design import shared


def swap(
    parent: shared.Parent,
    to: Annotated[str, typer.Option(metavar="NAMES", help="New ligands, as in Br or PPh2py.")],
    out: shared.Out,
    of: Annotated[str, typer.Option(metavar="NAMES", help="Old ligands; all of the new one's kind if empty.")] = "",
    k: Annotated[str, typer.Option("-k", "--k", metavar="K", help="Number of ligands: all, 2 or 1-3.")] = "all",
    sites: shared.Sites = "",
    then: shared.Then = None,
    keep: shared.KeepChoice = shared.Keep.electrons,
    symmetry: shared.Symmetry = shared.Part.kernel,
    mirror_images: shared.MirrorImages = shared.Mirror.one,
    tolerance: shared.Tolerance = 0.3,
    limit: shared.Limit = None,
    sample: shared.Sample = None,
    seed: shared.Seed = 0,
    relax: shared.Relax = False,
    form: shared.FormChoice = shared.Form.xyz,
    charge: options.Charge = None,
    multiplicity: options.Multiplicity = None,
    cluster: options.ClusterNumber = None,
    disorder: options.DisorderChoice = options.Disorder.majority,
    strict: options.Strict = False,
    block: options.Block = None,
    declare: options.Declare = None,
    max_bytes: options.MaxBytes = options.MOST_BYTES,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Other ligands in place of those of a cluster.

    Groups that old and new ligand share stay where they are; others turn to where they have most room.
    Every candidate is a file with charge, multiplicity, parent and edits; design.json lists them.
    """
    shared.make(
        parent,
        "swap",
        {"to": to, "of": of, "k": k, "sites": sites},
        out,
        form,
        then=then,
        keep=keep,
        symmetry=symmetry,
        mirror_images=mirror_images,
        tolerance=tolerance,
        limit=limit,
        sample=sample,
        seed=seed,
        relax=relax,
        charge=charge,
        multiplicity=multiplicity,
        cluster=cluster,
        disorder=disorder,
        strict=strict,
        block=block,
        declared_ligands=tuple(declare or ()),
        max_bytes=max_bytes,
        json=json,
        debug=debug,
    )
