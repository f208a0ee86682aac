"""A recipe: several sets of candidates, each a parent and its steps, in one YAML file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from mlcluster.design.candidate_set import CandidateSet
from mlcluster.design.enumeration.steps import step_of
from mlcluster.design.frameworks import FRAMEWORKS, build
from mlcluster.design.verbs import design, parent_cluster
from mlcluster.design.writing import Form, file_stem, write_candidates
from mlcluster.errors import ConfigError, InputError, MlclusterError
from mlcluster.structure.cluster import Cluster

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
