"""Continuous symmetry measures of bodies whose nearest symmetric shape can be written down."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from mlcluster.geometry.shapes import centred_polyhedra
from mlcluster.geometry.symmetry_groups import GROUPS, group
from mlcluster.geometry.symmetry_measure import symmetry_measures

SIGNS = np.array([[a, b, c] for a in (1, -1) for b in (1, -1) for c in (1, -1)], dtype=float)


def measure(points, symbol, numbers=None):
    found = symmetry_measures(np.full(len(points), 79) if numbers is None else numbers, np.asarray(points), [symbol])
    return found.get(symbol)


@pytest.mark.parametrize("symbol", GROUPS)
def test_operations_are_a_group(symbol):
    operations = group(symbol).operations
    expected = {"Ih": 120, "Oh": 48, "Td": 24, "Th": 24}.get(symbol)
    if expected is None:
        expected = int(symbol[1]) * (4 if symbol[0] == "D" and symbol[2:] else 2)
    assert len(operations) == expected
    products = np.einsum("aij,bjk->abik", operations, operations).reshape(-1, 9)
    off = np.abs(products[:, None] - operations.reshape(1, -1, 9)).max(axis=2)
    assert (off.min(axis=1) < 1e-9).all()


@pytest.mark.parametrize(("a", "b"), [(1.0, 1.2), (1.0, 1.5)])
def test_a_rectangle_against_the_square(a, b):
    # Each corner moves by ((a + b) / 2 - a, (a + b) / 2 - b).
    corners = [[a, b, 0], [-a, b, 0], [-a, -b, 0], [a, -b, 0]]
    assert measure(corners, "D4h") == pytest.approx(100 * (a - b) ** 2 / 2 / (a * a + b * b), rel=1e-6)
    assert measure(corners, "D2h") == pytest.approx(0.0, abs=1e-9)


def test_a_box_against_the_cube():
    edges = np.array([1.0, 1.15, 1.3])
    expected = 100 * ((edges - edges.mean()) ** 2).sum() / (edges**2).sum()
    assert measure(SIGNS * edges, "Oh") == pytest.approx(expected, rel=1e-6)


def test_a_stretched_octahedron():
    s = 1.25
    m = (2 + s) / 3
    points = np.vstack([np.eye(3), -np.eye(3)]) * [1, 1, s]
    assert measure(points, "Oh") == pytest.approx(
        100 * (4 * (1 - m) ** 2 + 2 * (s - m) ** 2) / (4 + 2 * s * s), rel=1e-6
    )
    assert measure(points, "D4h") == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("degrees", [8.0, 20.0])
def test_two_twisted_triangles_against_the_prism(degrees):
    # Every vertex turns by half the twist onto the mean of its two images: radius cos(twist / 2).
    angle = np.radians(np.array([0, 120, 240]))
    turn = np.radians(degrees)
    lower = np.column_stack([np.cos(angle), np.sin(angle), np.full(3, -0.9)])
    upper = np.column_stack([np.cos(angle + turn), np.sin(angle + turn), np.full(3, 0.9)])
    points = np.vstack([lower, upper])
    assert measure(points, "D3h") == pytest.approx(100 * np.sin(turn / 2) ** 2 / (1 + 0.81), rel=1e-5)
    assert measure(points, "D3") == pytest.approx(0.0, abs=1e-9)


def test_a_flattened_icosahedron():
    # Flattened along a threefold axis: the nearest icosahedron is the mean of the radial parts.
    ideal = centred_polyhedra()["icosahedron"][1:]
    axis = np.ones(3) / np.sqrt(3)
    points = ideal - 0.12 * np.outer(ideal @ axis, axis)
    overlap = float((points * ideal).sum())
    assert measure(points, "Ih") == pytest.approx(100 * (1 - overlap**2 / 12 / float((points**2).sum())), rel=1e-5)
    assert measure(points, "D3d") == pytest.approx(0.0, abs=1e-9)


def test_icosahedron_and_cuboctahedron_share_a_way():
    # The nearest Td shape of an icosahedron is a cuboctahedron, 5.28 away by the shape measure as well.
    assert measure(centred_polyhedra()["cuboctahedron"], "Oh") == pytest.approx(0.0, abs=1e-9)
    assert measure(centred_polyhedra()["icosahedron"], "D2d") == pytest.approx(5.279, abs=1e-3)


def test_elements_count():
    square = np.array([[1.0, 0, 0], [0, 1, 0], [-1, 0, 0], [0, -1, 0]])
    assert measure(square, "D4h") == pytest.approx(0.0, abs=1e-9)
    assert measure(square, "D4h", np.array([79, 47, 79, 47])) is None
    assert measure(square, "D2h", np.array([79, 47, 79, 47])) == pytest.approx(0.0, abs=1e-9)


@settings(max_examples=8)
@given(seed=st.integers(0, 1000), size=st.floats(0.5, 20.0))
def test_blind_to_orientation_order_place_and_size(seed, size):
    rng = np.random.default_rng(seed)
    points = SIGNS * [1.0, 1.1, 1.2]
    moved = size * (points[rng.permutation(8)] @ Rotation.random(rng=rng).as_matrix().T + rng.normal(size=3))
    assert measure(moved, "Oh") == pytest.approx(measure(points, "Oh"), rel=1e-4)
