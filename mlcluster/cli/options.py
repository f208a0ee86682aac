"""Options that several verbs share, and the list of inputs they describe."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from mlcluster.structure.manifest import StatedFile


class Disorder(StrEnum):
    """What to do where a crystal holds several alternatives for the same atoms."""

    majority = "majority"
    enumerate = "enumerate"
    reject = "reject"


class Hydrogens(StrEnum):
    """What to do about hydrogens that a file leaves out."""

    keep = "keep"
    add = "add"


_EXISTING = {"exists": True, "dir_okay": False, "readable": True}

Files = Annotated[
    list[Path] | None,
    typer.Argument(metavar="FILE...", help="CIF, XYZ, extXYZ, POSCAR or pymatgen JSON, also gzipped.", **_EXISTING),
]
Charge = Annotated[int | None, typer.Option(help="Total charge in e; otherwise taken from the file.")]
Multiplicity = Annotated[int | None, typer.Option(min=1, help="Spin multiplicity 2S + 1.")]
ClusterNumber = Annotated[
    int | None, typer.Option("--cluster", metavar="K", min=1, help="Only the K-th distinct cluster of each file.")
]
DisorderChoice = Annotated[Disorder, typer.Option("--disorder", help="How to resolve disorder.")]
HydrogenChoice = Annotated[
    Hydrogens, typer.Option("--hydrogens", help="Place hydrogens that carbons and nitrogens lack, or keep the file's.")
]
Strict = Annotated[bool, typer.Option("--strict", help="Treat doubts about a structure as errors.")]
Manifest = Annotated[
    Path | None,
    typer.Option(help="CSV with columns file, charge, multiplicity; files are relative to it.", **_EXISTING),
]
Model = Annotated[
    Path | None,
    typer.Option(metavar="M", help="Directory of a model, runs:/RUN or models:/NAME@ALIAS; otherwise the bundled one."),
]
Out = Annotated[Path | None, typer.Option(metavar="T", help="Also write the rows here: .csv, .json or .parquet.")]
Project = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Directory that holds .mlcluster/; otherwise the nearest upwards.")
]
TrackingUri = Annotated[
    str | None, typer.Option(metavar="URI", help="MLflow server or database in place of the project's own.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else on standard output.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


def inputs(
    files: list[Path] | None, manifest: Path | None, charge: int | None, multiplicity: int | None
) -> list[StatedFile]:
    """Files given on the command line, then those of the manifest; a blank cell falls back to the option.

    Raises
    ------
    typer.BadParameter
        If there is no file at all.
    InputError
        If the manifest is not what it should be.
    """
    from mlcluster.structure.manifest import StatedFile, read_manifest

    found = [StatedFile(str(file), charge, multiplicity) for file in files or ()]
    if manifest is not None:
        found += read_manifest(manifest, charge=charge, multiplicity=multiplicity)
    if not found:
        raise typer.BadParameter("give at least one FILE, or --manifest with a file in it.")
    return found


def for_inputs(function: Callable[..., list[dict]], items: list[StatedFile], **options: Any) -> list[dict]:
    """Call a verb's function once for all files that share charge and multiplicity; rows come in the order given."""
    groups: dict[tuple[int | None, int | None], list[str]] = {}
    for item in items:
        groups.setdefault((item.charge, item.multiplicity), []).append(item.file)
    rows = [
        row
        for (charge, multiplicity), files in groups.items()
        for row in function(files, charge=charge, multiplicity=multiplicity, **options)
    ]
    place = {item.file: number for number, item in reversed(list(enumerate(items)))}
    return sorted(rows, key=lambda row: place.get(row["file"], len(items)))
