"""``mlcluster design fill``: add metals with a ligand at open surface sites."""

from __future__ import annotations

from typing import Annotated

import typer

from mlcluster.cli import options
from mlcluster.cli.design import shared


def fill(
    parent: shared.Parent,
    out: shared.Out,
    metal: Annotated[str, typer.Option(metavar="ELEMENT", help="The commonest such metal when not given.")] = "",
    ligand: Annotated[str, typer.Option(metavar="NAME", help="The commonest such ligand when not given.")] = "",
    k: shared.Count = "1",
    cap: Annotated[int, typer.Option(min=3, max=6, help="Fewest metals that a site has to cap.")] = 3,
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
    """Add metals with a ligand at open surface sites.

    A site caps three to six metals at bonding distance and has room for the ligand.
    Every candidate is a file with charge, multiplicity, parent and edits; design.json lists them.
    """
    shared.make(
        parent,
        "fill",
        {"metal": metal, "ligand": ligand, "k": k, "cap": cap},
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
