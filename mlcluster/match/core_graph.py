"""The metal-donor core of a cluster as a graph, and colours that tell its atoms apart by their surroundings."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlcluster.anatomy.inventory import ligand_names
from mlcluster.anatomy.ligands import Ligand, find_ligands
from mlcluster.chem.elements import is_metal
from mlcluster.geometry.bonds import Bonds, cluster_bonds
from mlcluster.structure.cluster import Cluster


@dataclass(frozen=True)
class Core:
    """Metals and the ligand atoms bonded to them.

    Parameters
    ----------
    cluster, bonds, ligands
        What it was taken from.
    names
        What each ligand is called: the abbreviation in the dictionary, or its formula.
    atoms
        Indices into the cluster, metals first, (n,).
    n_metals
        How many of them are metals.
    partners
        Bonded atoms of each within the core, as positions in `atoms`.
    """

    cluster: Cluster
    bonds: Bonds
    ligands: tuple[Ligand, ...]
    names: tuple[str, ...]
    atoms: NDArray[np.int64]
    n_metals: int
    partners: tuple[tuple[int, ...], ...]

    @property
    def numbers(self) -> NDArray[np.int64]:
        """Atomic numbers, (n,)."""
        return self.cluster.numbers[self.atoms]

    @property
    def positions(self) -> NDArray[np.float64]:
        """Coordinates, (n, 3), angstrom."""
        return self.cluster.positions[self.atoms]


def core_of(cluster: Cluster) -> Core:
    """Core of a cluster; one without metals has no atoms."""
    bonds = cluster_bonds(cluster.numbers, cluster.positions)
    ligands = find_ligands(cluster, bonds)
    metals = np.flatnonzero(is_metal(cluster.numbers))
    donors = np.array(sorted(donor for ligand in ligands for donor in ligand.donors), dtype=np.int64)
    atoms = np.concatenate([metals, donors])
    place = {int(atom): k for k, atom in enumerate(atoms)}
    partners: list[list[int]] = [[] for _ in atoms]
    for i, j in zip(bonds.first.tolist(), bonds.second.tolist(), strict=True):
        if i in place and j in place:
            partners[place[i]].append(place[j])
    names = tuple(
        definition.abbreviation if definition is not None else ligand.formula
        for ligand, definition in zip(ligands, ligand_names(cluster, ligands, bonds), strict=True)
    )
    return Core(cluster, bonds, tuple(ligands), names, atoms, len(metals), tuple(map(tuple, partners)))


def shared_colours(a: Core, b: Core, share: float = 0.6) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Colours of the atoms of two cores: equal colours mean equal surroundings.

    Colours start from metal or donor, element-blind, and are refined by those of the partners (Weisfeiler & Leman
    1968) as long as at least `share` of the metals of either core find their colour in the other: near a defect the
    surroundings differ, farther away they need not.

    Returns
    -------
    One colour an atom for A and for B, (n_a,) and (n_b,).
    """
    colours = [[int(k < core.n_metals) for k in range(len(core.atoms))] for core in (a, b)]
    while True:
        names: dict[tuple, int] = {}
        finer = []
        for core, old in zip((a, b), colours, strict=True):
            keys = [(old[k], *sorted(old[p] for p in core.partners[k])) for k in range(len(old))]
            finer.append([names.setdefault(key, len(names)) for key in keys])
        counts = [Counter(new[: core.n_metals]) for core, new in zip((a, b), finer, strict=True)]
        common = (counts[0] & counts[1]).total()
        grown = len(names) > len({*colours[0], *colours[1]})
        if common < share * max(a.n_metals, b.n_metals) or not grown:
            return np.array(colours[0], dtype=np.int64), np.array(colours[1], dtype=np.int64)
        colours = finer
