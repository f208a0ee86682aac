from __future__ import annotations

import numpy as np
import pytest

from mlcluster import Cluster
from mlcluster.errors import StructureError


def water(**changes: object) -> Cluster:
    fields: dict = {"numbers": [8, 1, 1], "positions": [[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]]}
    return Cluster(**{**fields, **changes})


def test_what_is_not_stated_stays_unknown() -> None:
    cluster = water()
    assert cluster.charge is None
    assert cluster.multiplicity is None
    assert cluster.n_electrons is None
    assert cluster.crystal is None


def test_composition_formula_and_labels() -> None:
    cluster = water(charge=-1)
    assert cluster.formula == "H2O"
    assert cluster.composition == {"H": 2, "O": 1}
    assert cluster.symbols == ("O", "H", "H")
    assert cluster.labels == ("O1", "H1", "H2")
    assert cluster.n_electrons == 11
    assert len(cluster) == 3


def test_arrays_are_copies_and_cannot_be_written() -> None:
    positions = np.zeros((1, 3))
    cluster = Cluster(numbers=[79], positions=positions)
    positions += 1
    assert cluster.positions.tolist() == [[0, 0, 0]]
    with pytest.raises(ValueError, match="read-only"):
        cluster.positions[0, 0] = 1


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"positions": [[0, 0, 0]]}, "do not fit"),
        ({"numbers": [], "positions": np.zeros((0, 3))}, "do not fit"),
        ({"numbers": [8, 1, 0]}, "periodic table"),
        ({"numbers": [8, 1, 119]}, "periodic table"),
        ({"positions": [[0, 0, 0], [np.nan, 0, 0], [1, 1, 1]]}, "H1: coordinate"),
        ({"labels": ("O1", "H1", "H1")}, "unique"),
        ({"labels": ("O1",)}, "unique"),
        ({"multiplicity": 0}, "2S \\+ 1"),
        ({"charge": 0, "multiplicity": 2}, "contradict"),
        ({"charge": 1, "multiplicity": 1}, "contradict"),
    ],
)
def test_a_broken_invariant_is_named(changes: dict, complaint: str) -> None:
    with pytest.raises(StructureError, match=complaint):
        water(**changes)


@pytest.mark.parametrize(("charge", "multiplicity"), [(0, 1), (0, 3), (1, 2), (None, 1), (None, 2), (0, None)])
def test_possible_or_unknown_electron_counts_pass(charge: int | None, multiplicity: int | None) -> None:
    assert water(charge=charge, multiplicity=multiplicity).charge == charge


def test_replace_checks_again() -> None:
    cluster = water(charge=0, multiplicity=1)
    assert cluster.replace(name="w").name == "w"
    with pytest.raises(StructureError, match="contradict"):
        cluster.replace(charge=1)


def test_conversion_keeps_atoms_and_never_invents_a_charge() -> None:
    unknown, known = water(), water(charge=1, multiplicity=2, name="w")
    assert unknown.to_ase().info == {}
    assert known.to_ase().info == {"charge": 1, "multiplicity": 2, "name": "w"}
    assert np.array_equal(known.to_ase().positions, known.positions)
    assert known.to_ase().numbers.tolist() == [8, 1, 1]
    molecule = unknown.to_pymatgen()
    assert molecule.properties["charge"] is None
    assert [site.specie.symbol for site in molecule] == ["O", "H", "H"]
    assert molecule.site_properties["label"] == ["O1", "H1", "H2"]
