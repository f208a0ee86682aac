"""Ligands by name: each recognised by its graph in the dictionary, counted, with what it binds through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcluster.anatomy.ligands import SIGMA_CARBON, Ligand
from mlcluster.chem.elements import NUMBERS, is_metal
from mlcluster.chem.formula import hill_formula
from mlcluster.chem.ligand_graphs import STRUCTURES, heavy_graph
from mlcluster.chem.ligands import LIGANDS, LigandDefinition
from mlcluster.geometry.bonds import Bonds
from mlcluster.geometry.isomorphism import graph_colours, isomorphic
from mlcluster.structure.cluster import Cluster

_H, _C = NUMBERS["H"], NUMBERS["C"]


@dataclass(frozen=True)
class LigandGroup:
    """All ligands of a cluster that are the same and bind through as many donors.

    Parameters
    ----------
    name
        Name in the dictionary, or the formula where it knows none.
    abbreviation
        ``"PPh3"`` ..., None where the dictionary knows none.
    formula, kind
        As of `mlcluster.anatomy.ligands.Ligand`.
    charge
        Formal charge, None where its geometry does not decide.
    count
        How many there are.
    denticity
        Donors each binds with; donors bonded to each other (an alkynyl's two carbons) count once.
    binding
        How many bind how: ``{"mu2-S": 18}``, ``{"P": 2, "P,N": 1}``; mu2: that donor holds two metals.
    """

    name: str
    abbreviation: str | None
    formula: str
    kind: str
    charge: int | None
    count: int
    denticity: int
    binding: dict[str, int]

    def to_dict(self) -> dict[str, Any]:
        """Keys as in the command line's JSON."""
        keys = ("name", "abbreviation", "formula", "kind", "charge", "count", "denticity")
        return {key: getattr(self, key) for key in keys} | {"binding": dict(self.binding)}


def ligand_groups(cluster: Cluster, ligands: Sequence[Ligand], bonds: Bonds) -> list[LigandGroup]:
    """Ligands counted by name and denticity, anions first, most numerous first.

    Parameters
    ----------
    ligands, bonds
        Of this cluster.
    """
    names = ligand_names(cluster, ligands, bonds)
    metal = is_metal(cluster.numbers)
    held = np.bincount(bonds.first[metal[bonds.second]], minlength=len(cluster))
    near = np.full(len(cluster), np.inf)
    to_metal = metal[bonds.second]
    np.minimum.at(near, bonds.first[to_metal], bonds.distance[to_metal])
    found: dict[tuple[str, str, str, int], Counter[str]] = {}
    charge: dict[str, int | None] = {}
    for ligand, definition in zip(ligands, names, strict=True):
        donors = _binding_donors(cluster, ligand, bonds, near)
        modes = sorted(f"mu{held[d]}-{cluster.symbols[d]}" if held[d] > 1 else cluster.symbols[d] for d in donors)
        key = (definition.abbreviation if definition else "", ligand.formula, ligand.kind, len(donors))
        found.setdefault(key, Counter())[",".join(modes)] += 1
        charge[ligand.formula] = ligand.charge[0] if ligand.charge[0] == ligand.charge[1] else None
    groups = [
        LigandGroup(
            LIGANDS[short].name if short else formula,
            short or None,
            formula,
            kind,
            charge[formula],
            sum(binding.values()),
            denticity,
            dict(binding.most_common()),
        )
        for (short, formula, kind, denticity), binding in found.items()
    ]
    return sorted(groups, key=lambda group: (group.charge == 0, -group.count, group.name))


def ligand_names(cluster: Cluster, ligands: Sequence[Ligand], bonds: Bonds) -> list[LigandDefinition | None]:
    """The dictionary's entry of each ligand, None where it has none of this graph."""
    non_metal = ~is_metal(cluster.numbers)
    inner = non_metal[bonds.first] & non_metal[bonds.second] & (bonds.first < bonds.second)
    heavy = inner & (cluster.numbers[bonds.first] != _H) & (cluster.numbers[bonds.second] != _H)
    owner = np.full(len(cluster), -1)
    for k, ligand in enumerate(ligands):
        owner[list(ligand.atoms)] = k
    edges: dict[int, list[tuple[int, int]]] = {}
    for i, j in zip(bonds.first[heavy].tolist(), bonds.second[heavy].tolist(), strict=True):
        edges.setdefault(int(owner[i]), []).append((i, j))
    known: dict[tuple[Any, ...], LigandDefinition | None] = {}
    names = []
    for k, ligand in enumerate(ligands):
        numbers, own = _local(cluster.numbers, ligand, edges.get(k, []))
        key = (ligand.formula, ligand.kind, tuple(sorted(graph_colours(numbers, own))))
        if key not in known:
            known[key] = _recognised(ligand, numbers, own)
        names.append(known[key])
    return names


def _local(
    numbers: NDArray[np.int64], ligand: Ligand, edges: list[tuple[int, int]]
) -> tuple[list[int], list[tuple[int, int]]]:
    """Heavy atoms of a ligand and the bonds between them by their place in that list."""
    atoms = [a for a in ligand.atoms if numbers[a] != _H]
    place = {a: k for k, a in enumerate(atoms)}
    return [int(numbers[a]) for a in atoms], [(place[i], place[j]) for i, j in edges]


def _recognised(ligand: Ligand, numbers: list[int], edges: list[tuple[int, int]]) -> LigandDefinition | None:
    if len(ligand.atoms) == 1:
        return _lone(ligand)
    for definition in _by_formula().get(ligand.formula, ()):
        graph = heavy_graph(STRUCTURES[definition.abbreviation])
        if isomorphic(numbers, edges, graph.numbers, graph.bonds):
            return definition
    return None


def _lone(ligand: Ligand) -> LigandDefinition | None:
    """Entry of a ligand of one atom: a bare chalcogen is what its kind says."""
    classes = {"thiolate": "SR", "selenolate": "SeR", "hydride": "H"}
    if ligand.kind in classes:
        return LIGANDS[classes[ligand.kind]]
    return LIGANDS.get(ligand.formula) if ligand.kind == "halide" else None


@cache
def _by_formula() -> Mapping[str, tuple[LigandDefinition, ...]]:
    """Ligands of known structure by Hill formula as bound."""
    found: dict[str, list[LigandDefinition]] = {}
    for abbreviation in STRUCTURES:
        definition = LIGANDS[abbreviation]
        found.setdefault(hill_formula(definition.elements or {}), []).append(definition)
    return {formula: tuple(definitions) for formula, definitions in found.items()}


def _binding_donors(cluster: Cluster, ligand: Ligand, bonds: Bonds, near: NDArray[np.float64]) -> list[int]:
    """One donor for each place a ligand binds with.

    Carbon and hydrogen touch metals beside a heteroatom without binding; of donors bonded to each other, the nearest
    to a metal stands for all.
    """
    z = cluster.numbers
    strong = [d for d in ligand.donors if z[d] not in (_H, _C)] or [d for d in ligand.donors if near[d] < SIGMA_CARBON]
    donors = sorted(strong or ligand.donors, key=lambda d: (near[d], d))
    places: list[int] = []
    if len(donors) == 1:
        return donors
    for donor in donors:
        partners = set(bonds.second[bonds.first == donor].tolist())
        if not partners.intersection(places):
            places.append(donor)
    return places
