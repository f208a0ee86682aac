"""Candidates on disk: a file each, or many in one; and ``design.json``, which lists them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from mlcluster import __version__
from mlcluster.design.candidate import Candidate
from mlcluster.design.candidate_set import CandidateSet
from mlcluster.errors import ConfigError, InputError

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
        _write(place / LIST, json.dumps(result, indent=1))
    return result


def _single(found: CandidateSet, place: Path, form: str) -> Iterator[tuple[str, Candidate]]:
    for candidate in found:
        path = place / f"{file_stem(candidate.cluster.name)}.{form}"
        _write(path, candidate.cluster.to_cif() if form == "cif" else candidate.cluster.to_xyz())
        yield str(path), candidate


def _packed(found: CandidateSet, place: Path) -> Iterator[tuple[str, Candidate]]:
    batch: list[Candidate] = []
    number = 0

    def written() -> Iterator[tuple[str, Candidate]]:
        path = place / f"candidates-{number:04d}.extxyz"
        _write(path, "".join(candidate.cluster.to_xyz() for candidate in batch))
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


def _write(path: Path, text: str) -> None:
    """Write a file that is either not there or whole."""
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_text(text, encoding="utf-8")
    os.replace(unfinished, path)
