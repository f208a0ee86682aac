"""What a predicted difference has to beat: two Gaussian processes subtracted, and two nearest neighbours subtracted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from mlcluster.chem.elements import is_metal
from mlcluster.comparison.scoring import HeldOut
from mlcluster.data.labelled import LabelledCluster
from mlcluster.geometry.bonds import cluster_bonds
from mlcluster.model.ensemble import Z_LEVEL
from mlcluster.training.baselines import composition_features
from mlcluster.training.scoring import labelled_with_value

Array = NDArray[np.float64]
Fit = Callable[[Array, Array, Array], tuple[Array, Array]]

LARGEST_SHARE = 60
"""Entries of one family that a Gaussian process is fitted to: large families then do not drown small ones."""


def pair_baselines(items: Sequence[LabelledCluster], channel: str, seed: int = 0) -> list[HeldOut]:
    """Both baselines with each family held out in turn.

    Parameters
    ----------
    items
        All entries, with labels.
    channel
        ``target:method``.
    seed
        Chooses the entries of large families.
    """
    rows, labels = labelled_with_value(items, channel)
    elements = sorted({z for item in rows for z in item.cluster.numbers.tolist()})
    features = np.hstack([composition_features(rows, elements), np.array([_shape(item) for item in rows])])
    families = np.array([item.family or item.entry for item in rows])
    names, generator = sorted(set(families.tolist())), np.random.default_rng(seed)
    arms = []
    for name, fit in (("two Gaussian processes", _gaussian_process), ("two nearest neighbours", _nearest)):
        predicted, deviation = np.zeros(len(rows)), np.full(len(rows), np.nan)
        for family in names:
            out = families == family
            chosen = np.flatnonzero(~out)
            if not chosen.size:
                continue
            if fit is _gaussian_process:
                chosen = _share(chosen, families, generator)
            scale = features[chosen].std(axis=0)
            centred = (features - features[chosen].mean(axis=0)) / np.where(scale > 1e-9, scale, np.inf)
            predicted[out], deviation[out] = fit(centred[chosen], labels[chosen], centred[out])
        index = {item.entry: k for k, item in enumerate(rows)}
        arms.append(HeldOut(name, channel, index, labels, predicted, Z_LEVEL * deviation, None))
    return arms


def _shape(item: LabelledCluster) -> list[float]:
    """Metal-metal and metal-ligand bonds a metal, their mean lengths, and the radius of gyration of the metals."""
    cluster = item.cluster
    metal = is_metal(cluster.numbers)
    bonds = cluster_bonds(cluster.numbers, cluster.positions)
    described = []
    for partner in (metal, ~metal):
        length = bonds.distance[metal[bonds.first] & partner[bonds.second]]
        described += [len(length) / max(int(metal.sum()), 1), float(length.mean()) if len(length) else 0.0]
    core = cluster.positions[metal if metal.any() else slice(None)]
    return [*described, float(np.sqrt(((core - core.mean(axis=0)) ** 2).sum(axis=1).mean()))]


def _share(chosen: NDArray[np.int64], families: NDArray, generator: np.random.Generator) -> NDArray[np.int64]:
    kept = []
    for name in sorted(set(families[chosen].tolist())):
        members = chosen[families[chosen] == name]
        kept.append(generator.choice(members, min(len(members), LARGEST_SHARE), replace=False))
    return np.sort(np.concatenate(kept))


def _gaussian_process(x: Array, y: Array, asked: Array) -> tuple[Array, Array]:
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

    kernel = ConstantKernel(1.0) * RBF(3.0, (0.3, 100.0)) + WhiteKernel(0.1, (1e-4, 10.0))
    process = GaussianProcessRegressor(kernel, normalize_y=True, random_state=0)
    mean, deviation = process.fit(x, y).predict(asked, return_std=True)
    return mean, deviation


def _nearest(x: Array, y: Array, asked: Array) -> tuple[Array, Array]:
    from scipy.spatial import cKDTree

    _, partner = cKDTree(x).query(asked)
    return y[partner], np.full(len(asked), np.nan)
