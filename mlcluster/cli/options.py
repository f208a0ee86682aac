"""Options that several verbs share, alone or as a group, and the list of inputs they describe."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
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


class LevelName(StrEnum):
    """Which level of prediction answers."""

    auto = "auto"
    calculation = "calculation"
    network = "network"
    formula = "formula"


class Hydrogens(StrEnum):
    """What to do about hydrogens that a file leaves out."""

    keep = "keep"
    add = "add"


_EXISTING = {"exists": True, "dir_okay": False, "readable": True}

Files = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="FILE...",
        help="CIF, XYZ, extXYZ, POSCAR or pymatgen JSON, also gzipped; or folders of them.",
        **_EXISTING | {"dir_okay": True},
    ),
]
Charge = Annotated[int | None, typer.Option(help="Total charge in e; otherwise taken from the file.")]
Multiplicity = Annotated[int | None, typer.Option(min=1, help="Spin multiplicity 2S + 1.")]
ClusterNumber = Annotated[
    int | None, typer.Option("--cluster", metavar="K", min=1, help="Only the K-th distinct cluster of each file.")
]
DisorderChoice = Annotated[Disorder, typer.Option("--disorder", help="How to resolve disorder.")]
Block = Annotated[
    str | None, typer.Option("--block", metavar="NAME", help="Only this data block of a CIF that holds several.")
]
Declare = Annotated[
    list[str] | None,
    typer.Option(
        "--declare",
        metavar="ELEMENT:LIGAND",
        help="What donors are whose carbon the file leaves out, as S:thiolate; may be repeated.",
    ),
]
MaxBytes = Annotated[
    int, typer.Option("--max-bytes", metavar="N", min=1, help="Largest file that is read, gz as it expands.")
]
MOST_BYTES = 512_000_000
"""Default of `MaxBytes`, that of `mlcluster.structure.files`, which is imported when a file is read."""
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
Level = Annotated[
    LevelName | None,
    typer.Option(
        "--level",
        help="Calculate the capped cluster (auto: if it takes less than 30 s), or only ask the network or the formula; "
        "otherwise MLCLUSTER_LEVEL, or auto.",
    ),
]
MaxSeconds = Annotated[
    float | None,
    typer.Option("--max-seconds", metavar="S", min=1, help="Longest calculation of one cluster; 30, asked for 120."),
]
NoFormula = Annotated[
    bool,
    typer.Option("--no-formula", help="Only what the model itself predicts: no rows of the formula model."),
]
Own = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Your own measurements, from mlcluster data add.", exists=True)
]
Out = Annotated[
    Path | None, typer.Option(metavar="T", help="Also write the rows here: .csv, .xlsx, .json or .parquet.")
]
Part = Annotated[str | None, typer.Option(metavar="K/N", help="Do the K-th of N parts only, as a task of a job array.")]
Scheduler = Annotated[
    str | None,
    typer.Option(metavar="ADDR", help="Dask scheduler whose workers do the work: tcp://host:8786, or its file."),
]
Slurm = Annotated[bool, typer.Option("--slurm", help="Under srun: its tasks share the work.")]
ReportPage = Annotated[
    Path | None,
    typer.Option("--report", metavar="FILE.html", help="Also write one page with 3D views that opens offline."),
]
Project = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Directory that holds .mlcluster/; otherwise the nearest upwards.")
]
TrackingUri = Annotated[
    str | None, typer.Option(metavar="URI", help="MLflow server or database in place of the project's own.")
]
Verbose = Annotated[bool, typer.Option("--verbose", help="Show every table and note below the answer.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else on standard output.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


def grouped(*groups: Callable[..., Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Let a parameter of a verb stand for a whole group of options.

    Parameters
    ----------
    *groups
        Functions whose parameters are the options of a group. Where the verb has a parameter of such a function's
        name, the command line has all options of the group, and the verb gets what the function makes of them.

    Returns
    -------
    Callable
        Decorator of the verb, which then takes everything by keyword.
    """
    members = {group.__name__: (group, inspect.signature(group, eval_str=True).parameters) for group in groups}

    def decorate(verb: Callable[..., None]) -> Callable[..., None]:
        own = inspect.signature(verb, eval_str=True)
        parameters = {
            name: parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            for each in own.parameters.values()
            for name, parameter in (members[each.name][1] if each.name in members else {each.name: each}).items()
        }

        @functools.wraps(verb)
        def command(**given: Any) -> None:
            for name, (group, options) in members.items():
                given[name] = group(**{option: given.pop(option) for option in options})
            verb(**given)

        command.__signature__ = own.replace(parameters=list(parameters.values()))  # type: ignore[attr-defined]
        command.__annotations__ = {name: parameter.annotation for name, parameter in parameters.items()}
        return command

    return decorate


