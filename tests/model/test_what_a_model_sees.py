"""Which structures a model can tell apart, by the degree of its features."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch

from mlcluster.graph import convert
from mlcluster.levels.network import ModelConfig, build_model
from mlcluster.structure.cluster import Cluster
from tests.model.structures import close_packed_m13, ml4

SEEDS = range(4)


def separation(lmax: int, cutoff: float, a: Cluster, b: Cluster, dtype: torch.dtype) -> list[float]:
    """Difference of the predictions of untrained models relative to their size, one a seed."""
    result = []
    for seed in SEEDS:
        model = build_model(ModelConfig(lmax=lmax, cutoff=cutoff, n_features=16), seed=seed).to(dtype).eval()
        with torch.no_grad():
            one, two = model(Batch.from_data_list([convert(c, cutoff, dtype=dtype) for c in (a, b)])).value[:, 0]
        result.append(float((one - two).abs() / one.abs()))
    return result


FCC_HCP = (4.0, close_packed_m13(hexagonal=False), close_packed_m13(hexagonal=True))
SQUARE_TETRAHEDRAL = (3.0, ml4(tetrahedral=False), ml4(tetrahedral=True))


def test_the_two_m13_differ_in_no_distance_inside_the_cutoff():
    cutoff, *both = FCC_HCP
    fcc, hcp = (np.sort(convert(c, cutoff).edge_distance.numpy()) for c in both)
    np.testing.assert_allclose(fcc, hcp, atol=1e-5)
    assert (
        np.bincount(convert(both[0], cutoff).edge_index[1]) == np.bincount(convert(both[1], cutoff).edge_index[1])
    ).all()


@pytest.mark.parametrize(
    ("structures", "blind", "seeing"), [(FCC_HCP, [0], [1, 2]), (SQUARE_TETRAHEDRAL, [0, 1], [2])], ids=["M13", "ML4"]
)
def test_the_degree_it_takes(structures, blind, seeing):
    for dtype, noise in ((torch.float64, 1e-12), (torch.float32, 2e-6)):
        for lmax in blind:
            assert max(separation(lmax, *structures, dtype)) < noise
        for lmax in seeing:
            assert min(separation(lmax, *structures, dtype)) > 10 * noise


def test_a_wider_cutoff_lets_distances_tell_fcc_from_hcp():
    assert min(separation(0, 5.0, *FCC_HCP[1:], torch.float64)) > 1e-5


@pytest.mark.parametrize("lmax", [1, 2])
def test_mirror_images_look_alike(lmax):
    rng = np.random.default_rng(3)
    chiral = Cluster(
        numbers=np.array([6, 1, 9, 17, 35]), positions=np.vstack([np.zeros(3), ml4(True).positions[1:] * 0.7])
    )
    chiral = chiral.replace(positions=chiral.positions + rng.normal(scale=0.1, size=(5, 3)))
    mirrored = chiral.replace(positions=chiral.positions * [1, 1, -1])
    assert max(separation(lmax, 5.0, chiral, mirrored, torch.float64)) < 1e-12
