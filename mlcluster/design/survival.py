"""Whether a relaxed structure is still the cluster it started as."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mlcluster.chem.elements import is_metal
from mlcluster.errors import StructureError
from mlcluster.geometry.bonds import cluster_bonds
from mlcluster.structure.cluster import Cluster

SMALLEST_METAL_SHARE = 0.95
"""Share of the metal-metal bonds that have to survive: these are soft, and one in twenty may cross the limit."""

Pairs = frozenset[tuple[int, int]]


@dataclass(frozen=True, kw_only=True)
class Survival:
    """What became of the bonds.

    Parameters
    ----------
    metal_metal
        Share of the metal-metal bonds that are still there, 0 to 1.
    metal_ligand_broken, ligand_broken, ligand_formed
        Pairs of site labels, as ``"Au1-S3"``: broken bonds between metal and ligand, broken bonds within ligands, and
        new bonds between non-metals.
    """

    metal_metal: float
    metal_ligand_broken: tuple[str, ...]
    ligand_broken: tuple[str, ...]
    ligand_formed: tuple[str, ...]


def survival(before: Cluster, after: Cluster) -> Survival:
    """Compare the bonds of the same atoms in two geometries.

    Raises
    ------
    StructureError
        If the atoms are not the same, in the same order.
    """
    if not np.array_equal(before.numbers, after.numbers):
        raise StructureError(
            "not the same atoms before and after.", site=before.name, found=after.formula, expected=before.formula
        )
    old, new = _bonds_by_kind(before), _bonds_by_kind(after)
    metal_metal = len(old[2] & new[2]) / len(old[2]) if old[2] else 1.0
    return Survival(
        metal_metal=metal_metal,
        metal_ligand_broken=_names(before, old[1] - new[1]),
        ligand_broken=_names(before, old[0] - new[0]),
        ligand_formed=_names(before, new[0] - old[0]),
    )


def why_lost(result: Survival) -> str | None:
    """First reason why the structure is another one now, or None when it survived."""
    if result.metal_metal < SMALLEST_METAL_SHARE:
        return f"only {result.metal_metal:.0%} of the metal-metal bonds survive"
    for pairs, what in (
        (result.metal_ligand_broken, "metal-ligand bond broken"),
        (result.ligand_broken, "bond within a ligand broken"),
        (result.ligand_formed, "new bond between non-metals"),
    ):
        if pairs:
            return f"{what}: {', '.join(pairs[:3])}"
    return None


def _bonds_by_kind(cluster: Cluster) -> tuple[Pairs, Pairs, Pairs]:
    """Bonds with no, one and two metals."""
    bonds = cluster_bonds(cluster.numbers, cluster.positions)
    metals = is_metal(cluster.numbers[bonds.first]).astype(int) + is_metal(cluster.numbers[bonds.second])
    once = bonds.first < bonds.second
    kinds = [
        frozenset(
            zip(bonds.first[once & (metals == n)].tolist(), bonds.second[once & (metals == n)].tolist(), strict=True)
        )
        for n in range(3)
    ]
    return kinds[0], kinds[1], kinds[2]


def _names(cluster: Cluster, pairs: Pairs) -> tuple[str, ...]:
    return tuple(f"{cluster.labels[a]}-{cluster.labels[b]}" for a, b in sorted(pairs))
