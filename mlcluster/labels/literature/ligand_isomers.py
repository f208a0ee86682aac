"""Whether the ligands of a structure are those a record names, or others of the same formula."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import shortest_path

from mlcluster.anatomy.ligands import Ligand
from mlcluster.chem.elements import NUMBERS
from mlcluster.chem.formula import hill_formula, parse_formula
from mlcluster.chem.ligand_graphs import WIENER_INDEX, ligands_of_the_same_atoms
from mlcluster.chem.ligands import LIGANDS
from mlcluster.geometry.bonds import Bonds
from mlcluster.structure.cluster import Cluster


def check_isomers(
    cluster: Cluster, ligands: Sequence[Ligand], bonds: Bonds, names: Iterable[str], *, hydrogen: bool
) -> list[str] | None:
    """What stays open about the ligands; None if the structure has another isomer than the record names.

    Parameters
    ----------
    cluster, ligands, bonds
        The structure, its ligands and its bonds.
    names
        Abbreviations of the ligands of the record.
    hydrogen
        Whether the hydrogen atoms of the structure are complete, so that ligands can be told apart by them.
    """
    unknown = []
    for name in names:
        others = ligands_of_the_same_atoms(name, hydrogen=hydrogen)
        alike = [ligand for ligand in ligands if skeleton_formula(ligand.formula) == skeleton_formula(_formula(name))]
        if not others:
            continue
        found = {wiener_index(cluster, ligand, bonds) for ligand in alike}
        own, rest = WIENER_INDEX.get(name), [WIENER_INDEX.get(other) for other in others]
        if own is None or None in rest or own in rest or not found:
            unknown.append(f"which of {', '.join(sorted((name, *others)))}")
        elif found != {own}:
            return None
    return unknown


def wiener_index(cluster: Cluster, ligand: Ligand, bonds: Bonds) -> int:
    """Sum of the numbers of bonds between all pairs of heavy atoms of a ligand (10.1021/ja01193a005)."""
    atoms = np.array([atom for atom in ligand.atoms if cluster.numbers[atom] != NUMBERS["H"]])
    place = np.full(len(cluster), -1)
    place[atoms] = np.arange(atoms.size)
    first, second = place[bonds.first], place[bonds.second]
    inner = (first >= 0) & (second >= 0)
    graph = coo_array((np.ones(int(inner.sum())), (first[inner], second[inner])), shape=(atoms.size,) * 2)
    return int(shortest_path(graph.tocsr(), directed=False, unweighted=True).sum()) // 2


def skeleton_formula(formula: str) -> str:
    """Formula without hydrogen, which crystal structures often lack; a hydride keeps its own.

    >>> skeleton_formula("C8H9S"), skeleton_formula("H")
    ('C8S', 'H')
    """
    counts = parse_formula(formula)[0]
    return hill_formula({element: n for element, n in counts.items() if element != "H"} or counts)


def _formula(name: str) -> str:
    formula = LIGANDS[name].formula
    assert formula is not None  # noqa: S101 - only a record whose atoms are all known is compared
    return formula
