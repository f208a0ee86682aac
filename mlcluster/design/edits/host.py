"""`Host`: a cluster with what its edits have to know of it, found once."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from mlcluster.anatomy.electrons import superatom_electrons
from mlcluster.anatomy.ligands import Ligand, find_ligands
from mlcluster.chem.elements import is_metal
from mlcluster.chem.formula import hill_formula
from mlcluster.chem.ligand_graphs import WIENER_INDEX
from mlcluster.chem.ligands import LIGANDS, LigandDefinition
from mlcluster.errors import InputError
from mlcluster.geometry.bonds import Bonds, cluster_bonds
from mlcluster.labels.literature.ligand_isomers import wiener_index
from mlcluster.structure.cluster import Cluster


class Host:
    """A cluster to be edited.

    Parameters
    ----------
    cluster
        As read or built.
    valence_electrons
        Superatom electrons where they are known; counted when first asked for otherwise.
    """

    def __init__(self, cluster: Cluster, valence_electrons: int | None = None) -> None:
        self.cluster = cluster
        if valence_electrons is not None:
            self.valence_electrons = valence_electrons

    @cached_property
    def bonds(self) -> Bonds:
        """Bonds in both directions."""
        return cluster_bonds(self.cluster.numbers, self.cluster.positions)

    @cached_property
    def ligands(self) -> list[Ligand]:
        """Ligands in the order of their first atom."""
        return find_ligands(self.cluster, self.bonds)

    @cached_property
    def metals(self) -> NDArray[np.int64]:
        """Indices of the metal atoms."""
        return np.flatnonzero(is_metal(self.cluster.numbers))

    @cached_property
    def valence_electrons(self) -> int | None:
        """Superatom electrons, or None where there is no single number."""
        return superatom_electrons(self.cluster, self.ligands, self.bonds).count

    @cached_property
    def anchors(self) -> list[tuple[int, ...]]:
        """Metals that each ligand is bonded to."""
        partners: dict[int, set[int]] = {}
        metal = is_metal(self.cluster.numbers)
        for a, b in zip(self.bonds.first.tolist(), self.bonds.second.tolist(), strict=True):
            if metal[b] and not metal[a]:
                partners.setdefault(a, set()).add(b)
        return [tuple(sorted(set().union(*(partners[d] for d in ligand.donors)))) for ligand in self.ligands]

    @cached_property
    def held(self) -> dict[int, tuple[int, ...]]:
        """Ligands (by their place in `ligands`) that are bonded to one metal alone, by that metal."""
        found: dict[int, list[int]] = {}
        for number, anchors in enumerate(self.anchors):
            if len(anchors) == 1:
                found.setdefault(anchors[0], []).append(number)
        return {metal: tuple(numbers) for metal, numbers in found.items()}

    @cached_property
    def owner(self) -> NDArray[np.int64]:
        """Ligand of each atom, -1 for metals and atoms of none, (N,)."""
        owner = np.full(len(self.cluster), -1)
        for number, ligand in enumerate(self.ligands):
            owner[list(ligand.atoms)] = number
        return owner

    @cached_property
    def ligand_names(self) -> list[str]:
        """Abbreviation of each ligand, or its formula where the dictionary has none."""
        known: dict[tuple[str, str, int | None], str] = {}
        names = []
        for ligand in self.ligands:
            alike = _of_formula().get((ligand.formula, ligand.kind), [])
            skeleton = wiener_index(self.cluster, ligand, self.bonds) if len(alike) > 1 else None
            key = (ligand.formula, ligand.kind, skeleton)
            if key not in known:
                fitting = [name for name in alike if len(alike) == 1 or WIENER_INDEX.get(name) == skeleton]
                known[key] = fitting[0] if len(fitting) == 1 else ligand.formula
            names.append(known[key])
        return names

    def held_names(self, metal: int) -> str:
        """Abbreviations of the ligands that a metal alone holds, joined by blanks."""
        return " ".join(sorted(self.ligand_names[number] for number in self.held.get(metal, ())))

    @cached_property
    def ligand_labels(self) -> tuple[str, ...]:
        """Site label of the first donor of each ligand: the name of the ligand as a site."""
        return tuple(self.cluster.labels[ligand.donors[0]] for ligand in self.ligands)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {label: number for number, label in enumerate(self.cluster.labels)}

    def atom(self, label: str) -> int:
        """Index of the atom with a label.

        Raises
        ------
        InputError
            If there is none; the nearest one is suggested.
        """
        return _lookup(self._places, label, "site label", self.cluster.name)

    def metal(self, label: str) -> int:
        """Index of the metal with a label; `InputError` if the atom is none."""
        index = self.atom(label)
        if not is_metal(self.cluster.numbers[[index]])[0]:
            raise InputError("this site is no metal.", site=label, found=self.cluster.symbols[index])
        return index

    def ligand(self, label: str) -> int:
        """Place in `ligands` of the one whose first donor has a label; `InputError` if there is none."""
        return _lookup({name: k for k, name in enumerate(self.ligand_labels)}, label, "ligand", self.cluster.name)

    def is_named(self, number: int, definition: LigandDefinition) -> bool:
        """Whether a ligand is what a dictionary entry says: that ligand, or any of its kind for a class such as SR."""
        if definition.is_class:
            return self.ligands[number].kind == definition.kind
        return self.ligand_names[number] == definition.abbreviation


def _lookup(places: dict[str, int], label: str, what: str, name: str) -> int:
    if label in places:
        return places[label]
    near = get_close_matches(label, places, n=1, cutoff=0.3)
    raise InputError(
        f"no such {what}.", site=name or None, found=label, hint=f"Did you mean {near[0]}?" if near else None
    )


@cache
def _of_formula() -> dict[tuple[str, str], list[str]]:
    """Abbreviations by Hill formula and kind."""
    found: dict[tuple[str, str], list[str]] = {}
    for abbreviation, definition in LIGANDS.items():
        if definition.elements is not None and not definition.is_class:
            formula = hill_formula({e: int(n) for e, n in definition.elements.items()})
            found.setdefault((formula, definition.kind), []).append(abbreviation)
    return found
