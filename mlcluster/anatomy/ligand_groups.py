"""Ligands by name: each recognised by its graph in the dictionary, counted, with what it binds through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlcluster.anatomy.bound_ligands import SIGMA_CARBON, Ligand
from mlcluster.chem.elements import NUMBERS
from mlcluster.chem.formula import hill_formula
from mlcluster.chem.ligand_graphs import STRUCTURES, heavy_graph
from mlcluster.chem.ligands import LIGANDS, LigandDefinition

if TYPE_CHECKING:
    import networkx as nx

    from mlcluster.anatomy.anatomy import Anatomy

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
        As of `mlcluster.anatomy.bound_ligands.Ligand`.
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


def ligand_groups(anatomy: Anatomy) -> tuple[LigandGroup, ...]:
    """Ligands counted by name and denticity, anions first, most numerous first."""
    cluster, bonds, metal = anatomy.cluster, anatomy.bonds, anatomy.metal
    held = np.bincount(bonds.first[metal[bonds.second]], minlength=len(cluster))
    near = np.full(len(cluster), np.inf)
    to_metal = metal[bonds.second]
    np.minimum.at(near, bonds.first[to_metal], bonds.distance[to_metal])
    found: dict[tuple[str, str, str, int], Counter[str]] = {}
    charge: dict[str, int | None] = {}
    for ligand, definition in zip(anatomy.ligands, anatomy.ligand_definitions, strict=True):
        donors = _binding_donors(anatomy, ligand, near)
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
    return tuple(sorted(groups, key=lambda group: (group.charge == 0, -group.count, group.name)))


def ligand_definitions(anatomy: Anatomy) -> tuple[LigandDefinition | None, ...]:
    """The dictionary's entry of each ligand, None where it has none of this graph."""
    known: dict[tuple[str, str], list[tuple[nx.Graph, LigandDefinition | None]]] = {}
    found = []
    for ligand, graph in zip(anatomy.ligands, _heavy_graphs(anatomy), strict=True):
        alike = known.setdefault((ligand.formula, ligand.kind), [])
        known_of = [definition for other, definition in alike if _same_graph(graph, other)]
        if not known_of:
            known_of = [_recognised(ligand, graph)]
            alike.append((graph, known_of[0]))
        found.append(known_of[0])
    return tuple(found)


def _heavy_graphs(anatomy: Anatomy) -> list[nx.Graph]:
    """Heavy atoms of each ligand by their element, and the bonds between them."""
    cluster, bonds = anatomy.cluster, anatomy.bonds
    heavy = ~anatomy.metal & (cluster.numbers != _H)
    inner = heavy[bonds.first] & heavy[bonds.second] & (bonds.first < bonds.second)
    owner = {atom: k for k, ligand in enumerate(anatomy.ligands) for atom in ligand.atoms}
    edges: dict[int | None, list[tuple[int, int]]] = {}
    for i, j in zip(bonds.first[inner].tolist(), bonds.second[inner].tolist(), strict=True):
        edges.setdefault(owner.get(i), []).append((i, j))
    elements = cluster.numbers.tolist()
    return [
        element_graph({a: elements[a] for a in ligand.atoms if heavy[a]}, edges.get(k, []))
        for k, ligand in enumerate(anatomy.ligands)
    ]


def element_graph(elements: Mapping[int, int], bonds: Iterable[tuple[int, int]]) -> nx.Graph:
    """Graph of atoms, each with its atomic number under ``element``."""
    import networkx as nx  # takes longer to load than most structures to read

    graph = nx.Graph()
    graph.add_nodes_from((atom, {"element": z}) for atom, z in elements.items())
    graph.add_edges_from(bonds)
    return graph


def _same_graph(a: nx.Graph, b: nx.Graph) -> bool:
    import networkx as nx

    return nx.vf2pp_is_isomorphic(a, b, node_label="element")


def _recognised(ligand: Ligand, graph: nx.Graph) -> LigandDefinition | None:
    if len(ligand.atoms) == 1:
        return _lone(ligand)
    for definition in _by_formula().get(ligand.formula, ()):
        wanted = heavy_graph(STRUCTURES[definition.abbreviation])
        if _same_graph(graph, element_graph(dict(enumerate(wanted.numbers)), wanted.bonds)):
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


def _binding_donors(anatomy: Anatomy, ligand: Ligand, near: NDArray[np.float64]) -> list[int]:
    """One donor for each place a ligand binds with.

    Carbon and hydrogen touch metals beside a heteroatom without binding; of donors bonded to each other, the nearest
    to a metal stands for all.
    """
    z, bonds = anatomy.cluster.numbers, anatomy.bonds
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
