"""Options that several verbs share, and the list of inputs they describe."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from mlcluster.errors import InputError


class Disorder(StrEnum):
    """What to do where a crystal holds several alternatives for the same atoms."""

    majority = "majority"
    enumerate = "enumerate"
    reject = "reject"


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
Strict = Annotated[bool, typer.Option("--strict", help="Treat doubts about a structure as errors.")]
Manifest = Annotated[
    Path | None,
    typer.Option(help="CSV with columns file, charge, multiplicity; files are relative to it.", **_EXISTING),
]
Model = Annotated[
    Path | None, typer.Option(metavar="M", help="Directory of a trained model; otherwise the bundled one.")
]
Out = Annotated[Path | None, typer.Option(metavar="T", help="Also write the rows here: .csv, .json or .parquet.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else on standard output.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


@dataclass(frozen=True)
class Input:
    """One structure file, with what is stated about it outside the file."""

    file: str
    charge: int | None = None
    multiplicity: int | None = None


def inputs(
    files: list[Path] | None, manifest: Path | None, charge: int | None, multiplicity: int | None
) -> list[Input]:
    """Files given on the command line, then those of the manifest; a blank cell falls back to the option.

    Raises
    ------
    typer.BadParameter
        If there is no file at all.
    InputError
        If the manifest is not what it should be.
    """
    found = [Input(str(file), charge, multiplicity) for file in files or ()]
    if manifest is not None:
        found += _read_manifest(manifest, Input("", charge, multiplicity))
    if not found:
        raise typer.BadParameter("give at least one FILE, or --manifest with a file in it.")
    return found


def _read_manifest(path: Path, default: Input) -> list[Input]:
    rows = read_rows(path, required=("file",), optional=("charge", "multiplicity"))
    return [
        Input(
            str(path.parent / row["file"]),
            _integer(row.get("charge"), default.charge, f"{path}", f"line {line}, charge"),
            _integer(row.get("multiplicity"), default.multiplicity, f"{path}", f"line {line}, multiplicity"),
        )
        for line, row in enumerate(rows, start=2)
    ]


def read_rows(path: Path, *, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> list[dict[str, str]]:
    """Rows of a CSV whose columns are known by name.

    Raises
    ------
    InputError
        If a column is missing or unknown, or a required cell is empty.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream, skipinitialspace=True)
            columns = [name.strip() for name in reader.fieldnames or ()]
            reader.fieldnames = columns
            rows = [{key: (cell or "").strip() for key, cell in row.items() if key} for row in reader]
    except UnicodeDecodeError as error:
        raise InputError("a table has to be plain text.", file=path, found=error.reason, expected="UTF-8") from error
    if not set(required) <= set(columns) or set(columns) - set(required) - set(optional):
        raise InputError(
            "the columns of this table are not those it needs.",
            file=path,
            found=", ".join(columns) or "nothing",
            expected=", ".join((*required, *(f"{name} (optional)" for name in optional))),
        )
    for line, row in enumerate(rows, start=2):
        empty = [name for name in required if not row.get(name)]
        if empty:
            raise InputError("a cell that is needed is empty.", file=path, site=f"line {line}, {empty[0]}")
    return rows


def _integer(text: str | None, default: int | None, file: str, site: str) -> int | None:
    if not text:
        return default
    try:
        return int(text)
    except ValueError:
        raise InputError(
            "not a whole number.", file=file, site=site, found=text, hint="Leave it empty if unknown."
        ) from None


def for_inputs(function: Callable[..., list[dict]], items: list[Input], **options: Any) -> list[dict]:
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
