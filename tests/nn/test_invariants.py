"""Lengths and inner products: the compiled form against torch, values and gradients."""

from __future__ import annotations

import pytest
import torch

from mlcluster.nn.cpu import SWITCH
from mlcluster.nn.cpu.fused_invariants import FusedInvariants
from mlcluster.nn.trunks.painn import SMALLEST, invariants


def run(mixed: torch.Tensor) -> list[torch.Tensor]:
    mixed = mixed.clone().requires_grad_()
    results = invariants(mixed)
    random = torch.Generator().manual_seed(5)
    total = sum((torch.randn(value.shape, generator=random) * value).sum() for value in results)
    return [*(value.detach() for value in results), *torch.autograd.grad(total, mixed)]


@pytest.mark.parametrize("n_components", [3, 5])
@pytest.mark.parametrize("n_atoms", [0, 1, 23])
def test_compiled_equals_plain(n_atoms, n_components, monkeypatch):
    mixed = torch.randn(n_atoms, n_components, 16, generator=torch.Generator().manual_seed(n_components))
    monkeypatch.setenv(SWITCH, "0")
    plain = run(mixed)
    monkeypatch.setenv(SWITCH, "1")
    for expected, found in zip(plain, run(mixed), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)


def test_a_feature_that_vanishes_has_a_finite_gradient():
    *_, gradient = run(torch.zeros(2, 3, 8))
    assert gradient.isfinite().all()


def test_a_part_that_is_not_used_and_values_that_are_not_contiguous():
    whole = torch.randn(4, 8, 16, generator=torch.Generator().manual_seed(0))
    part = whole[:, 3:].requires_grad_()
    _, length, _ = FusedInvariants.apply(part, SMALLEST)
    (gradient,) = torch.autograd.grad(length.sum(), part)
    assert (gradient[..., :8] == 0).all()
    torch.testing.assert_close(gradient[..., 8:], part.detach()[..., 8:] / length.detach()[:, None], rtol=1e-5, atol=0)


def test_the_derivative_in_float64_is_that_of_the_value():
    mixed = torch.randn(3, 5, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    assert torch.autograd.gradcheck(invariants, mixed.requires_grad_())
