"""Harmonics: each degree turns into itself, with an orthogonal matrix."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from mlcluster.nn.edge_basis import degree_slices, harmonics


def directions(n: int) -> torch.Tensor:
    vectors = torch.from_numpy(np.random.default_rng(0).normal(size=(n, 3)))
    return vectors / vectors.norm(dim=1, keepdim=True)


@pytest.mark.parametrize(("degree", "parity"), [(1, -1), (2, 1)])
def test_a_degree_turns_into_itself(degree, parity):
    u, part = directions(40), degree_slices(2)[degree - 1]
    turn = torch.from_numpy(Rotation.random(rng=np.random.default_rng(1)).as_matrix())
    before, after = harmonics(u, 2)[:, part], harmonics(u @ turn.T, 2)[:, part]
    matrix = torch.linalg.lstsq(before, after).solution
    torch.testing.assert_close(before @ matrix, after, atol=1e-12, rtol=0)
    torch.testing.assert_close(matrix @ matrix.T, torch.eye(2 * degree + 1, dtype=u.dtype), atol=1e-12, rtol=0)
    torch.testing.assert_close(harmonics(-u, 2)[:, part], parity * before)


def test_components_are_orthogonal_and_each_degree_has_length_one():
    u = directions(60000)
    values = harmonics(u, 2)
    for degree, part in enumerate(degree_slices(2), start=1):
        torch.testing.assert_close(values[:, part].square().sum(dim=1), torch.ones(len(u), dtype=u.dtype))
        overlap = values[:, part].T @ values[:, part] / len(u) * (2 * degree + 1)
        torch.testing.assert_close(overlap, torch.eye(2 * degree + 1, dtype=u.dtype), atol=0.03, rtol=0)


@pytest.mark.parametrize(("lmax", "components"), [(0, 0), (1, 3), (2, 8)])
def test_number_of_components(lmax, components):
    assert harmonics(directions(5), lmax).shape == (5, components)
