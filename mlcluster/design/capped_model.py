"""`cap`: the ligand-capped model of a cluster, written as the other verbs write their candidates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from mlcluster import __version__
from mlcluster.anatomy import Anatomy
from mlcluster.design.candidate_files import LIST, file_stem
from mlcluster.design.verbs import Parent, parent_cluster
from mlcluster.electronic.capping import capped
from mlcluster.errors import InputError
from mlcluster.runs import check_place, write_whole

FILES = (".xyz", ".extxyz", ".cif")
"""Endings by which `out` is a file and no directory."""


def cap(parent: Parent, out: str | Path, form: Literal["xyz", "cif"] = "xyz", **reading: Any) -> dict[str, Any]:
    """Cut the ligands of a cluster down to what binds, and write the model.

    Parameters
    ----------
    parent
        A cluster, a structure file that holds one, or the name of a framework.
    out
        Directory, which gets the model and the list ``design.json``; or a file, replaced as a whole, where it ends in
        ``.xyz``, ``.extxyz`` or ``.cif``.
    form
        Of the file in a directory.
    **reading
        Charge, ``declare`` and the like, as for `mlcluster.read`.

    Returns
    -------
    dict
        ``parent``, counts and one candidate, with the keys of the other verbs; and as `Capped.to_dict` what was done.

    Raises
    ------
    InputError
        If the file cannot be read, or the directory holds candidates already.
    """
    place = Path(out)
    alone = place.suffix.lower() in FILES
    check_place(None if alone else place, directory=True)
    if not alone and (place / LIST).exists():
        raise InputError("this directory holds candidates already.", file=place, hint="Choose another --out.")
    cluster = parent_cluster(parent, **reading)
    result = capped(Anatomy(cluster))
    model = result.cluster
    path = place if alone else place / f"{file_stem(model.name or model.formula)}_capped.{form}"
    write_whole(path, model.to_cif() if path.suffix.lower() == ".cif" else model.to_xyz())
    electrons = model.n_electrons
    candidate = {
        "file": str(path),
        "name": model.name,
        "edits": [f"cap {what} x{count}" for what, count in result.done.items()],
        "formula": model.formula,
        "charge": model.charge,
        "multiplicity": model.multiplicity,
        "valence_electrons": Anatomy(model).valence_electrons,
        "open_shell": None if electrons is None else bool(electrons % 2),
    }
    listed = {
        "parent": cluster.name or cluster.formula,
        "parent_file": cluster.source.path,
        "parent_sha256": cluster.source.sha256,
        "count_enumerated": 1,
        "count_distinct": 1,
        "candidates": [candidate],
    }
    if not alone:
        document = listed | {"steps": ["cap"], "refused": [], "complete": True, "version": __version__}
        write_whole(place / LIST, json.dumps(document, indent=1))
    return result.to_dict() | {"charge": model.charge, "file": str(path)} | listed
