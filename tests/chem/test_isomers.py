from __future__ import annotations

from collections import Counter

import pytest

from mlcluster.chem.ligand_graphs import WIENER_INDEX, ligands_of_the_same_atoms
from mlcluster.chem.ligands import LIGANDS


def test_benzenethiolates_by_the_place_of_their_methyl_group() -> None:
    # Each step of the methyl group away from sulfur lengthens one path by one bond.
    assert [WIENER_INDEX[name] for name in ("o-MBT", "m-MBT", "p-MBT")] == [60, 61, 62]


def test_isomers_share_a_formula_and_differ_in_the_index() -> None:
    for name, index in WIENER_INDEX.items():
        for other in ligands_of_the_same_atoms(name):
            assert LIGANDS[other].elements == LIGANDS[name].elements
            assert WIENER_INDEX[other] != index


def test_every_ligand_that_has_an_isomer_has_an_index_but_the_carboranes() -> None:
    having = {name for name in LIGANDS if not LIGANDS[name].is_class and ligands_of_the_same_atoms(name)}
    # The cage is one graph, whichever of its atoms are carbon.
    assert having - set(WIENER_INDEX) == {"o1-CBT", "o9-CBT", "m9-CBT"}


@pytest.mark.parametrize(("name", "others"), [("BM", {"o-MBT", "m-MBT", "p-MBT"}), ("dppe", set()), ("SR", set())])
def test_other_ligands_of_the_same_atoms(name: str, others: set[str]) -> None:
    assert set(ligands_of_the_same_atoms(name)) == others
    assert Counter(ligands_of_the_same_atoms(name)) == Counter(others)
