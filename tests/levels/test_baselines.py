"""Baselines: descriptors that do not depend on how a cluster lies, and a Gaussian process that learns from them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mlcluster.levels.baselines import BASELINES
from mlcluster.levels.descriptor_process import balanced_rows
from mlcluster.levels.structural_descriptors import structural_descriptors
from tests.model.structures import random_cluster
from tests.training.test_prepare import entry


def stretched(name: str, family: str, length: float):
    item = entry(name, family, 7)
    return replace(item, cluster=item.cluster.replace(positions=item.cluster.positions * length / 2.7))


def test_descriptors_do_not_depend_on_position_orientation_and_order() -> None:
    cluster = random_cluster(3, n=14)
    rotation, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))
    order = np.random.default_rng(1).permutation(len(cluster))
    moved = cluster.replace(
        numbers=cluster.numbers[order],
        positions=cluster.positions[order] @ rotation.T + 5.0,
        labels=tuple(cluster.labels[k] for k in order),
    )
    blank = entry("a", "A", 3)
    one, other = structural_descriptors([replace(blank, cluster=c) for c in (cluster, moved)])
    np.testing.assert_allclose(one, other, atol=1e-9)
    shifted = cluster.replace(positions=cluster.positions * 1.05)
    assert np.abs(structural_descriptors([replace(blank, cluster=shifted)])[0] - one).max() > 1e-3


def test_the_gaussian_process_learns_from_lengths_that_the_composition_does_not_know() -> None:
    lengths = np.linspace(2.6, 3.0, 24)
    items = [stretched(f"{k}", "ABC"[k % 3], length) for k, length in enumerate(lengths)]
    errors = {}
    for name in ("mean", "ridge on composition", "GP on descriptors"):
        predicted = BASELINES[name](items[::2], lengths[::2])(items[1::2])
        errors[name] = np.abs(predicted - lengths[1::2]).mean()
    assert errors["GP on descriptors"] < 0.02 < 0.08 < min(errors["mean"], errors["ridge on composition"])


def test_large_families_do_not_drown_small_ones() -> None:
    families = ["big"] * 50 + ["small"] * 5
    chosen = balanced_rows(families, 12)
    assert sum(families[k] == "small" for k in chosen) == 5 and len(chosen) == 12
    assert balanced_rows(families, 100).tolist() == list(range(55))
