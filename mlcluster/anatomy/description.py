"""Everything this package sees in one cluster, as a plain dictionary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from mlcluster.anatomy.electrons import shell_structure, superatom_electrons
from mlcluster.anatomy.inventory import ligand_groups
from mlcluster.anatomy.kernel import Polyhedron, bridging_modes, centred_cores, fused_icosahedra, kernel_name, rod_of
from mlcluster.anatomy.ligands import Ligand, find_ligands
from mlcluster.anatomy.mass import expected_ions
from mlcluster.anatomy.packing import packing_of
from mlcluster.anatomy.parts import Parts, assign_parts
from mlcluster.anatomy.shape import bond_statistics, contact_distances, core_extents
from mlcluster.anatomy.staples import Staple
from mlcluster.anatomy.symmetry import Subset, symmetry_of
from mlcluster.chem.elements import HALOGENS, is_metal
from mlcluster.chem.formula import hill_formula
from mlcluster.geometry.bonds import Bonds, cluster_bonds
from mlcluster.geometry.point_group import TOLERANCE
from mlcluster.structure.cluster import Cluster


def describe(cluster: Cluster, symmetry: Subset = "kernel", tolerance: float = TOLERANCE) -> dict[str, Any]:
    """Name, formula, charge, electron count, parts, ligands, shape, m/z and packing of one cluster.

    Parameters
    ----------
    symmetry
        Atoms whose point group is wanted, as of `mlcluster.anatomy.symmetry.symmetry_of`.
    tolerance
        Largest deviation from it, angstrom.
    """
    bonds = cluster_bonds(cluster.numbers, cluster.positions)
    ligands = find_ligands(cluster, bonds)
    cores = centred_cores(cluster, bonds)
    parts = assign_parts(cluster, ligands, bonds, cores)
    electrons = superatom_electrons(cluster, ligands, bonds)
    groups = ligand_groups(cluster, ligands, bonds)
    packing = packing_of(cluster)
    return {
        "name": cluster.name,
        "formula": cluster.formula,
        "n_atoms": len(cluster),
        "charge": cluster.charge,
        "multiplicity": cluster.multiplicity,
        "elements": cluster.composition,
        "valence_electrons": electrons.to_dict()
        | {"shells": shell_structure(electrons.count, len(fused_icosahedra(cores)))},
        "parts": _parts(cluster, parts),
        "ligands": [group.to_dict() for group in groups],
        "shape": _shape(cluster, ligands, bonds, cores, parts)
        | symmetry_of(cluster, ligands, parts, symmetry, tolerance),
        "mass_spectrum": expected_ions(cluster, groups),
        "packing": None if packing is None else asdict(packing),
    }


def _parts(cluster: Cluster, parts: Parts) -> dict[str, Any]:
    """Kernel of two and more metals, atoms of each part, staples, bridges and chains on kernel sites by formula."""
    kernel = Counter(cluster.symbols[atom] for atom in parts.atoms("kernel metal"))
    return {
        "metal": int(is_metal(cluster.numbers).sum()),
        "kernel": hill_formula(kernel) if kernel.total() > 1 else None,
        "counts": parts.counts,
        "staples": _formulas([staple for staple in parts.staples if staple.metals]),
        "bridges": _formulas([staple for staple in parts.staples if not staple.metals]),
        "on_lattice": _formulas(parts.on_lattice),
    }


def _formulas(staples: Sequence[Staple]) -> dict[str, int]:
    return dict(Counter(staple.formula for staple in staples))


def _shape(
    cluster: Cluster, ligands: Sequence[Ligand], bonds: Bonds, cores: list[Polyhedron], parts: Parts
) -> dict[str, Any]:
    rod = rod_of(cluster, cores)
    return {
        "core_extents": core_extents(cluster),
        "contacts": contact_distances(cluster, bonds),
        "bonds": bond_statistics(cluster, bonds, parts.labels, [core.centre for core in cores]),
        "kernel": kernel_name(cluster, cores),
        "polyhedra": [
            {
                "centre": cluster.labels[core.centre],
                "name": core.name,
                "measure": core.measure,
                "runner_up": core.runner_up,
                "lacks": core.lacks,
            }
            for core in cores
        ],
        "twist": None if rod is None else rod.twist,
        "handedness": None if rod is None else rod.handedness,
        "halide_bridging": bridging_modes(cluster, HALOGENS, bonds),
    }
