"""Products by oneDNN: the numbers, gradients and weights of torch's own linear map."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from mlcluster.nn.cpu import SWITCH, linear
from mlcluster.nn.cpu.linear import Linear, rounded_rows

needs_onednn = pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="this torch has no oneDNN")


def both(n_in: int, n_out: int, bias: bool) -> tuple[nn.Linear, Linear]:
    torch.manual_seed(n_in)
    plain, ours = nn.Linear(n_in, n_out, bias=bias), Linear(n_in, n_out, bias=bias)
    ours.load_state_dict(plain.state_dict())
    return plain, ours


def run(layer: nn.Linear, values: torch.Tensor, weight: torch.Tensor) -> list[torch.Tensor]:
    values = values.clone().requires_grad_()
    result = layer(values)
    return [result.detach(), *torch.autograd.grad((result * weight).sum(), [values, *layer.parameters()])]


@pytest.fixture
def products(monkeypatch) -> list[int]:
    """Grows by one at every product oneDNN takes."""
    calls: list[int] = []
    original = linear._product

    def counted(*arguments):
        calls.append(1)
        return original(*arguments)

    monkeypatch.setattr(linear, "_product", counted)
    return calls


@needs_onednn
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(7, 16), (1, 16), (0, 16), (16,), (5, 3, 16), (4, 0, 16)])
def test_values_and_gradients_are_those_of_torch(shape, bias, products):
    plain, ours = both(16, 24, bias)
    random = torch.Generator().manual_seed(1)
    values, weight = torch.randn(shape, generator=random), torch.randn(*shape[:-1], 24, generator=random)
    for expected, found in zip(run(plain, values, weight), run(ours, values, weight), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    assert len(products) == (3 if values.numel() else 0)


def test_a_slice_of_a_larger_array():
    plain, ours = both(8, 8, False)
    whole = torch.randn(6, 8, 8, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(ours(whole[:, 3:8]), plain(whole[:, 3:8]), rtol=1e-5, atol=1e-6)


def test_other_types_and_the_switch_take_torchs_own_product(monkeypatch, products):
    plain, ours = both(8, 8, True)
    values = torch.randn(5, 8, generator=torch.Generator().manual_seed(0))
    assert torch.equal(ours.double()(values.double()), plain.double()(values.double()))
    monkeypatch.setenv(SWITCH, "0")
    assert torch.equal(ours.float()(values), plain.float()(values))
    assert not products


@needs_onednn
def test_batches_of_all_sizes_have_few_shapes_and_little_is_added(monkeypatch):
    sizes = range(1, 4001)
    rows = [rounded_rows(n, torch.zeros(1)) for n in sizes]
    assert all(n <= r < n + max(16, n / 15) for n, r in zip(sizes, rows, strict=True))
    assert len(set(rows)) < 100
    assert rounded_rows(1001, torch.zeros(1, dtype=torch.float64)) == 1001
    monkeypatch.setenv(SWITCH, "0")
    assert rounded_rows(1001, torch.zeros(1)) == 1001
