"""Bond limits at the contacts that matter, and rules for hydrogen."""

from __future__ import annotations

import numpy as np
import pytest

from mlcluster.chem.elements import NUMBERS
from mlcluster.geometry.bonds import bond_limits, cluster_bonds, longest_bond


@pytest.mark.parametrize(
    ("a", "b", "bonded", "apart"),
    [
        ("Au", "Au", 3.25, 3.45),  # aurophilic contact of a catenane; two clusters side by side
        ("Au", "S", 2.45, 3.2),
        ("Ag", "Cl", 2.90, 3.4),  # quadruply bridging chloride of the E isomer
        ("Au", "P", 2.32, 3.2),
        ("C", "H", 1.12, 1.9),
        ("C", "C", 1.56, 2.3),
        ("S", "C", 1.85, 2.6),
        ("P", "F", 1.62, 2.5),
        ("Sb", "F", 1.90, 2.6),
        ("Cu", "H", 1.75, 2.3),
        ("Co", "N", 2.45, 3.0),
    ],
)
def test_limits_lie_between_bond_and_contact(a, b, bonded, apart):
    limit = bond_limits()[NUMBERS[a], NUMBERS[b]]
    assert bonded < limit < apart
    assert limit == bond_limits()[NUMBERS[b], NUMBERS[a]]


def test_free_cations_form_no_bond():
    for ion in ("Na", "K", "Cs"):
        assert not bond_limits()[NUMBERS[ion]].any()
    assert longest_bond([55]) == 0.0


def bonds_of(symbols, positions):
    found = cluster_bonds(np.array([NUMBERS[s] for s in symbols]), np.array(positions, dtype=float))
    return {(int(i), int(j)) for i, j in zip(found.first, found.second, strict=True) if i < j}


def test_crowded_hydrogens_join_their_own_carbon_only():
    found = bonds_of(["C", "H", "H", "C"], [[0, 0, 0], [1.0, 0, 0], [1.75, 0, 0], [2.75, 0, 0]])
    assert found == {(0, 1), (2, 3)}


def test_hydrogen_molecule_is_bonded():
    assert bonds_of(["H", "H"], [[0, 0, 0], [0.74, 0, 0]]) == {(0, 1)}


def test_stretched_hydrogen_stays_with_its_carbon_and_a_far_one_does_not():
    assert bonds_of(["C", "H"], [[0, 0, 0], [1.6, 0, 0]]) == {(0, 1)}
    assert bonds_of(["C", "H"], [[0, 0, 0], [2.2, 0, 0]]) == set()


def test_hydride_bridges_two_metals():
    assert bonds_of(["Cu", "H", "Cu"], [[0, 0, 0], [1.3, 1.1, 0], [2.6, 0, 0]]) == {(0, 1), (1, 2), (0, 2)}


def test_bonds_are_symmetric():
    rng = np.random.default_rng(3)
    found = cluster_bonds(rng.choice([1, 6, 16, 79], 60), rng.uniform(0, 9, (60, 3)))
    forward = set(zip(found.first.tolist(), found.second.tolist(), strict=True))
    assert forward and forward == {(j, i) for i, j in forward}
