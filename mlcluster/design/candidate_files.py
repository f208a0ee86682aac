"""Candidates on disk: those of one edit, or the sets of a recipe."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

import yaml

from mlcluster import __version__
from mlcluster.design.candidate import Candidate
from mlcluster.design.candidate_set import CandidateSet
from mlcluster.design.enumeration.steps import step_of
from mlcluster.design.frameworks import FRAMEWORKS, build
from mlcluster.design.verbs import design, parent_cluster
from mlcluster.errors import ConfigError, InputError, MlclusterError
from mlcluster.runs import write_whole
from mlcluster.structure.cluster import Cluster

Form = Literal["xyz", "cif", "packed"]

LIST = "design.json"
"""File of a directory of candidates that lists them."""
SHARD = 1000
"""Candidates in one file of a packed set."""


def write_candidates(found: CandidateSet, directory: str | Path, form: Form = "xyz") -> dict[str, Any]:
    """Make the candidates and write them, one at a time.

    Interrupted, it leaves whole files and a list of what is there.

    Parameters
    ----------
    found
        The candidates.
    directory
        Where they go; it must not hold candidates yet.
    form
        ``"xyz"`` or ``"cif"``: a file each; ``"packed"``: a thousand in each extended XYZ file. All of them state
        charge, multiplicity, parent and edits, and `mlcluster.read` gives them back.

    Returns
    -------
    dict[str, Any]
        Parent, counts, candidates with their files (``file#frame`` in packed ones), and what was refused and why.

    Raises
    ------
    InputError
        If the directory holds candidates already.
    """
    if form not in ("xyz", "cif", "packed"):
        raise ConfigError("no such form of candidates.", found=form, expected="xyz, cif, packed")
    place = Path(directory)
    if (place / LIST).exists():
        raise InputError("this directory holds candidates already.", file=place, hint="Choose another --out.")
    place.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    complete = False
    try:
        for file, candidate in _packed(found, place) if form == "packed" else _single(found, place, form):
            rows.append({"file": file} | candidate.to_dict())
        complete = True
    finally:
        result = found.to_dict() | {"complete": complete, "version": __version__, "candidates": rows}
        write_whole(place / LIST, json.dumps(result, indent=1))
    return result


def _single(found: CandidateSet, place: Path, form: str) -> Iterator[tuple[str, Candidate]]:
    for candidate in found:
        path = place / f"{file_stem(candidate.cluster.name)}.{form}"
        write_whole(path, candidate.cluster.to_cif() if form == "cif" else candidate.cluster.to_xyz())
        yield str(path), candidate


def _packed(found: CandidateSet, place: Path) -> Iterator[tuple[str, Candidate]]:
    batch: list[Candidate] = []
    number = 0

    def written() -> Iterator[tuple[str, Candidate]]:
        path = place / f"candidates-{number:04d}.extxyz"
        write_whole(path, "".join(candidate.cluster.to_xyz() for candidate in batch))
        yield from ((f"{path}#{frame}", candidate) for frame, candidate in enumerate(batch, start=1))

    for candidate in found:
        batch.append(candidate)
        if len(batch) == SHARD:
            yield from written()
            batch, number = [], number + 1
    if batch:
        yield from written()


def file_stem(name: str) -> str:
    """A name that every file system takes.

    >>> file_stem("rod E AuAgAg Cl PH3, twist 0 00001")
    'rod_E_AuAgAg_Cl_PH3_twist_0_00001'
    """
    return re.sub(r"[^A-Za-z0-9.+-]+", "_", name).strip("_.") or "candidate"


_SETTINGS = ("keep", "symmetry", "mirror_images", "tolerance", "limit", "sample", "seed", "relax")
_KEYS = ("name", "parent", "options", "charge", "multiplicity", "cluster", "steps", *_SETTINGS)


def recipe_sets(path: str | Path) -> Iterator[tuple[str, CandidateSet]]:
    """Yield name and candidates of each set of a recipe.

    The file holds ``sets``, a list; each set has a ``name``, a ``parent`` (a framework with its ``options``, or a file
    beside the recipe), ``steps`` and the settings of `design`. What stands beside ``sets`` holds for each of them.

    Raises
    ------
    ConfigError
        If a key is unknown (the nearest is suggested), missing, or a name occurs twice.
    InputError
        If the file is missing or no YAML.
    """
    content = _content(Path(path))
    shared = {key: value for key, value in content.items() if key != "sets"}
    _check_keys(shared, _SETTINGS, path, "beside sets")
    seen: set[str] = set()
    for number, entry in enumerate(content["sets"], start=1):
        where = f"set {number}"
        if not isinstance(entry, Mapping):
            raise ConfigError("not a set.", file=path, site=where, found=entry, expected=", ".join(_KEYS))
        _check_keys(entry, _KEYS, path, where)
        name = file_stem(str(entry.get("name", f"set-{number:02d}")))
        if name in seen:
            raise ConfigError("two sets have one name.", file=path, site=where, found=name)
        seen.add(name)
        try:
            yield name, _set(shared | dict(entry), Path(path).parent, name)
        except MlclusterError as error:
            raise error.placed(file=path, site=where) from error


def run_recipe(path: str | Path, directory: str | Path, form: Form = "packed") -> dict[str, Any]:
    """Make and write every set of a recipe, each in a directory of its name.

    Returns
    -------
    dict[str, Any]
        ``{"recipe", "sets": [...], "candidates": number}``; each set as of `write_candidates`.
    """
    results = [
        {"name": name} | write_candidates(found, Path(directory) / name, form) for name, found in recipe_sets(path)
    ]
    return {"recipe": str(path), "candidates": sum(len(r["candidates"]) for r in results), "sets": results}


def _set(entry: dict[str, Any], beside: Path, name: str) -> CandidateSet:
    for key in ("parent", "steps"):
        if not entry.get(key):
            raise ConfigError("a set lacks a key.", found=", ".join(entry), expected=key)
    steps = []
    for step in entry["steps"]:
        if not isinstance(step, Mapping) or len(step) != 1:
            raise ConfigError("not a step.", found=step, expected="as in substitute: {to: Ag, k: 2}")
        ((verb, settings),) = step.items()
        steps.append(step_of(str(verb), settings or {}))
    settings = {key: entry[key] for key in _SETTINGS if key in entry}
    return design(_parent(entry, beside), steps, name=name, **settings)


def _parent(entry: Mapping[str, Any], beside: Path) -> Cluster:
    text = str(entry["parent"])
    if text in FRAMEWORKS:
        options = entry.get("options") or {}
        suffix = " ".join(f"{key}={value}" for key, value in options.items())
        return build(text, **options).replace(name=f"{text} {suffix}".strip())
    file = beside / text
    known = {key: entry[key] for key in ("charge", "multiplicity", "cluster") if key in entry}
    return parent_cluster(file if file.exists() else text, **known)


def _content(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError("no such file.", file=path) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError("the recipe cannot be read.", file=path, found=error, expected="YAML") from None
    if not isinstance(content, dict) or not isinstance(content.get("sets"), list):
        raise ConfigError("a recipe has a list of sets.", file=path, expected="sets: [{parent: ..., steps: [...]}]")
    return content


def _check_keys(entry: Mapping[str, Any], known: tuple[str, ...], path: str | Path, where: str) -> None:
    for key in entry:
        if key not in known:
            near = get_close_matches(str(key), known, n=1)
            hint = f"Did you mean {near[0]}?" if near else None
            raise ConfigError("unknown key.", file=path, site=where, found=key, expected=", ".join(known), hint=hint)
