"""`inspect`: what structure files hold, as plain dictionaries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from mlcluster.anatomy.electrons import superatom_electrons
from mlcluster.anatomy.kernel import bridging_modes, centred_cores, kernel_name, rod_of
from mlcluster.anatomy.ligands import Ligand, find_ligands
from mlcluster.anatomy.packing import packing_of
from mlcluster.anatomy.shape import contact_distances, core_extents
from mlcluster.chem.elements import HALOGENS, is_metal
from mlcluster.errors import MlclusterError
from mlcluster.geometry.bonds import Bonds, cluster_bonds
from mlcluster.geometry.point_group import TOLERANCE, point_group
from mlcluster.structure.cluster import Cluster
from mlcluster.structure.read import read
from mlcluster.structure.result import ReadResult

Subset = Literal["kernel", "core", "whole"]


def inspect(
    files: Sequence[str | Path] | str | Path, *, symmetry: Subset = "kernel", **options: Any
) -> list[dict[str, Any]]:
    """Read, separate and describe structure files.

    Parameters
    ----------
    files
        One file or several.
    symmetry
        Atoms whose point group is wanted: metals (``"kernel"``), with their donors (``"core"``) or all (``"whole"``).
    options
        As for `mlcluster.read`.

    Returns
    -------
    One dictionary a file, in the order given: ``{"file", "clusters", "dropped", "report"}``, or ``{"file", "error"}``
    for one that could not be read.
    """
    given = [files] if isinstance(files, str | Path) else files
    return [_inspect_file(file, symmetry, options) for file in given]


def _inspect_file(file: str | Path, symmetry: Subset, options: dict[str, Any]) -> dict[str, Any]:
    try:
        results = read(file, **options)
    except MlclusterError as error:
        return {"file": str(file), "error": str(error)}
    # What holds for the whole file stands in the report of each of its clusters: it is said once.
    entries = {(e.level, e.code, e.site, e.message): e for result in results for e in result.report.entries}
    dropped = {d: None for result in results for d in result.dropped}
    return {
        "file": str(file),
        "clusters": [describe(r.cluster, symmetry) | _circumstances(r) for r in results],
        "dropped": [d.to_dict() for d in dropped],
        "report": [entry.to_dict() for entry in entries.values()],
    }


def _circumstances(result: ReadResult) -> dict[str, Any]:
    return {
        "copies": result.copies,
        "weight": round(result.weight, 6),
        "mirror_of": None if result.mirror_of is None else result.mirror_of + 1,
    }


def describe(cluster: Cluster, symmetry: Subset = "kernel") -> dict[str, Any]:
    """Name, formula, charge, electron count, parts, ligands, shape and packing of one cluster."""
    bonds = cluster_bonds(cluster.numbers, cluster.positions)
    ligands = find_ligands(cluster, bonds)
    kinds = Counter((ligand.kind, ligand.formula) for ligand in ligands)
    metals = int(is_metal(cluster.numbers).sum())
    donors = sum(len(ligand.donors) for ligand in ligands)
    held = sum(len(ligand.atoms) for ligand in ligands)
    return {
        "name": cluster.name,
        "formula": cluster.formula,
        "n_atoms": len(cluster),
        "charge": cluster.charge,
        "multiplicity": cluster.multiplicity,
        "elements": cluster.composition,
        "valence_electrons": superatom_electrons(cluster, ligands, bonds).to_dict(),
        "parts": {
            "metal": metals,
            "ligand donor": donors,
            "ligand body": held - donors,
            "other": len(cluster) - metals - held,
        },
        "ligands": [
            {"name": kind, "formula": formula, "count": count} for (kind, formula), count in sorted(kinds.items())
        ],
        "shape": {
            "core_extents": core_extents(cluster),
            "contacts": contact_distances(cluster, bonds),
            **_kernel(cluster, bonds),
            "halide_bridging": bridging_modes(cluster, HALOGENS, bonds),
            "point_group": _point_group(cluster, ligands, symmetry),
        },
        "packing": None if (packing := packing_of(cluster)) is None else asdict(packing),
    }


def _kernel(cluster: Cluster, bonds: Bonds) -> dict[str, Any]:
    cores = centred_cores(cluster, bonds)
    rod = rod_of(cluster, cores)
    return {
        "kernel": kernel_name(cluster, cores),
        "polyhedra": [
            {"centre": cluster.labels[core.centre], "name": core.name, "measure": core.measure, "lacks": core.lacks}
            for core in cores
        ],
        "twist": None if rod is None else rod.twist,
        "handedness": None if rod is None else rod.handedness,
    }


def _point_group(cluster: Cluster, ligands: Sequence[Ligand], symmetry: Subset) -> dict[str, Any]:
    chosen = is_metal(cluster.numbers)
    if symmetry != "kernel":
        chosen[[donor for ligand in ligands for donor in ligand.donors]] = True
    if symmetry == "whole" or not chosen.any():
        chosen[:] = True
    symbol = point_group(cluster.numbers[chosen], cluster.positions[chosen])
    return {"of": symmetry, "symbol": symbol, "tolerance": TOLERANCE}
