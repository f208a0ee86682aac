"""Twist, bridges and point groups of the kernels."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcluster.chem.elements import HALOGENS, is_metal
from mlcluster.design.frameworks import build, rod_twist
from mlcluster.design.frameworks.polyhedra import icosahedron_fivefold, icosahedron_twofold, rotation
from mlcluster.errors import ConfigError
from mlcluster.geometry.bonds import cluster_bonds
from mlcluster.structure.cluster import Cluster

MIRROR_Z = np.diag([1.0, 1.0, -1.0])
FIVEFOLD = rotation((0, 0, 1), 72)
TENFOLD_IMPROPER = rotation((0, 0, 1), 36) @ MIRROR_Z


def kernel(name: str, **options: object) -> Cluster:
    cluster = build(name, **options)
    metal = is_metal(cluster.numbers)
    return Cluster(numbers=cluster.numbers[metal], positions=cluster.positions[metal])


def carries_onto_itself(cluster: Cluster, operation: np.ndarray, tolerance: float = 0.001) -> bool:
    """Whether an operation about the centroid permutes the atoms among those of the same element."""
    points = cluster.positions - cluster.positions.mean(axis=0)
    distance = np.linalg.norm((points @ operation.T)[:, None] - points[None], axis=-1)
    distance[cluster.numbers[:, None] != cluster.numbers[None]] = np.inf
    return bool(distance.min(axis=1).max() < tolerance and len(set(distance.argmin(axis=1))) == len(points))


@pytest.mark.parametrize(
    ("name", "operation", "has"),
    [
        ("rod-eclipsed", FIVEFOLD, True),
        ("rod-eclipsed", MIRROR_Z, True),
        ("rod-eclipsed", -np.eye(3), False),
        ("rod-staggered", FIVEFOLD, True),
        ("rod-staggered", TENFOLD_IMPROPER, True),
        ("rod-staggered", -np.eye(3), True),
        ("rod-staggered", MIRROR_Z, False),
        ("m7-phosphine", FIVEFOLD, True),
        ("m7-phosphine", MIRROR_Z, True),
        ("m13-phosphine", TENFOLD_IMPROPER, True),
        ("m9-phosphine", rotation((0, 0, 1), 45) @ MIRROR_Z, True),
        ("m9-phosphine", rotation((0, 0, 1), 45), False),
        ("m4-phosphine", rotation((1, 1, 1), 120), True),
        ("m6-phosphine", -np.eye(3), True),
        ("m20-phosphine", rotation((1, 1, 1), 120), True),
        ("m20-phosphine", rotation((0, 0, 1), 90) @ MIRROR_Z, True),
        ("m20-phosphine", -np.eye(3), False),
    ],
)
def test_kernels_have_the_symmetry_of_their_point_group(name: str, operation: np.ndarray, has: bool) -> None:
    assert carries_onto_itself(kernel(name), operation) is has


def test_a_rod_between_the_isomers_has_neither_mirror_nor_inversion() -> None:
    between = kernel("rod-halide", twist=18.0)
    assert carries_onto_itself(between, FIVEFOLD)
    assert not carries_onto_itself(between, MIRROR_Z)
    assert not carries_onto_itself(between, -np.eye(3))


@settings(max_examples=8)
@given(twist=st.floats(0.0, 36.0), bridges=st.sampled_from(["E", "S"]))
def test_the_twist_is_measured_back(twist: float, bridges: str) -> None:
    assert rod_twist(build("rod-halide", twist=twist, bridges=bridges)) == pytest.approx(twist, abs=0.01)


def test_the_twist_does_not_depend_on_orientation_and_is_refused_for_other_clusters() -> None:
    rod = build("rod-vacancy", twist=10.0)
    turned = rod.replace(positions=rod.positions @ rotation((1, 2, 3), 40).T + 5.0)
    assert rod_twist(turned) == pytest.approx(10.0, abs=0.01)
    with pytest.raises(ConfigError, match="13 metals"):
        rod_twist(build("m13-phosphine"))


@pytest.mark.parametrize(
    ("name", "expected"), [("rod-eclipsed", {1: 2, 2: 5, 4: 1}), ("rod-staggered", {1: 2, 2: 4, 3: 2})]
)
@pytest.mark.parametrize("element", ["Cl", "Br"])
def test_halides_bridge_as_published(name: str, expected: dict[int, int], element: str) -> None:
    cluster = build(name, element=element)
    bonds = cluster_bonds(cluster.numbers, cluster.positions)
    halides = [k for k, z in enumerate(cluster.numbers) if int(z) in HALOGENS]
    assert Counter(int((bonds.first == k).sum()) for k in halides) == expected


def test_thiolates_join_the_two_halves_of_the_rod() -> None:
    cluster = build("rod-thiolate")
    bonds = cluster_bonds(cluster.numbers, cluster.positions)
    for sulfur in np.flatnonzero(cluster.numbers == 16):
        partners = bonds.second[bonds.first == sulfur]
        heights = cluster.positions[partners[is_metal(cluster.numbers[partners])], 2]
        assert len(heights) == 2
        assert heights.min() < -1 < 1 < heights.max()


def test_both_icosahedra_are_regular() -> None:
    for vertices in (icosahedron_fivefold(2.0), icosahedron_twofold(2.0)):
        np.testing.assert_allclose(np.linalg.norm(vertices, axis=1), 2.0)
        distance = np.linalg.norm(vertices[:, None] - vertices[None], axis=-1)
        edge = 2.0 / np.sin(2 * np.pi / 5)
        assert np.count_nonzero(np.abs(distance - edge) < 1e-9) == 60
