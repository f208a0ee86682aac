"""What was read of a file, kept by its bytes, so that a second run does not parse it again.

An entry holds the clusters of one file, their ligands and their electron counts, about 45 bytes per atom; the
neighbour list is made anew, which takes less time than reading one of ten times that size. The key is the SHA-256 of
the bytes, the reading options and the schema: a number, and a digest of the code that reads, so that no change of it
can be forgotten.
An entry is one file with its checksum, put in place by an atomic rename: writers need no lock, and what is torn,
stale or cannot be read counts as absent. Nothing in it is executed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from mlcluster.anatomy import Anatomy
from mlcluster.anatomy.bound_ligands import Ligand
from mlcluster.errors import StructureError
from mlcluster.runs import content_hash, keep
from mlcluster.structure.cluster import Cluster, CrystalContext, Source
from mlcluster.structure.files import TextFile, file_stem
from mlcluster.structure.read import read_parsed
from mlcluster.structure.result import ReadOptions, Results

SCHEMA = 3
"""Number of the form of an entry."""

_DIGEST = hashlib.sha256().digest_size
_ROOMS = ("chem", "geometry", "structure", "anatomy")
_FACTS = ("charge", "multiplicity", "labels", "name", "declared_ligands")
_LIGAND = tuple(field.name for field in dataclasses.fields(Ligand))
_CRYSTAL = {"cell": "cell", "cell numbers": "numbers", "cell positions": "positions"}


class ReadCache:
    """Clusters by the bytes of the files they were read from.

    Parameters
    ----------
    directory
        Where the entries lie, made when something is stored; None keeps nothing.
    """

    def __init__(self, directory: Path | None) -> None:
        self.directory = None if directory is None else directory / "read"
        self.hits = self.misses = 0

    def read(
        self,
        file: TextFile,
        options: ReadOptions,
        *,
        cluster: int | None = None,
        strict: bool = False,
        distinct: bool = False,
    ) -> Results[Anatomy]:
        """As `mlcluster.structure.read.read_parsed`.

        Parameters
        ----------
        file, options, cluster, strict
            As there.
        distinct
            What a comparison takes: no mirror images of other clusters of the file, and the crystal around each, which
            is not kept otherwise.

        Raises
        ------
        InputError, StructureError
            As reading does; failures are not kept.
        """
        place = self._place(file, options, cluster, strict, distinct)
        known = None if place is None else _load(place, file)
        if known is not None:
            self.hits += 1
            return Results(known)
        self.misses += 1
        results = read_parsed(file, options, cluster=cluster, strict=strict)
        kept = [result for result in results if result.mirror_of is None] if distinct else results
        known = [Anatomy(result.cluster) for result in kept]
        # What failed is told each time: a file that was read in part is not kept.
        if place is not None and not results.failed:
            _store(place, known, file, crystal=distinct)
        return Results(known, failed=results.failed)

    def _place(
        self, file: TextFile, options: ReadOptions, cluster: int | None, strict: bool, distinct: bool
    ) -> Path | None:
        if self.directory is None:
            return None
        choice = (dataclasses.asdict(options), cluster, strict, distinct)
        facts = (SCHEMA, code_digest(), file.sha256, file.format, *choice)
        key = content_hash(repr(facts))
        return self.directory / key[:2] / key


@cache
def code_digest() -> str:
    """Digest of the code that turns text into clusters and counts their electrons, and of the parsers beneath it."""
    package = Path(__file__).resolve().parents[1]
    files = (path for room in _ROOMS for path in sorted((package / room).rglob("*.py")))
    return content_hash(f"{metadata.version('pymatgen')} {metadata.version('gemmi')}", files)


def _store(place: Path, known: Sequence[Anatomy], file: TextFile, *, crystal: bool) -> None:
    entries: list[dict[str, Any]] = []
    arrays: dict[str, np.ndarray] = {}
    for k, each in enumerate(known):
        cluster = each.cluster
        arrays[f"numbers {k}"] = cluster.numbers.astype(np.uint8)
        arrays[f"positions {k}"] = cluster.positions
        facts = {key: getattr(cluster, key) for key in _FACTS}
        if crystal and cluster.crystal is not None:
            facts["copies"] = cluster.crystal.copies
            arrays |= {
                f"{name} {k}": np.ascontiguousarray(getattr(cluster.crystal, key)) for name, key in _CRYSTAL.items()
            }
        facts["ligands"] = [[getattr(ligand, field) for field in _LIGAND] for ligand in each.ligands]
        facts |= {"source": dataclasses.asdict(cluster.source), "valence_electrons": each.valence_electrons}
        entries.append(facts)
    head = json.dumps({"stem": file_stem(file.path), "clusters": entries}).encode()
    arrays["facts"] = np.frombuffer(head, dtype=np.uint8)
    blob = save(arrays)
    keep(place, hashlib.sha256(blob).digest() + blob)


def _load(place: Path, file: TextFile) -> list[Anatomy] | None:
    try:
        data = place.read_bytes()
        if hashlib.sha256(data[_DIGEST:]).digest() != data[:_DIGEST]:
            return None
        arrays = load(data[_DIGEST:])
        facts = json.loads(arrays["facts"].tobytes())
        return [_known(k, entry, facts["stem"], arrays, file) for k, entry in enumerate(facts["clusters"])]
    except (OSError, SafetensorError, ValueError, KeyError, TypeError, StructureError):
        return None  # Absent, torn or foreign: read again.


def _known(k: int, entry: dict[str, Any], old_stem: str, arrays: dict[str, np.ndarray], file: TextFile) -> Anatomy:
    name = renamed(entry["name"], old_stem, file_stem(file.path))
    crystal = None
    if "copies" in entry:
        crystal = CrystalContext(copies=entry["copies"], **{key: arrays[f"{n} {k}"] for n, key in _CRYSTAL.items()})
    cluster = Cluster(
        numbers=arrays[f"numbers {k}"].astype(np.int64),
        positions=arrays[f"positions {k}"],
        charge=entry["charge"],
        multiplicity=entry["multiplicity"],
        labels=tuple(entry["labels"]),
        name=name,
        source=Source(**{**entry["source"], "path": file.path}),
        declared_ligands=tuple(entry["declared_ligands"]),
        crystal=crystal,
    )
    ligands = tuple(
        Ligand(formula=formula, atoms=tuple(atoms), donors=tuple(donors), charge=(charge[0], charge[1]), kind=kind)
        for formula, atoms, donors, charge, kind in entry["ligands"]
    )
    return Anatomy(cluster, valence_electrons=entry["valence_electrons"], ligands=ligands)


def renamed(name: str, old_stem: str, new_stem: str) -> str:
    """Name of a cluster for a copy of its file: one that was made from the name of the file follows it.

    >>> renamed("Au25 #2", "Au25", "copy"), renamed("rod", "Au25", "copy")
    ('copy #2', 'rod')
    """
    return new_stem + name[len(old_stem) :] if old_stem and name.startswith(old_stem) else name