def reading(
    charge: Charge = None,
    multiplicity: Multiplicity = None,
    cluster: ClusterNumber = None,
    disorder: DisorderChoice = Disorder.majority,
    strict: Strict = False,
    block: Block = None,
    declare: Declare = None,
    max_bytes: MaxBytes = MOST_BYTES,
    hydrogens: HydrogenChoice = Hydrogens.keep,
) -> dict[str, Any]:
    """Group of the options of `mlcluster.read`, wherever structure files are read."""
    return {
        "charge": charge,
        "multiplicity": multiplicity,
        "cluster": cluster,
        "disorder": disorder.value,
        "strict": strict,
        "block": block,
        "declare": declared(declare),
        "max_bytes": max_bytes,
        "hydrogens": hydrogens.value,
    }


def located_model(model: Path | None, project: Path | None, tracking_uri: str | None) -> Path | None:
    """Directory of the model that ``--model`` names, looked up in the store that the options say; None for none."""
    if model is None:
        return None
    from mlcluster.tracking.registered_models import located

    return located(model, project, tracking_uri)


def level_asked(level: Level = None, max_seconds: MaxSeconds = None, no_formula: NoFormula = False) -> dict[str, Any]:
    """Group of the options that choose the level of prediction."""
    return {
        "level": None if level is None else level.value,
        "max_seconds": max_seconds,
        "formula": not no_formula,
    }


def declared(pairs: list[str] | None) -> dict[str, str]:
    """Element to class of ligand, as `mlcluster.read` takes what ``--declare`` says."""
    return dict(each.partition(":")[::2] for each in pairs or ())


def check_page(report: Path | None, files: bool) -> None:
    """Refuse a page that could not be written, before any work is done.

    Raises
    ------
    InputError
        As `mlcluster.runs.check_place`.
    typer.BadParameter
        If no file is asked about.
    """
    from mlcluster.runs import check_place

    check_place(report)
    if report is not None and not files:
        raise typer.BadParameter("a page is of structure files: give at least one FILE.", param_hint="--report")


def inputs(files: list[Path] | None, manifest: Path | None, reading: Mapping[str, Any]) -> list[StatedFile]:
    """Files given, those of folders given, then those of the manifest, whose blank cells fall back to the options.

    Raises
    ------
    typer.BadParameter
        If there is no file at all.
    InputError
        If a folder holds no structure, or the manifest is not what it should be.
    """
    from mlcluster.structure.folders import files_within
    from mlcluster.structure.manifest import StatedFile, read_manifest

    stated = {key: reading.get(key) for key in ("charge", "multiplicity")}
    found = [StatedFile(str(file), **stated) for file in files_within(files or ())]
    if manifest is not None:
        found += read_manifest(manifest, **stated)
    if not found:
        raise typer.BadParameter("give at least one FILE, or --manifest with a file in it.")
    return found


def for_inputs(function: Callable[..., list[dict]], items: list[StatedFile], **options: Any) -> list[dict]:
    """Call a verb's function once for all files that share charge and multiplicity; rows come in the order given."""
    groups: dict[tuple[int | None, int | None], list[str]] = {}
    rows = [{"file": item.file, "error": item.error} for item in items if item.error is not None]
    for item in items:
        if item.error is None:
            groups.setdefault((item.charge, item.multiplicity), []).append(item.file)
    rows += [
        row
        for (charge, multiplicity), files in groups.items()
        for row in function(files, **options | {"charge": charge, "multiplicity": multiplicity})
    ]
    place = {item.file: number for number, item in reversed(list(enumerate(items)))}
    return sorted(rows, key=lambda row: place.get(row["file"], len(items)))


def source_options(settings: Sequence[str] | None) -> dict[str, Any]:
    """Options of a source given as ``KEY=VALUE`` with YAML values; a dotted key goes into sections.

    Raises
    ------
    ConfigError
        For one that is none.
    """
    from mlcluster.levels.config_text import with_settings

    return with_settings({}, settings or ())
