"""Structures of ligands agree with the dictionary's formulas and are all different."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import networkx as nx
import pytest

from mlcluster.chem.elements import SYMBOLS
from mlcluster.chem.ligand_graphs import STRUCTURES, heavy_graph
from mlcluster.chem.ligands import LIGANDS
from mlcluster.errors import InputError


def test_heavy_atoms_are_those_of_the_formula():
    for abbreviation, smiles in STRUCTURES.items():
        formula = {e: n for e, n in LIGANDS[abbreviation].elements.items() if e != "H"}
        assert Counter(SYMBOLS[z] for z in heavy_graph(smiles).numbers) == formula, abbreviation


def test_ligands_of_one_formula_have_different_graphs():
    for a, b in combinations(STRUCTURES, 2):
        if LIGANDS[a].elements == LIGANDS[b].elements:
            assert not nx.vf2pp_is_isomorphic(graph_of(a), graph_of(b), node_label="element"), (a, b)


def graph_of(abbreviation):
    heavy, graph = heavy_graph(STRUCTURES[abbreviation]), nx.Graph()
    graph.add_nodes_from((place, {"element": z}) for place, z in enumerate(heavy.numbers))
    graph.add_edges_from(heavy.bonds)
    return graph


def test_rings_and_branches_by_hand():
    graph = heavy_graph("CC(=O)C1CC1")
    assert graph.numbers == (6, 6, 8, 6, 6, 6)
    assert sorted(graph.bonds) == [(0, 1), (1, 2), (1, 3), (3, 4), (3, 5), (4, 5)]


@pytest.mark.parametrize("smiles", ["C1CC", "C(C", "C?C"])
def test_broken_smiles_are_refused(smiles):
    with pytest.raises(InputError, match="SMILES"):
        heavy_graph(smiles)
