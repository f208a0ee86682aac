"""`inspect`: what structure files hold, and everything this package sees in one cluster, as plain dictionaries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mlcluster.anatomy.anatomy import Anatomy
from mlcluster.anatomy.in_words import sentences_of
from mlcluster.anatomy.kernel import bridging_modes, fused_icosahedra, kernel_name, rod_of
from mlcluster.anatomy.packing import packing_of
from mlcluster.anatomy.shape import Subset, bond_statistics, contact_distances, core_extents, symmetry_of
from mlcluster.anatomy.staple_motifs import Staple
from mlcluster.anatomy.superatom import shell_structure
from mlcluster.chem.elements import HALOGENS
from mlcluster.chem.formula import hill_formula, parse_formula
from mlcluster.errors import ConfigError, said
from mlcluster.geometry.point_group import TOLERANCE
from mlcluster.photophysics.mass_spectrum import mass_to_charge
from mlcluster.structure.files import printable
from mlcluster.structure.folders import files_within
from mlcluster.structure.read import read
from mlcluster.structure.result import ReadOptions, ReadResult, Results

Beside = Callable[[Sequence[tuple[Anatomy, bool]]], Mapping[str, Any]]
"""What a room behind this one adds about the clusters of a file."""


def inspect(
    files: Sequence[str | Path] | str | Path,
    *,
    symmetry: Subset = "kernel",
    tolerance: float = TOLERANCE,
    beside: Beside | None = None,
    **options: Any,
) -> list[dict[str, Any]]:
    """Read, separate and describe structure files.

    Parameters
    ----------
    files
        One file or several, folders of them as `mlcluster.structure.folders.structure_files` takes them.
    symmetry
        Atoms whose point group is wanted: kernel metals (``"kernel"``), all metals with their donors (``"core"``) or
        all atoms (``"whole"``).
    tolerance
        Largest deviation of an atom from that symmetry, angstrom.
    beside
        Further keys of a file, from its anatomies, each with whether its charge was assumed to be 0.
    **options
        As for `mlcluster.read`.

    Returns
    -------
    list[dict[str, Any]]
        One dictionary per file, in the order given: ``{"file", "clusters", "dropped", "report"}``, each cluster with
        ``"sentences"`` that say in plain words what it is, or ``{"file", "error"}`` for one that could not be read; a
        block that could not be read beside others is such a row of its own.

    Raises
    ------
    ConfigError
        If the tolerance is not a length, or a reading option has no such value.
    InputError
        If a folder holds no structure.
    """
    if not tolerance > 0.0:
        raise ConfigError("the tolerance of a point group is a length.", found=tolerance, expected="above 0 angstrom")
    # A wrong option is the fault of the call, not of each file.
    ReadOptions(**{key: value for key, value in options.items() if key not in ("cluster", "strict")})
    given = files_within([files] if isinstance(files, str | Path) else files)
    return [row for file in given for row in _inspect_file(file, symmetry, tolerance, beside, options)]


def _inspect_file(
    file: str | Path, symmetry: Subset, tolerance: float, beside: Beside | None, options: dict[str, Any]
) -> list[dict[str, Any]]:
    name = printable(file)
    try:
        return _inspected(name, read(file, **options), symmetry, tolerance, beside)
    except Exception as error:  # whatever a file brings the reader to raise, it is the failure of that file
        return [{"file": name, "error": said(error)}]


def _inspected(
    name: str, results: Results[ReadResult], symmetry: Subset, tolerance: float, beside: Beside | None
) -> list[dict[str, Any]]:
    # What holds for the whole file stands in the report of each of its clusters: it is said once.
    entries = {(e.level, e.code, e.site, e.message): e for result in results for e in result.report.entries}
    dropped = {d: None for result in results for d in result.dropped}
    anatomies = [Anatomy(result.cluster) for result in results]
    described = zip(anatomies, results, strict=True)
    found: dict[str, Any] = {
        "file": name,
        "clusters": [_told(describe(each, symmetry, tolerance) | _circumstances(r)) for each, r in described],
        "dropped": [d.to_dict() for d in dropped],
        "report": [entry.to_dict() for entry in entries.values()],
    }
    if beside is not None:
        assumed = [any(e.code == "charge_assumed_zero" for e in r.report.entries) for r in results]
        found |= beside(list(zip(anatomies, assumed, strict=True)))
    return [found, *({"file": name, "error": str(error)} for error in results.failed)]


def _circumstances(result: ReadResult) -> dict[str, Any]:
    return {
        "copies": result.copies,
        "weight": round(result.weight, 6),
        "mirror_of": None if result.mirror_of is None else result.mirror_of + 1,
        "charge_source": _charge_source(result),
    }


def _charge_source(result: ReadResult) -> str:
    if result.cluster.charge is None:
        return "unknown"
    codes = {entry.code for entry in result.report.entries}
    return "assumed" if "charge_assumed_zero" in codes else "ions" if "charge_from_ions" in codes else "stated"


def _told(described: dict[str, Any]) -> dict[str, Any]:
    return {"sentences": sentences_of(described), **described}


def describe(anatomy: Anatomy, symmetry: Subset = "kernel", tolerance: float = TOLERANCE) -> dict[str, Any]:
    """Name, formula, charge, electron count, parts, ligands, shape, m/z and packing of one cluster.

    Parameters
    ----------
    symmetry
        Atoms whose point group is wanted, as of `mlcluster.anatomy.shape.symmetry_of`.
    tolerance
        Largest deviation from it, angstrom.
    """
    cluster, electrons = anatomy.cluster, anatomy.electrons
    packing = packing_of(cluster)
    return {
        "name": cluster.name,
        "formula": cluster.formula,
        "no_cluster": anatomy.no_cluster,
        "n_atoms": len(cluster),
        "charge": cluster.charge,
        "multiplicity": cluster.multiplicity,
        "elements": cluster.composition,
        "valence_electrons": asdict(electrons)
        | {"shells": shell_structure(electrons.count, len(fused_icosahedra(anatomy.cores)))},
        "parts": _parts(anatomy),
        "ligands": [asdict(group) for group in anatomy.ligand_groups],
        "shape": _shape(anatomy) | symmetry_of(anatomy, symmetry, tolerance),
        "mass_spectrum": expected_ions(anatomy),
        "packing": None if packing is None else asdict(packing),
    }


def _parts(anatomy: Anatomy) -> dict[str, Any]:
    """Kernel of two and more metals, atoms of each part, staples, bridges and chains on kernel sites by formula."""
    parts = anatomy.parts
    kernel = Counter(anatomy.cluster.symbols[atom] for atom in parts.atoms("kernel metal"))
    return {
        "metal": int(anatomy.metal.sum()),
        "kernel": hill_formula(kernel) if kernel.total() > 1 else None,
        "counts": parts.counts,
        "staples": _formulas([staple for staple in parts.staples if staple.metals]),
        "bridges": _formulas([staple for staple in parts.staples if not staple.metals]),
        "on_lattice": _formulas(parts.on_lattice),
    }


def _formulas(staples: Sequence[Staple]) -> dict[str, int]:
    return dict(Counter(staple.formula for staple in staples))


def _shape(anatomy: Anatomy) -> dict[str, Any]:
    rod = rod_of(anatomy)
    return {
        "core_extents": core_extents(anatomy),
        "contacts": contact_distances(anatomy),
        "bonds": bond_statistics(anatomy),
        "kernel": kernel_name(anatomy),
        "polyhedra": [
            {
                "centre": anatomy.cluster.labels[core.centre],
                "name": core.name,
                "measure": core.measure,
                "runner_up": core.runner_up,
                "lacks": core.lacks,
            }
            for core in anatomy.cores
        ],
        "twist": None if rod is None else rod.twist,
        "arrangement": None if rod is None else rod.arrangement,
        "handedness": None if rod is None else rod.helical_sense,
        "halide_bridging": bridging_modes(anatomy, HALOGENS),
    }


def expected_ions(anatomy: Anatomy) -> list[dict[str, Any]]:
    """m/z of the intact ion and of the loss of one anion or one neutral ligand of each kind; none of unknown charge.

    Returns
    -------
    list[dict[str, Any]]
        ``[{"loss": None, "charge": 1, "mz": 6761.46}, {"loss": "Cl-", "charge": 2, "mz": 3363.0}, ...]``, isotopes
        averaged; a loss that leaves no charge is left out.
    """
    cluster = anatomy.cluster
    if cluster.charge is None:
        return []
    losses: dict[str | None, tuple[dict[str, float], int]] = {None: ({}, 0)}
    for group in anatomy.ligand_groups:
        if group.charge in (0, -1):
            label = group.abbreviation or group.formula
            losses.setdefault(label + ("-" if group.charge else ""), (parse_formula(group.formula)[0], group.charge))
    composition = {element: float(n) for element, n in cluster.composition.items()}
    return [
        {
            "loss": loss,
            "charge": cluster.charge - lost,
            "mz": mass_to_charge(composition, cluster.charge, loss=atoms, lost_charge=lost),
        }
        for loss, (atoms, lost) in losses.items()
        if cluster.charge != lost
    ]
