"""Graphs of clusters: symmetric, sorted, complete, and blind to where the cluster lies."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from mlcluster.anatomy import Anatomy
from mlcluster.errors import StructureError
from mlcluster.graph import check_fields, convert
from mlcluster.structure.cluster import Cluster


def random_cluster(seed: int, n: int = 12) -> Cluster:
    rng = np.random.default_rng(seed)
    points = np.array([(x, y, z) for x in range(3) for y in range(2) for z in range(2)], dtype=float)[:n] * 2.0
    return Cluster(numbers=rng.choice([1, 16, 47, 79], n), positions=points + rng.normal(scale=0.3, size=(n, 3)))


def distance_matrix(data) -> np.ndarray:
    matrix = np.zeros((data.num_nodes, data.num_nodes))
    matrix[data.edge_index[1], data.edge_index[0]] = data.edge_distance
    return matrix


@settings(max_examples=20)
@given(seed=st.integers(0, 10**6), cutoff=st.floats(2.7, 6.0))
def test_edges_are_all_pairs_within_the_cutoff(seed, cutoff):
    cluster = random_cluster(seed)
    data = check_fields(convert(cluster, cutoff))
    true = np.linalg.norm(cluster.positions[:, None] - cluster.positions[None], axis=-1)
    np.testing.assert_allclose(distance_matrix(data), np.where(true < cutoff, true, 0), atol=1e-6)
    sender, receiver = data.edge_index
    order = receiver * len(cluster) + sender
    assert (order.diff() > 0).all(), "sorted by receiver, then sender, each edge once"
    pairs = set(zip(sender.tolist(), receiver.tolist(), strict=True))
    assert pairs == {(j, i) for i, j in pairs}
    vector = data.positions[sender] - data.positions[receiver]
    torch.testing.assert_close(data.edge_vector, vector, atol=1e-5, rtol=0)
    torch.testing.assert_close(data.edge_vector.norm(dim=1), data.edge_distance)


@settings(max_examples=15)
@given(seed=st.integers(0, 10**6), reflect=st.booleans())
def test_distances_do_not_depend_on_orientation_place_or_order(seed, reflect):
    rng, cluster = np.random.default_rng(seed), random_cluster(seed)
    turn = Rotation.random(rng=rng).as_matrix() * (-1 if reflect else 1)
    order = rng.permutation(len(cluster))
    moved = cluster.positions @ turn.T + rng.normal(scale=50, size=3)
    before = distance_matrix(convert(cluster, 4.0))
    after = distance_matrix(convert(Cluster(numbers=cluster.numbers[order], positions=moved[order]), 4.0))
    np.testing.assert_allclose(after, before[np.ix_(order, order)], atol=1e-5)


def test_far_from_the_origin_edges_keep_their_precision():
    cluster = random_cluster(0)
    far = cluster.replace(positions=cluster.positions + 4000.0)
    torch.testing.assert_close(convert(far).edge_vector, convert(cluster).edge_vector, atol=1e-6, rtol=0)


def test_what_is_unknown_is_said_to_be_unknown():
    positions = [[0, 0, 0], [0, 0, 2.7]]
    unknown = convert(Cluster(numbers=[79, 79], positions=positions))
    neutral = convert(Cluster(numbers=[79, 79], positions=positions, charge=0, multiplicity=1))
    for name, value in (("charge", 0.0), ("multiplicity", 1.0)):
        assert not unknown[f"{name}_known"].item() and unknown[name].item() == 0.0
        assert neutral[f"{name}_known"].item() and neutral[name].item() == value
    assert convert(Cluster(numbers=[79, 79], positions=positions, charge=-2)).charge.item() == -2.0


def test_valence_electrons_come_from_the_superatom_count():
    for numbers in ([79] * 12, [1] * 12):
        cluster = Cluster(numbers=numbers, positions=random_cluster(1).positions, charge=0)
        count, data = Anatomy(cluster).valence_electrons, convert(cluster)
        assert data.valence_electrons_known.item() == (count is not None)
        assert data.valence_electrons.item() == (count or 0)


def test_an_isolated_atom_is_named_with_its_nearest_distance():
    cluster = Cluster(numbers=[79, 79, 55], positions=[[0, 0, 0], [0, 0, 2.7], [0, 0, 9.0]], labels=("A", "B", "Cs9"))
    with pytest.raises(StructureError, match=r"Cs9.*6\.30 angstrom.*cutoff of 5 angstrom"):
        convert(cluster)
    assert convert(cluster, cutoff=7.0).num_edges == 4


def test_a_single_atom_is_refused():
    with pytest.raises(StructureError, match="Au1.*only atom"):
        convert(Cluster(numbers=[79], positions=[[0, 0, 0]]))


def test_two_atoms_on_one_spot_are_refused():
    cluster = Cluster(numbers=[79, 47, 79], positions=[[0, 0, 0], [0, 0, 0.01], [0, 0, 2.7]])
    with pytest.raises(StructureError, match="Au1 and Ag1.*one spot"):
        convert(cluster)
