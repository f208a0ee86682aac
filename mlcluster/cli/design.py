"""``mlcluster design``: candidates around a cluster."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from mlcluster.cli import options
from mlcluster.cli.console import finish, running
from mlcluster.cli.design_cap import cap


class Keep(StrEnum):
    """What stays in an edit."""

    electrons = "electrons"
    charge = "charge"


class Part(StrEnum):
    """Metals, metals with donors, or all atoms."""

    kernel = "kernel"
    core = "core"
    whole = "whole"


class Mirror(StrEnum):
    """How mirror images count."""

    one = "one"
    apart = "apart"


class Form(StrEnum):
    """How candidates are written."""

    xyz = "xyz"
    cif = "cif"
    packed = "packed"


Parent = Annotated[str, typer.Argument(metavar="FILE", help="Structure file, or name of a framework.")]
Out = Annotated[Path, typer.Option(metavar="DIR", file_okay=False, help="Directory for the candidates.")]
Sites = Annotated[str, typer.Option(metavar="LABELS", help="Only these site labels, as in Au3,Au7.")]
Of = Annotated[str, typer.Option(metavar="ELEMENTS", help="Only sites of these metals; all when not given.")]
Count = Annotated[str, typer.Option("-k", "--k", metavar="K", help="Number of sites: 2, 1,3 or 1-3.")]
Then = Annotated[
    list[str] | None,
    typer.Option("--then", metavar="STEP", help='A further step, as in "fill metal=Au ligand=PH3"; may be repeated.'),
]
KeepChoice = Annotated[Keep, typer.Option("--keep", help="Delocalised electrons (the charge follows) or charge.")]
Symmetry = Annotated[Part, typer.Option("--symmetry", help="Atoms whose symmetry makes candidates the same.")]
MirrorImages = Annotated[Mirror, typer.Option("--mirror-images", help="Count a pair once, or keep both.")]
Tolerance = Annotated[float, typer.Option(min=0.01, help="Largest deviation from the symmetry, angstrom.")]
Limit = Annotated[int | None, typer.Option(metavar="N", min=1, help="Stop after N candidates.")]
Sample = Annotated[int | None, typer.Option(metavar="N", min=1, help="Draw N at random instead of listing all.")]
Seed = Annotated[int, typer.Option(help="Of the random draw.")]
Relax = Annotated[bool, typer.Option("--relax", help="Relax the ligands with GFN1-xTB.")]
FormChoice = Annotated[Form, typer.Option("--format", help="A file each (xyz, cif), or a thousand in one (packed).")]


def candidates(
    then: Then = None,
    keep: KeepChoice = Keep.electrons,
    symmetry: Symmetry = Part.kernel,
    mirror_images: MirrorImages = Mirror.one,
    tolerance: Tolerance = 0.3,
    limit: Limit = None,
    sample: Sample = None,
    seed: Seed = 0,
    relax: Relax = False,
) -> dict[str, Any]:
    """Group of the options of every edit: further steps, what makes candidates the same, how many are made."""
    return {
        "then": then or (),
        "keep": keep.value,
        "symmetry": symmetry.value,
        "mirror_images": mirror_images.value,
        "tolerance": tolerance,
        "limit": limit,
        "sample": sample,
        "seed": seed,
        "relax": relax,
    }


@options.grouped(candidates, options.reading)
def substitute(
    parent: Parent,
    *,
    to: Annotated[str, typer.Option(metavar="ELEMENTS", help="New metals, as in Ag,Cu,Pd.")],
    out: Out,
    k: Count = "1",
    of: Of = "",
    sites: Sites = "",
    candidates: dict[str, Any],
    form: FormChoice = Form.xyz,
    reading: dict[str, Any],
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Other metals at k sites of a cluster.

    A ligand on a new metal moves by the difference of the covalent radii; metals keep their places.
    Every candidate is a file with charge, multiplicity, parent and edits; design.json lists them.
    """
    _make(
        parent,
        "substitute",
        {"to": to, "k": k, "of": of, "sites": sites},
        out,
        form,
        candidates | reading,
        json=json,
        debug=debug,
    )


