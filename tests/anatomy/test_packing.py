"""Surroundings of a cluster in its crystal."""

from __future__ import annotations

import numpy as np
import pytest

import mlcluster
from mlcluster.anatomy.packing import packing_of
from mlcluster.structure.cluster import CrystalContext


def test_centres_of_the_au25_crystal_are_a_cell_apart(shared_data):
    (result,) = mlcluster.read(shared_data / "cod" / "1540567.cif")
    packing = packing_of(result.cluster)
    # One cluster a cell: the nearest neighbours lie along the three axes, 16.174, 17.746 and 17.830 angstrom long.
    assert packing.centre_distances[:6] == pytest.approx([16.174, 16.174, 17.746, 17.746, 17.83, 17.83], abs=1e-3)
    assert 0 < packing.hydrogen_contacts.count and 2.0 < packing.hydrogen_contacts.shortest < 2.4


def benzenes(gap: float) -> mlcluster.Cluster:
    """Two benzenes in one cell, the second with a hydrogen pointing at the middle of the first from `gap` away."""
    angle = np.arange(6) * np.pi / 3
    carbons = np.column_stack([1.39 * np.cos(angle), 1.39 * np.sin(angle), np.zeros(6)])
    flat = np.vstack([carbons, carbons * (2.48 / 1.39)])
    upright = flat[:, [2, 1, 0]] + [0, 0, 2.48 + gap]
    numbers = np.array([6] * 6 + [1] * 6)
    cell = np.diag([20.0, 20.0, 20.0])
    crystal = CrystalContext(
        cell=cell, copies=2, numbers=np.tile(numbers, 2), positions=np.vstack([flat, upright]) + 5.0
    )
    return mlcluster.Cluster(numbers=numbers, positions=flat, crystal=crystal)


def test_hydrogen_over_a_ring_is_a_ch_pi_contact():
    # Only contacts onto the rings of others count for the first copy; seen from the second, its hydrogen makes one.
    cluster = benzenes(2.7)
    swapped = cluster.replace(
        crystal=CrystalContext(
            cell=cluster.crystal.cell,
            copies=2,
            numbers=cluster.crystal.numbers,
            positions=np.roll(cluster.crystal.positions, 12, axis=0),
        )
    )
    found = packing_of(swapped).ch_pi_contacts
    assert found.count == 1 and found.mean == pytest.approx(2.7, abs=1e-6)
    assert packing_of(benzenes(3.5)).ch_pi_contacts.count == 0


def test_no_crystal_no_packing():
    cluster = mlcluster.Cluster(numbers=np.array([79, 79]), positions=np.array([[0, 0, 0], [0, 0, 2.7]]))
    assert packing_of(cluster) is None
