"""Surroundings of a cluster in its crystal."""

from __future__ import annotations

import numpy as np
import pytest

import mlcluster
from mlcluster.anatomy.packing import CH_PI_CONTACT, packing_of
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


def test_two_fused_rings_have_two_middles():
    """A hydrogen over one ring of naphthalene is one contact, not one with every six carbons of both rings."""
    angle = np.radians(np.arange(0, 360, 60) + 30)
    ring = 1.40 * np.column_stack([np.cos(angle), np.sin(angle), np.zeros(6)])
    shift = np.array([1.40 * np.sqrt(3), 0, 0])
    carbons = np.unique(np.vstack([ring, ring + shift]).round(6), axis=0)
    middle = carbons.mean(axis=0)
    rim = np.array([p for p in carbons if (np.linalg.norm(carbons - p, axis=1) < 1.5).sum() == 3])
    hydrogens = rim + 1.08 * np.array([(p - c) / np.linalg.norm(p - c) for p in rim for c in [_nearest(p, shift)]])
    flat = np.vstack([carbons, hydrogens])
    numbers = np.array([6] * 10 + [1] * 8)
    assert len(hydrogens) == 8
    # The second stands on end, with the hydrogen of one outer carbon 2.7 angstrom above the first ring of the other.
    axis = (hydrogens[0] - carbons.mean(axis=0)) / np.linalg.norm(hydrogens[0] - middle)
    upright = np.column_stack([flat @ np.cross(axis, [0, 0, 1]), flat[:, 2], -flat @ axis])
    upright += [0, 0, 2.7] - upright[10]
    positions = np.vstack([upright, flat]) + 8.0
    cell = np.diag([30.0, 30.0, 30.0])
    crystal = CrystalContext(cell=cell, copies=2, numbers=np.tile(numbers, 2), positions=positions)
    found = packing_of(mlcluster.Cluster(numbers=numbers, positions=upright, crystal=crystal)).ch_pi_contacts
    near = np.linalg.norm(upright[10:, None] - np.array([[0, 0, 0], shift]), axis=2)
    assert found.count == int((near < CH_PI_CONTACT).sum()) and found.shortest == pytest.approx(2.7, abs=1e-3)


def _nearest(point: np.ndarray, shift: np.ndarray) -> np.ndarray:
    return min((np.zeros(3), shift), key=lambda centre: float(np.linalg.norm(point - centre)))
