"""The compiled sum of messages against the plain one: same numbers, same gradients, and only where it applies."""

from __future__ import annotations

import logging

import numba.core.caching
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mlcluster.geometry.neighbours import neighbour_pairs
from mlcluster.nn import message as message_module
from mlcluster.nn.cpu import SWITCH
from mlcluster.nn.cpu.compiled import compiled
from mlcluster.nn.cpu.fused_message import EdgeRows, edge_rows, reverse_edges
from mlcluster.nn.edge_basis import RadialBasis
from mlcluster.nn.message import message_sum

CUTOFF, FEATURES = 5.0, 8

Edges = tuple[torch.Tensor, torch.Tensor, torch.Tensor, int]


def joined(graphs: list[np.ndarray]) -> Edges:
    """Edge list, vectors, distances and number of atoms of several graphs with positions (n, 3), as in a batch."""
    index, vector, distance, n_atoms = [np.zeros((2, 0), int)], [np.zeros((0, 3))], [np.zeros(0)], 0
    for points in graphs:
        pairs = neighbour_pairs(points, CUTOFF)
        index.append(np.stack([pairs.second, pairs.first]) + n_atoms)
        vector.append(pairs.vector)
        distance.append(pairs.distance)
        n_atoms += len(points)
    arrays = np.concatenate(index, 1), np.concatenate(vector), np.concatenate(distance)
    return (
        torch.from_numpy(arrays[0]),
        torch.from_numpy(arrays[1]).float(),
        torch.from_numpy(arrays[2]).float(),
        n_atoms,
    )