@options.grouped(candidates, options.reading)
def vacancy(
    parent: Parent,
    *,
    out: Out,
    k: Count = "1",
    of: Of = "",
    sites: Sites = "",
    bare: Annotated[bool, typer.Option("--bare", help="Also surface metals that share all of their ligands.")] = False,
    candidates: dict[str, Any],
    form: FormChoice = Form.xyz,
    reading: dict[str, Any],
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Surface metals leave with the ligands they hold.

    A ligand shared with other metals stays on those.
    Every candidate is a file with charge, multiplicity, parent and edits; design.json lists them.
    """
    _make(
        parent,
        "vacancy",
        {"k": k, "of": of, "sites": sites, "bare": bare},
        out,
        form,
        candidates | reading,
        json=json,
        debug=debug,
    )


@options.grouped(candidates, options.reading)
def fill(
    parent: Parent,
    *,
    out: Out,
    metal: Annotated[str, typer.Option(metavar="ELEMENT", help="The commonest such metal when not given.")] = "",
    ligand: Annotated[str, typer.Option(metavar="NAME", help="The commonest such ligand when not given.")] = "",
    k: Count = "1",
    cap: Annotated[int, typer.Option(min=3, max=6, help="Fewest metals that a site has to cap.")] = 3,
    candidates: dict[str, Any],
    form: FormChoice = Form.xyz,
    reading: dict[str, Any],
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Add metals with a ligand at open surface sites.

    A site caps three to six metals at bonding distance and has room for the ligand.
    Every candidate is a file with charge, multiplicity, parent and edits; design.json lists them.
    """
    _make(
        parent,
        "fill",
        {"metal": metal, "ligand": ligand, "k": k, "cap": cap},
        out,
        form,
        candidates | reading,
        json=json,
        debug=debug,
    )


@options.grouped(candidates, options.reading)
def swap(
    parent: Parent,
    *,
    to: Annotated[str, typer.Option(metavar="NAMES", help="New ligands, as in Br or PPh2py.")],
    out: Out,
    of: Annotated[str, typer.Option(metavar="NAMES", help="Old ligands; all of the new one's kind if empty.")] = "",
    k: Annotated[str, typer.Option("-k", "--k", metavar="K", help="Number of ligands: all, 2 or 1-3.")] = "all",
    sites: Sites = "",
    candidates: dict[str, Any],
    form: FormChoice = Form.xyz,
    reading: dict[str, Any],
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Other ligands in place of those of a cluster.

    Groups that old and new ligand share stay where they are; others turn to where they have most room.
    Every candidate is a file with charge, multiplicity, parent and edits; design.json lists them.
    """
    _make(
        parent,
        "swap",
        {"to": to, "of": of, "k": k, "sites": sites},
        out,
        form,
        candidates | reading,
        json=json,
        debug=debug,
    )


@options.grouped(candidates, options.reading)
def twist(
    parent: Parent,
    *,
    degrees: Annotated[str, typer.Option(metavar="ANGLES", help="As in 6,12,18; right-handed if positive.")],
    out: Out,
    end: Annotated[str, typer.Option(metavar="LABEL", help="Centre of the end that turns.")] = "",
    candidates: dict[str, Any],
    form: FormChoice = Form.xyz,
    reading: dict[str, Any],
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Turn one end of a rod about its axis.

    Ligands on that end turn with it; those that bridge both ends turn by half of the angle.
    Every candidate is a file with charge, multiplicity, parent and edits; design.json lists them.
    """
    step = {"degrees": degrees, "end": end}
    _make(parent, "twist", step, out, form, candidates | reading, json=json, debug=debug)


def _make(
    parent: str,
    verb: str,
    step: dict[str, Any],
    out: Path,
    form: Form,
    settings: dict[str, Any],
    *,
    json: bool,
    debug: bool,
) -> None:
    """Carry out one step and those after it, write the candidates and print what was made."""
    with running("Designing", as_json=json, debug=debug):
        from mlcluster.cli.design_tables import design_tables
        from mlcluster.design.candidate_files import write_candidates
        from mlcluster.design.enumeration.steps import step_of
        from mlcluster.design.verbs import design

        result = write_candidates(design(parent, [step_of(verb, step)], **settings), out, form.value)
    finish(result, as_json=json, view=design_tables)


def run(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="YAML, as configs/design_rods.yaml.")],
    out: Out,
    form: FormChoice = Form.packed,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Make the sets of candidates of a recipe.

    Each set is a parent with its steps and goes to a directory of its name.
    """
    with running("Designing", as_json=json, debug=debug):
        from mlcluster.cli.design_tables import recipe_tables
        from mlcluster.design.candidate_files import run_recipe

        result = run_recipe(recipe, out, form.value)
    finish(result, as_json=json, view=recipe_tables)


app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)
for _verb in (substitute, vacancy, fill, swap, twist, cap, run):
    app.command()(_verb)


@app.callback()
def about() -> None:
    """Make candidates around a cluster: every symmetry-distinct one once, a file each."""
