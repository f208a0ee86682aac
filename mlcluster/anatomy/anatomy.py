"""`Anatomy`: a cluster with its bonds, ligands, polyhedra, parts and electrons, each found once."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mlcluster.anatomy.atom_parts import Parts, assign_parts
from mlcluster.anatomy.bound_ligands import Ligand, find_ligands
from mlcluster.anatomy.kernel import Polyhedron, centred_cores
from mlcluster.anatomy.ligand_groups import LigandGroup, ligand_definitions, ligand_groups
from mlcluster.anatomy.staple_motifs import Staple
from mlcluster.anatomy.superatom import ElectronCount, superatom_electrons
from mlcluster.chem.elements import SYMBOLS, is_metal
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
    valence_electrons, ligands
        Superatom electrons and ligands where they are known already; found when first asked for otherwise.

    Examples
    --------
    >>> water = Anatomy(Cluster(numbers=[8, 1, 1], positions=[[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]]))
    >>> len(water.bonds.first), water.ligands, water.valence_electrons
    (4, (), None)
    """

    def __init__(
        self, cluster: Cluster, *, valence_electrons: int | None = None, ligands: tuple[Ligand, ...] | None = None
    ) -> None:
        self.cluster = cluster
        if ligands is not None:
            self.ligands = ligands
        if valence_electrons is not None:
            self.valence_electrons = valence_electrons

    @classmethod
    def of(cls, cluster: Cluster | Anatomy) -> Anatomy:
        """The anatomy itself, or a new one of a cluster."""
        return cluster if isinstance(cluster, Anatomy) else cls(cluster)

    @cached_property
    def metal(self) -> NDArray[np.bool_]:
        """Which atoms are metals, (N,)."""
        return is_metal(self.cluster.numbers)

    @cached_property
    def bonds(self) -> Bonds:
        """Bonds, each in both directions."""
        return cluster_bonds(self.cluster.numbers, self.cluster.positions)

    @cached_property
    def no_cluster(self) -> str | None:
        """Why this is no metal cluster, as what it holds; None where it is one.

        Two of its metals are in contact or share a ligand atom: a ring of gold thiolates needs no gold-gold bond.
        """
        held = [SYMBOLS[z] for z in self.cluster.numbers[self.metal].tolist()]
        if len(held) < 2:
            return f"one metal atom ({held[0]})" if held else "no metal atom"
        to_metal = self.metal[self.bonds.second]
        touching = (self.metal[self.bonds.first] & to_metal).any()
        bridged = (np.bincount(self.bonds.first[to_metal & ~self.metal[self.bonds.first]], minlength=1) > 1).any()
        return None if touching or bridged else f"{len(held)} metal atoms, no two of them in contact or bridged"

    @cached_property
    def ligands(self) -> tuple[Ligand, ...]:
        """Ligands in the order of their first atom."""
        return find_ligands(self)

    @cached_property
    def ligand_definitions(self) -> tuple[LigandDefinition | None, ...]:
        """The dictionary's entry of each ligand, None where it has none of this graph."""
        return ligand_definitions(self)

    @cached_property
    def ligand_names(self) -> tuple[str, ...]:
        """Abbreviation of each ligand in the dictionary, or its formula."""
        pairs = zip(self.ligands, self.ligand_definitions, strict=True)
        return tuple(known.abbreviation if known is not None else ligand.formula for ligand, known in pairs)

    @cached_property
    def ligand_groups(self) -> tuple[LigandGroup, ...]:
        """Ligands counted by name and denticity, anions first, most numerous first."""
        return ligand_groups(self)

    @cached_property
    def cores(self) -> tuple[Polyhedron, ...]:
        """Metals with 11 or 12 metal neighbours whose shape has a name, in the order of the atoms."""
        return centred_cores(self)

    @cached_property
    def parts(self) -> Parts:
        """The part each atom belongs to."""
        return assign_parts(self)

    @property
    def staples(self) -> tuple[Staple, ...]:
        """Staples, largest first, and behind them bridging thiolates that are in none."""
        return self.parts.staples

    @cached_property
    def electrons(self) -> ElectronCount:
        """Superatom electrons with every term of their sum."""
        return superatom_electrons(self)

    @cached_property
    def valence_electrons(self) -> int | None:
        """Superatom electrons, or None where there is no single number."""
        return self.electrons.count
