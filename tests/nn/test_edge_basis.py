"""Radial basis: smooth to the cutoff, a partition of unity inside."""

from __future__ import annotations

import math

import pytest
import torch

from mlcluster.nn.edge_basis import RadialBasis


@pytest.mark.parametrize("n_radial", [4, 9, 20])
def test_sum_is_the_envelope_and_four_functions_act(n_radial):
    distance = torch.linspace(0.01, 4.99, 97, dtype=torch.float64)
    values = RadialBasis(5.0, n_radial).double()(distance)
    envelope = 0.5 * (1 + torch.cos(math.pi * distance / 5.0))
    torch.testing.assert_close(values.sum(dim=1), envelope, atol=1e-12, rtol=0)
    assert ((values > 0).sum(dim=1) <= 4).all() and (values >= 0).all()
    assert (values.max(dim=0).values > 0).sum() >= n_radial - 1


def test_value_and_slope_vanish_at_the_cutoff_and_nothing_lies_beyond():
    basis = RadialBasis(5.0, 12).double()
    distance = torch.tensor([5.0 - 1e-6, 5.0, 5.0 + 1e-6, 1e30], dtype=torch.float64, requires_grad=True)
    values = basis(distance)
    (slope,) = torch.autograd.grad(values.sum(), distance)
    assert values.abs().max() < 1e-11 and (values[2:] == 0).all()
    assert slope.abs().max() < 1e-5 and (slope[2:] == 0).all()


def test_derivative_is_that_of_the_value():
    distance = torch.linspace(0.3, 4.9, 23, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(RadialBasis(5.0, 8).double(), (distance,))
