"""Shape measures of many cores at once against those of one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from mlcluster.geometry.shapes import centred_polyhedra, shape_measure, shape_measures

SHAPES = centred_polyhedra()


@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_many_at_once_agree_with_one(noise):
    rng = np.random.default_rng(5)
    cores = []
    for ideal in SHAPES.values():
        core = 2.8 * ideal @ Rotation.random(rng=rng).as_matrix().T + rng.normal(scale=noise, size=ideal.shape)
        cores.append(np.vstack([core[:1], rng.permutation(core[1:])]))
    measures = shape_measures(np.array(cores))
    for k, name in enumerate(SHAPES):
        assert measures[name][k] == pytest.approx(shape_measure(cores[k], SHAPES[name]), abs=1e-3)
        assert min(measures, key=lambda other: measures[other][k]) == name


def test_icosahedron_and_cuboctahedron_are_as_far_apart_either_way():
    cores = np.array([SHAPES["icosahedron"], SHAPES["cuboctahedron"]])
    measures = shape_measures(cores)
    assert measures["cuboctahedron"][0] == pytest.approx(measures["icosahedron"][1], abs=1e-6)
    assert measures["cuboctahedron"][0] == pytest.approx(5.279, abs=1e-3)


def test_no_core_no_measure():
    assert all(values.shape == (0,) for values in shape_measures(np.zeros((0, 13, 3))).values())
