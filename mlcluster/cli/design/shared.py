"""Options of all design verbs, and what each does with them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from mlcluster.cli.console import finish, running


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
Relax = Annotated[bool, typer.Option("--relax", help="Relax the ligands with GFN1-xTB (extra xtb).")]
FormChoice = Annotated[Form, typer.Option("--format", help="A file each (xyz, cif), or a thousand in one (packed).")]


def make(
    parent: str, verb: str, step: dict[str, Any], out: Path, form: Form, *, json: bool, debug: bool, **settings: Any
) -> None:
    """Carry out one step and those after it, write the candidates and print what was made."""
    with running("Designing", as_json=json, debug=debug):
        from mlcluster.cli.design.views import design_tables
        from mlcluster.design.enumeration.steps import step_of
        from mlcluster.design.verbs import design
        from mlcluster.design.writing import write_candidates

        plain: dict[str, Any] = {
            key: value.value if isinstance(value, StrEnum) else value for key, value in settings.items()
        }
        plain["then"] = plain.get("then") or ()
        result = write_candidates(design(parent, [step_of(verb, step)], **plain), out, form.value)
    finish(result, as_json=json, view=design_tables)
