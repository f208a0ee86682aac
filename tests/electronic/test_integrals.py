"""Overlap and core Hamiltonian from tables of pairs: equal to those of tblite, in any orientation, for any element."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from mlcluster import Cluster
from mlcluster.electronic import pair_tables
from mlcluster.electronic.calculation import CalculationError
from mlcluster.electronic.integrals import orbitals_of, overlap_and_core
from mlcluster.electronic.pair_tables import LONGEST, SHORTEST, distances, element, made_table, packed, pair_table
from mlcluster.electronic.tight_binding import engine
from mlcluster.units import HARTREE_EV

# Every pair of angular momenta, along no axis.
MIXED = Cluster(
    numbers=np.array([79, 47, 29, 16, 15, 1, 6, 17]),
    positions=Rotation.from_euler("xyz", [0.3, 1.1, -0.7]).apply(
        [
            [0, 0, 0],
            [2.8, 0, 0],
            [1.4, 2.4, 0],
            [1.4, 0.8, 2.3],
            [-2.2, 0.4, 0.9],
            [1.5, 0.9, 3.6],
            [4.2, 1.5, 0.2],
            [0, 0, -9],
        ]
    ),
    charge=1,
)


def of_tblite(cluster: Cluster) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    made = engine(cluster, "GFN1-xTB", 0)
    made.set("save-integrals", 1)
    result = made.singlepoint()
    return np.asarray(result.get("overlap-matrix")), np.asarray(result.get("hamiltonian-matrix")) * HARTREE_EV


def of_tables(cluster: Cluster) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    numbers = np.asarray(cluster.numbers)
    return overlap_and_core(numbers, cluster.positions, orbitals_of(numbers))


def test_they_are_those_of_the_calculation() -> None:
    for found, wanted in zip(of_tables(MIXED), of_tblite(MIXED), strict=True):
        np.testing.assert_allclose(found, wanted, atol=3e-5)


def test_elements_without_a_bundled_table_get_theirs_when_asked_for() -> None:
    assert "9-14" not in pair_tables._bundled() and "16-79" in pair_tables._bundled()
    silane = Cluster(
        numbers=np.array([14, 9, 9, 1, 1]),
        positions=np.array([[0, 0, 0], [0.9, 0.9, 0.9], [-0.9, -0.9, 0.9], [0.85, -0.85, -0.85], [-0.85, 0.85, -0.85]]),
        charge=0,
    )
    for found, wanted in zip(of_tables(silane), of_tblite(silane), strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-4)


def test_the_bundled_tables_are_what_is_made_anew() -> None:
    np.testing.assert_allclose(packed(made_table(1, 16)), packed(pair_table(1, 16)), atol=1e-6)


def test_levels_do_not_turn_with_the_cluster() -> None:
    turned = MIXED.replace(positions=Rotation.from_euler("zyx", [2.0, -0.4, 1.3]).apply(np.array(MIXED.positions)))
    levels = [np.linalg.eigvals(np.linalg.solve(*of_tables(each))).real for each in (MIXED, turned)]
    np.testing.assert_allclose(np.sort(levels[0]), np.sort(levels[1]), atol=1e-6)


@pytest.mark.parametrize("axis", [[0, 0, 1.0], [0, 0, -1.0], [1.0, 0, 0], [0, 1.0, 0]])
def test_bonds_along_an_axis_are_no_exception(axis: list[float]) -> None:
    pair = Cluster(numbers=np.array([47, 17]), positions=np.array([[0, 0, 0], axis]) * 2.4, charge=0)
    for found, wanted in zip(of_tables(pair), of_tblite(pair), strict=True):
        np.testing.assert_allclose(found, wanted, atol=3e-5)


def test_beyond_the_tables_atoms_do_not_meet_and_below_them_they_are_as_near_as_they_get() -> None:
    for length, near in ((LONGEST + 0.01, False), (LONGEST - 0.2, True)):
        pair = Cluster(numbers=np.array([79, 79]), positions=np.array([[0, 0, 0], [0, 0, length]]), charge=0)
        overlap = of_tables(pair)[0] - np.eye(18)
        assert bool(np.abs(overlap).max() > 0) is near and np.abs(overlap).max() < 3e-5
    numbers = np.array([1, 1])
    same = [
        overlap_and_core(numbers, np.array([[0, 0, 0], [0, 0, length]]), orbitals_of(numbers))[0]
        for length in (SHORTEST, SHORTEST / 2)
    ]
    np.testing.assert_allclose(*same)
    assert distances()[0] == SHORTEST and distances()[-1] == pytest.approx(LONGEST)


def test_elements_have_shells_and_electrons() -> None:
    assert element(79).momenta == (2, 0, 1) and element(79).electrons == 11
    assert element(1).electrons == 1 and element(16).momenta == (0, 1, 2)
    with pytest.raises(CalculationError, match="no parameters"):
        element(92)
