"""``mlcluster design twist``: turn one end of a rod about its axis."""

from __future__ import annotations

from typing import Annotated

import typer

from mlcluster.cli import options
from mlcluster.cli.design import shared


def twist(
    parent: shared.Parent,
    degrees: Annotated[str, typer.Option(metavar="ANGLES", help="As in 6,12,18; right-handed if positive.")],
    out: shared.Out,
    end: Annotated[str, typer.Option(metavar="LABEL", help="Centre of the end that turns.")] = "",
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
    """Turn one end of a rod about its axis.

    Ligands on that end turn with it; those that bridge both ends turn by half of the angle.
    Every candidate is a file with charge, multiplicity, parent and edits; design.json lists them.
    """
    shared.make(
        parent,
        "twist",
        {"degrees": degrees, "end": end},
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
