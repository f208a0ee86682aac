"""Superposition and congruence against motions made on purpose."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from mlcluster.geometry.superposition import congruence, is_chiral, superpose

PHI = (1 + 5**0.5) / 2


def icosahedron() -> np.ndarray:
    return np.array([p for a in (1, -1) for b in (PHI, -PHI) for p in ((0, a, b), (a, b, 0), (b, 0, a))]) * 1.5


def random_body(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.choice([79, 47, 16], n), rng.normal(scale=3.0, size=(n, 3))


@given(st.integers(0, 10_000), st.integers(4, 20))
def test_superpose_undoes_any_rigid_motion(seed, n):
    _, points = random_body(seed, n)
    motion = Rotation.random(rng=seed).as_matrix()
    fit = superpose(points @ motion.T + [1.0, -2.0, 3.0], points)
    assert fit.rmsd < 1e-9 and np.allclose(fit.rotation @ motion, np.eye(3), atol=1e-8)


@given(st.integers(0, 10_000), st.integers(5, 20), st.booleans())
def test_congruence_finds_the_permutation(seed, n, improper):
    numbers, points = random_body(seed, n)
    rng = np.random.default_rng(seed + 1)
    order = rng.permutation(n)
    motion = Rotation.random(rng=seed).as_matrix() @ np.diag([1, 1, -1.0 if improper else 1.0])
    moved = (points @ motion.T + [5.0, 0.0, -1.0])[order]
    found = congruence(numbers, points, numbers[order], moved, improper=improper, tolerance=1e-3)
    assert found is not None and np.array_equal(order[found], np.arange(n))


@given(st.integers(0, 10_000))
def test_a_random_body_is_not_its_mirror_image(seed):
    numbers, points = random_body(seed, 8)
    assert is_chiral(numbers, points)


@pytest.mark.parametrize(
    "points", [icosahedron(), np.eye(3) * 2.0, np.array([[0, 0, 0], [0, 0, 2.0]]), np.zeros((1, 3))]
)
def test_symmetric_bodies_are_achiral(points):
    assert not is_chiral(np.full(len(points), 79), points)


def test_twisted_rod_is_chiral_and_its_mirror_image_is_found():
    ring = np.array([[2 * np.cos(t), 2 * np.sin(t), 0] for t in 2 * np.pi * np.arange(5) / 5])
    turn = Rotation.from_euler("z", 18, degrees=True).as_matrix()
    half_turn = Rotation.from_euler("z", 36, degrees=True).as_matrix()
    numbers = np.full(10, 79)

    def rod(angle: np.ndarray) -> np.ndarray:
        return np.vstack([ring, ring @ angle.T + [0, 0, 3.0]])

    assert is_chiral(numbers, rod(turn))
    assert not is_chiral(numbers, rod(np.eye(3))) and not is_chiral(numbers, rod(half_turn))
    mirror = rod(turn.T)
    assert congruence(numbers, rod(turn), numbers, mirror, improper=True, tolerance=1e-6) is not None
    assert congruence(numbers, rod(turn), numbers, mirror, improper=False, tolerance=0.05) is None


def test_different_elements_are_never_congruent():
    points = icosahedron()
    numbers = np.full(12, 79)
    doped = numbers.copy()
    doped[0] = 47
    assert congruence(numbers, points, doped, points, improper=False, tolerance=0.1) is None
