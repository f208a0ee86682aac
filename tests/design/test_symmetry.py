"""Twist, bridges and point groups of the frameworks, measured by the functions that measure crystals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcluster.anatomy import Anatomy
from mlcluster.anatomy.kernel import Rod, bridging_modes, kernel_name, rod_of
from mlcluster.chem.elements import CHALCOGENS, HALOGENS, is_metal
from mlcluster.design.frameworks import build
from mlcluster.design.frameworks.assembly import icosahedron_fivefold, icosahedron_twofold
from mlcluster.geometry.bonds import cluster_bonds
from mlcluster.geometry.point_group import point_group
from mlcluster.structure.cluster import Cluster


def rod(cluster: Cluster) -> Rod:
    found = rod_of(Anatomy(cluster))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("m3-phosphine", "D3h"),
        ("m4-phosphine", "Td"),
        ("m4-cubane", "Td"),
        ("m6-phosphine", "D2h"),
        ("m7-phosphine", "D5h"),
        ("m9-phosphine", "D4d"),
        ("m13-phosphine", "Ih"),
        ("m20-phosphine", "Td"),
        ("rod-eclipsed", "D5h"),
        ("rod-staggered", "D5d"),
        ("rod-thiolate", "D5h"),
        ("rod-vacancy", "D5h"),
    ],
)
def test_metals_have_the_published_point_group(name: str, expected: str) -> None:
    cluster = build(name)
    metal = is_metal(cluster.numbers)
    assert point_group(cluster.numbers[metal], cluster.positions[metal]) == expected


def test_a_rod_between_the_isomers_keeps_only_rotations() -> None:
    cluster = build("rod-halide", twist=18.0)
    metal = is_metal(cluster.numbers)
    assert point_group(cluster.numbers[metal], cluster.positions[metal]) == "D5"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("m13-diphosphine", "icosahedron"),
        ("m25-thiolate", "icosahedron"),
        ("m38-thiolate", "face-sharing bi-icosahedron"),
        ("rod-staggered", "vertex-sharing bi-icosahedron"),
        ("rod-vacancy", "bi-icosahedron lacking the shared vertex"),
    ],
)
def test_kernels_are_named_as_published(name: str, expected: str) -> None:
    cluster = build(name)
    assert kernel_name(Anatomy(cluster)) == expected


@settings(max_examples=8)
@given(twist=st.floats(0.0, 36.0), bridges=st.sampled_from(["E", "S"]))
def test_the_twist_is_measured_back(twist: float, bridges: str) -> None:
    assert abs(rod(build("rod-halide", twist=twist, bridges=bridges)).twist) == pytest.approx(twist, abs=0.01)


def test_the_other_hand_is_the_mirror_image() -> None:
    right, left = (rod(build("rod-thiolate", twist=twist)) for twist in (12.0, -12.0))
    assert right.twist == pytest.approx(-left.twist, abs=1e-6)
    assert {right.helical_sense, left.helical_sense} == {"P", "M"}


@pytest.mark.parametrize(
    ("name", "expected"), [("rod-eclipsed", {1: 2, 2: 5, 4: 1}), ("rod-staggered", {1: 2, 2: 4, 3: 2})]
)
@pytest.mark.parametrize("element", ["Cl", "Br", "I"])
def test_halides_bridge_as_published(name: str, expected: dict[int, int], element: str) -> None:
    assert bridging_modes(Anatomy(build(name, element=element)), HALOGENS) == expected


@pytest.mark.parametrize("name", ["rod-thiolate", "rod-vacancy"])
def test_thiolates_join_the_two_halves_of_the_rod(name: str) -> None:
    cluster = build(name)
    bonds = cluster_bonds(cluster.numbers, cluster.positions)
    for sulfur in np.flatnonzero(np.isin(cluster.numbers, list(CHALCOGENS))):
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