def both_ways(edges: Edges, lmax: int, seed: int = 0, n_radial: int = 20) -> list[list[torch.Tensor]]:
    """Sum and gradients of scalars, tensors and filters: plain, then fused."""
    random = torch.Generator().manual_seed(seed)
    paths, components, n_atoms = 1 + 2 * lmax, (lmax + 1) ** 2 - 1, edges[3]
    shapes = [(n_atoms, paths * FEATURES), (n_atoms, components, FEATURES), (n_radial, paths * FEATURES)]
    values = [torch.randn(shape, generator=random, requires_grad=True) for shape in shapes]
    weight = torch.randn(n_atoms, 1 + components, FEATURES, generator=random)
    results = []
    for switch in ("0", "1"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(SWITCH, switch)
            messages = message_sum(*edges, RadialBasis(CUTOFF, n_radial), lmax)
        assert isinstance(messages, EdgeRows) == (switch == "1")
        total = messages(*values)
        results.append([total.detach(), *torch.autograd.grad(total, values, weight)])
    return results


def assert_same(plain: list[torch.Tensor], fused: list[torch.Tensor]) -> None:
    for a, b in zip(plain, fused, strict=True):
        assert a.shape == b.shape
        size = a.abs().max() if a.numel() else 0.0
        torch.testing.assert_close(b, a, rtol=0, atol=1e-5 * float(size))


positions = st.builds(
    lambda n, density, seed: np.random.default_rng(seed).uniform(0, (n / density) ** (1 / 3), (n, 3)),
    st.integers(1, 40),
    st.sampled_from([0.001, 0.01, 0.08]),
    st.integers(0, 2**20),
)


@pytest.mark.parametrize("lmax", [0, 1, 2])
@given(graphs=st.lists(positions, min_size=0, max_size=5), seed=st.integers(0, 2**20))
def test_values_and_gradients_are_those_of_the_plain_path(lmax, graphs, seed):
    assert_same(*both_ways(joined(graphs), lmax, seed))


ODD = {
    "two atoms": [[[0, 0, 0], [0, 0, 2.7]]],
    "nobody in reach": [[[0, 0, 0], [0, 0, 9.0]]],
    "isolated first, last and between": [[[90, 0, 0], [0, 0, 0], [0, 60, 0], [0, 0, 2.0], [0, 0, -70]]],
    "one atom, then a pair": [[[0, 0, 0]], [[0, 0, 0], [1, 2, 1]]],
    "at a knot of the splines": [[[0, 0, 0], [0, 0, 5.0 / 17 * 8]]],
    "in the first interval": [[[0, 0, 0], [0, 0, 0.1]]],
    "at the cutoff": [[[0, 0, 0], [0, 0, np.nextafter(5.0, 0)]]],
}


@pytest.mark.parametrize("lmax", [0, 1, 2])
@pytest.mark.parametrize("name", ODD)
def test_odd_cases(name, lmax):
    assert_same(*both_ways(joined([np.array(points, dtype=float) for points in ODD[name]]), lmax))


@pytest.mark.parametrize("n_radial", [4, 5, 33])
def test_any_number_of_splines(n_radial):
    assert_same(*both_ways(joined([ball(30)]), 1, n_radial=n_radial))


def test_beyond_the_cutoff_nothing_is_sent():
    index = torch.tensor([[1, 0], [0, 1]])
    edges = (index, torch.tensor([[0, 0, 7.0], [0, 0, -7.0]]), torch.tensor([7.0, 7.0]), 2)
    plain, fused = both_ways(edges, 2)
    assert (plain[0] == 0).all() and (fused[0] == 0).all()


def ball(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, (n / 0.05) ** (1 / 3), (n, 3))


@given(st.lists(positions, max_size=4))
def test_every_edge_is_paired_with_its_reverse(graphs):
    index, vector, _, n_atoms = joined(graphs)
    starts, reverse = reverse_edges(index, n_atoms)
    assert torch.equal(index[:, reverse], index.flip(0))
    assert torch.equal(vector[reverse], -vector)
    assert torch.equal(reverse[reverse], torch.arange(len(reverse)))
    assert torch.equal(starts, torch.searchsorted(index[1].contiguous(), torch.arange(n_atoms + 1)))


def test_lists_that_do_not_qualify_are_told_apart():
    index, vector, distance, n_atoms = joined([ball(20)])
    n_edges = index.shape[1]
    shuffled = torch.randperm(n_edges, generator=torch.Generator().manual_seed(0))
    swapped = torch.arange(n_edges)
    swapped[:2] = swapped[:2].flip(0)
    assert index[1, 0] == index[1, 1]
    for order in (shuffled, swapped, torch.arange(1, n_edges), torch.arange(n_edges - 1)):
        assert reverse_edges(index[:, order], n_atoms) is None
    assert reverse_edges(index, n_atoms - 1) is None and reverse_edges(index - 1, n_atoms) is None

    basis = RadialBasis(CUTOFF, 20)
    assert edge_rows(index, vector, distance, n_atoms, basis, 2) is not None
    for wrong in (1.0, float("nan")):
        bent, stretched = vector.clone(), distance.clone()
        bent[5, 1], stretched[7] = wrong, wrong
        assert edge_rows(index, bent, distance, n_atoms, basis, 2) is None
        assert edge_rows(index, vector, stretched, n_atoms, basis, 2) is None


def test_the_path_follows_the_request_and_is_named_in_the_log(monkeypatch, caplog):
    monkeypatch.delenv(SWITCH, raising=False)
    message_module._tell.cache_clear()
    caplog.set_level(logging.INFO, logger="mlcluster")
    index, vector, distance, n_atoms = joined([ball(20)])

    def is_fused(index=index, vector=vector, distance=distance) -> bool:
        basis = RadialBasis(CUTOFF, 20).to(distance.dtype)
        return isinstance(message_sum(index, vector, distance, n_atoms, basis, 1), EdgeRows)

    assert is_fused() and is_fused()
    assert not is_fused(vector=vector.double(), distance=distance.double())
    assert not is_fused(vector=vector.clone().requires_grad_())
    assert not is_fused(index=index.flip(1), vector=vector.flip(0), distance=distance.flip(0))
    monkeypatch.setenv(SWITCH, "0")
    assert not is_fused()
    told = [record.getMessage().split(": ")[1] for record in caplog.records]
    assert told == [
        "fused (numba)",
        "plain (float64)",
        "plain (derivative with respect to positions)",
        "plain (edges are not sorted and symmetric)",
        "plain (MLCLUSTER_FUSED=0)",
    ]


def test_a_second_derivative_is_refused():
    index, vector, distance, n_atoms = joined([ball(5)])
    rows = edge_rows(index, vector, distance, n_atoms, RadialBasis(CUTOFF, 4), 0)
    scalars = torch.ones(n_atoms, FEATURES, requires_grad=True)
    total = rows(scalars, torch.zeros(n_atoms, 0, FEATURES), torch.ones(4, FEATURES, requires_grad=True))
    (first,) = torch.autograd.grad(total.square().sum(), scalars, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        first.sum().backward()


def test_not_a_number_is_not_hidden():
    index, vector, distance, n_atoms = joined([np.array([[0, 0, 0], [0, 0, 2.0], [0, 9, 0]], dtype=float)])
    rows = edge_rows(index, vector, distance, n_atoms, RadialBasis(CUTOFF, 20), 0)
    scalars = torch.ones(3, FEATURES)
    scalars[0] = torch.nan
    total = rows(scalars, torch.zeros(3, 0, FEATURES), torch.ones(20, FEATURES))
    assert total[1].isnan().all() and total[[0, 2]].isfinite().all()


def test_without_a_place_to_keep_compiled_loops_they_still_work(monkeypatch):
    monkeypatch.setattr(numba.core.caching.CacheImpl, "_locator_classes", [])
    kernel = compiled("int64(int64)")(lambda x: x + 1)
    assert kernel(1) == 2
