"""`Anatomy`: a cluster with its bonds, ligands, polyhedra, parts and electrons, each found once."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mlcluster.anatomy.electrons import ElectronCount, superatom_electrons
from mlcluster.anatomy.inventory import LigandGroup, ligand_groups, ligand_names
from mlcluster.anatomy.kernel import Polyhedron, centred_cores
from mlcluster.anatomy.ligands import Ligand, find_ligands
from mlcluster.anatomy.parts import Parts, assign_parts
from mlcluster.anatomy.staples import Staple
from mlcluster.chem.elements import is_metal
from mlcluster.chem.ligands import LigandDefinition
from mlcluster.geometry.bonds import Bonds, cluster_bonds
from mlcluster.structure.cluster import Cluster


class Anatomy:
    """What a cluster is made of; every property is found when first asked for, and kept.

    Functions that need bonds, ligands or polyhedra take an anatomy, so that whoever makes it decides how often they
    are found. Making one costs nothing.

    Parameters
    ----------
    cluster
        As read or built; it never changes.
    valence_electrons
        Superatom electrons where they are known already; counted when first asked for otherwise.

    Examples
    --------
    >>> water = Anatomy(Cluster(numbers=[8, 1, 1], positions=[[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]]))
    >>> len(water.bonds.first), water.ligands, water.valence_electrons
    (4, (), None)
    """

    def __init__(self, cluster: Cluster, *, valence_electrons: int | None = None) -> None:
        self.cluster = cluster
        if valence_electrons is not None:
            self.valence_electrons = valence_electrons

    @cached_property
    def metal(self) -> NDArray[np.bool_]:
        """Which atoms are metals, (N,)."""
        return is_metal(self.cluster.numbers)

    @cached_property
    def bonds(self) -> Bonds:
        """Bonds, each in both directions."""
        return cluster_bonds(self.cluster.numbers, self.cluster.positions)

    @cached_property
    def ligands(self) -> tuple[Ligand, ...]:
        """Ligands in the order of their first atom."""
        return tuple(find_ligands(self.cluster, self.bonds))

    @cached_property
    def ligand_definitions(self) -> tuple[LigandDefinition | None, ...]:
        """The dictionary's entry of each ligand, None where it has none of this graph."""
        return tuple(ligand_names(self.cluster, self.ligands, self.bonds))

    @cached_property
    def ligand_names(self) -> tuple[str, ...]:
        """Abbreviation of each ligand in the dictionary, or its formula."""
        pairs = zip(self.ligands, self.ligand_definitions, strict=True)
        return tuple(known.abbreviation if known is not None else ligand.formula for ligand, known in pairs)

    @cached_property
    def ligand_groups(self) -> tuple[LigandGroup, ...]:
        """Ligands counted by name and denticity, anions first, most numerous first."""
        return tuple(ligand_groups(self.cluster, self.ligands, self.bonds))

    @cached_property
    def cores(self) -> tuple[Polyhedron, ...]:
        """Metals with 11 or 12 metal neighbours whose shape has a name, in the order of the atoms."""
        return tuple(centred_cores(self.cluster, self.bonds))

    @cached_property
    def parts(self) -> Parts:
        """The part each atom belongs to."""
        return assign_parts(self.cluster, self.ligands, self.bonds, self.cores)

    @property
    def staples(self) -> tuple[Staple, ...]:
        """Staples, largest first, and behind them bridging thiolates that are in none."""
        return self.parts.staples

    @cached_property
    def electrons(self) -> ElectronCount:
        """Superatom electrons with every term of their sum."""
        return superatom_electrons(self.cluster, self.ligands, self.bonds)

    @cached_property
    def valence_electrons(self) -> int | None:
        """Superatom electrons, or None where there is no single number."""
        return self.electrons.count
