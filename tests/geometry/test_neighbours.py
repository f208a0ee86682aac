"""Neighbour pairs against brute force, in clusters and in cells of any shape."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mlcluster.errors import ConfigError, StructureError
from mlcluster.geometry.neighbours import NeighbourPairs, neighbour_pairs


def brute_force(points: np.ndarray, cutoff: float, cell: np.ndarray | None) -> dict[tuple, float]:
    shifts = np.zeros((1, 3), dtype=int)
    if cell is not None:
        heights = 1 / np.linalg.norm(np.linalg.inv(cell), axis=0)
        spread = np.ptp(points @ np.linalg.inv(cell), axis=0)
        reach = np.ceil(cutoff / heights + spread).astype(int) + 1
        shifts = np.array(np.meshgrid(*[np.arange(-r, r + 1) for r in reach], indexing="ij")).reshape(3, -1).T
    images = shifts @ (np.zeros((3, 3)) if cell is None else cell)
    found = {}
    for i in range(len(points)):
        for j in range(len(points)):
            distance = np.linalg.norm(points[j] + images - points[i], axis=1)
            for k in np.flatnonzero(distance < cutoff):
                if i != j or shifts[k].any():
                    found[i, j, *shifts[k].tolist()] = distance[k]
    return found


def as_dict(pairs: NeighbourPairs) -> dict[tuple, float]:
    keys = np.column_stack([pairs.first, pairs.second, pairs.shift]).tolist()
    found = {tuple(key): distance for key, distance in zip(keys, pairs.distance, strict=True)}
    assert len(found) == len(keys), "a pair is listed twice"
    return found


def random_cell(rng: np.random.Generator, smallest: float) -> np.ndarray:
    cell = rng.normal(size=(3, 3)) * rng.uniform(1.0, 4.0)
    thinnest = 1 / np.linalg.norm(np.linalg.inv(cell), axis=0).max()
    assume(thinnest > smallest / 10 and abs(np.linalg.det(cell)) > smallest)
    return cell


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), periodic=st.booleans(), n=st.integers(1, 6), cutoff=st.floats(0.8, 4.5))
def test_agrees_with_brute_force(seed, periodic, n, cutoff):
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(n, 3)) * 3.0
    cell = random_cell(rng, 3.0) if periodic else None
    pairs = neighbour_pairs(points, cutoff, cell)
    found, expected = as_dict(pairs), brute_force(points, cutoff, cell)
    edge = {key for key in found.keys() ^ expected.keys()}
    assert all(abs({**found, **expected}[key] - cutoff) < 1e-9 for key in edge)
    for key in found.keys() & expected.keys():
        assert found[key] == pytest.approx(expected[key], abs=1e-10)
    lattice = np.zeros((3, 3)) if cell is None else cell
    vector = points[pairs.second] + pairs.shift @ lattice - points[pairs.first]
    np.testing.assert_allclose(pairs.vector, vector, atol=1e-10)
    np.testing.assert_allclose(np.linalg.norm(pairs.vector, axis=1), pairs.distance, atol=1e-10)
    assert {(j, i, -a, -b, -c) for i, j, a, b, c in found} == found.keys()
    order = np.column_stack([pairs.first, pairs.second, pairs.shift]).tolist()
    assert order == sorted(order)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_whole_cell_shifts_of_an_atom_change_nothing_but_the_shift(seed):
    rng = np.random.default_rng(seed)
    cell = random_cell(rng, 5.0)
    points = rng.uniform(size=(4, 3)) @ cell
    moved = rng.integers(-2, 3, size=(4, 3))
    before, after = neighbour_pairs(points, 3.7, cell), neighbour_pairs(points + moved @ cell, 3.7, cell)
    translated = before.shift - moved[before.second] + moved[before.first]
    expected = set(map(tuple, np.column_stack([before.first, before.second, translated]).tolist()))
    assert as_dict(after).keys() == expected


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), periodic=st.booleans())
def test_permutation_of_atoms_permutes_the_pairs(seed, periodic):
    rng = np.random.default_rng(seed)
    points, order = rng.normal(size=(7, 3)) * 3, rng.permutation(7)
    cell = np.array([[4.0, 0, 0], [1.5, 3.5, 0], [0.5, -1.0, 4.5]]) if periodic else None
    before, after = neighbour_pairs(points, 3.0, cell), neighbour_pairs(points[order], 3.0, cell)
    expected = as_dict(before).keys()
    assert {(int(order[i]), int(order[j]), *s) for i, j, *s in as_dict(after)} == expected


def test_one_atom_in_a_cell_smaller_than_the_cutoff_sees_its_images():
    pairs = neighbour_pairs(np.zeros((1, 3)), 2.5, np.eye(3))
    assert len(pairs.first) == sum(
        0 < a * a + b * b + c * c < 6.25 for a in range(-3, 4) for b in range(-3, 4) for c in range(-3, 4)
    )
    assert (pairs.first == pairs.second).all() and pairs.shift.any(axis=1).all()


def test_no_cap_on_neighbours():
    rng = np.random.default_rng(1)
    pairs = neighbour_pairs(rng.uniform(size=(120, 3)), 5.0)
    assert len(pairs.first) == 120 * 119


@pytest.mark.parametrize("n", [0, 1])
def test_nothing_to_pair(n):
    pairs = neighbour_pairs(np.zeros((n, 3)), 5.0)
    assert all(len(part) == 0 for part in pairs) and pairs.vector.shape == (0, 3)


@pytest.mark.parametrize("extent", [(9000.0, 0, 0), (9000.0, 9000.0, 0), (9000.0, 9000.0, 9000.0)])
def test_atoms_far_apart_are_found(extent):
    points = np.array([[0, 0, 0], extent, np.subtract(extent, [1, 0, 0])])
    assert set(zip(*[part.tolist() for part in neighbour_pairs(points, 5.0)[:2]], strict=True)) == {(1, 2), (2, 1)}


@pytest.mark.parametrize("shape", [(40, 40, 0.2), (60, 3, 0.2), (25, 25, 25)])
def test_flat_and_thin_cells_with_a_short_cutoff(shape):
    pairs = neighbour_pairs([[0.01, 0, 0], [shape[0] - 0.01, 0, 0]], 0.1, np.diag(shape))
    assert sorted(pairs.shift[:, 0].tolist()) == [-1, 1]
    np.testing.assert_allclose(pairs.distance, 0.02)


def test_a_stray_coordinate_is_refused():
    with pytest.raises(StructureError, match="implausibly large"):
        neighbour_pairs([[0, 0, 0], [1e7, 0, 0]], 5.0)


@pytest.mark.parametrize("cutoff", [0.0, -1.0, float("nan"), float("inf")])
def test_impossible_cutoff_is_refused(cutoff):
    with pytest.raises(ConfigError, match="cutoff"):
        neighbour_pairs(np.zeros((2, 3)), cutoff)


def test_flat_cell_and_bad_coordinate_are_refused():
    with pytest.raises(StructureError, match="volume"):
        neighbour_pairs(np.zeros((1, 3)), 2.0, [[1, 0, 0], [2, 0, 0], [0, 0, 1]])
    with pytest.raises(StructureError, match="finite"):
        neighbour_pairs([[0, 0, np.nan]], 2.0)
