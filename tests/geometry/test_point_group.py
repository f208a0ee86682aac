"""Point groups of bodies built to have them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from mlcluster.chem.elements import is_metal
from mlcluster.data import model_structures
from mlcluster.geometry.point_group import point_group
from mlcluster.geometry.shapes import centred_polyhedra


def ring(n: int, height: float, turn: float = 0.0) -> np.ndarray:
    angle = 2 * np.pi * np.arange(n) / n + np.radians(turn)
    return np.column_stack([2.5 * np.cos(angle), 2.5 * np.sin(angle), np.full(n, height)])


@pytest.mark.parametrize(
    ("points", "symbol"),
    [
        (2.8 * centred_polyhedra()["icosahedron"], "Ih"),
        (2.8 * centred_polyhedra()["cuboctahedron"], "Oh"),
        (2.8 * centred_polyhedra()["anticuboctahedron"], "D3h"),
        (2.8 * centred_polyhedra()["decahedron"], "D5h"),
        (np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) * 1.0, "Td"),
        (np.vstack([ring(5, 1.5), ring(5, -1.5)]), "D5h"),
        (np.vstack([ring(5, 1.5), ring(5, -1.5, 36)]), "D5d"),
        (np.vstack([ring(5, 1.5), ring(5, -1.5, 18)]), "D5"),
        (np.vstack([ring(3, 0.0), [[0, 0, 2.0]]]), "C3v"),
    ],
)
def test_ideal_bodies_in_any_orientation(points, symbol):
    turned = points @ Rotation.random(rng=4).as_matrix().T + [3.0, -1.0, 2.0]
    assert point_group(np.full(len(points), 79), turned, 0.1) == symbol


def test_published_symmetry_of_the_metal_kernels():
    expected = {
        "E isomer model [Au13Ag12(PH3)10Cl8]+": "D5h",
        "S isomer model [Au13Ag12(PH3)10Cl8]+": "D5d",
        "model [Au25(SH)18]-": "Th",
        "model Au38(SH)24": "D3",
        "model [Au9(PH3)8]3+": "D4d",
    }
    models = model_structures()
    found = {}
    for name in expected:
        metal = is_metal(models[name].numbers)
        found[name] = point_group(models[name].numbers[metal], models[name].positions[metal])
    assert found == expected
