"""`DescriptorProcess`: a Gaussian process on `structural_descriptors`, as a baseline and as a model that ships."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MOST_FITTED, MOST_SEARCHED = 800, 150
"""Entries, in equal shares of families, that a Gaussian process is conditioned on, and that choose its kernel."""


@dataclass(frozen=True, eq=False)
class DescriptorProcess:
    """The mean of a Gaussian process with one length for all descriptors.

    Parameters
    ----------
    center, scale
        (D,). Descriptors less the first, times the second, are what distances are of; a scale is 0 where training
        does not vary, which says nothing however far a new structure lies from it.
    known
        Scaled descriptors of the entries it is conditioned on, (M, D).
    weights
        What each of these adds where it stands, model space, (M,).
    length
        Of the radial kernel.
    level
        What is predicted far from all of them, model space.
    """

    center: Array
    scale: Array
    known: Array
    weights: Array
    length: float
    level: float

    def predict(self, descriptors: Array) -> Array:
        """Means (N,) in model space of descriptors (N, D)."""
        x = (descriptors - self.center) * self.scale
        squared = (x**2).sum(axis=1)[:, None] + (self.known**2).sum(axis=1) - 2 * x @ self.known.T
        return self.level + np.exp(-np.maximum(squared, 0.0) / (2 * self.length**2)) @ self.weights


def fit_descriptor_process(descriptors: Array, labels: Array, families: Sequence[str]) -> DescriptorProcess:
    """Gaussian process on descriptors (N, D) and labels (N,) in model space.

    Amplitude, length and noise maximise the marginal likelihood (Rasmussen and Williams, Gaussian Processes for Machine
    Learning, 2006, eq. 5.8) of at most `MOST_SEARCHED` entries; with these it is conditioned on at most `MOST_FITTED`.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

    spread, center = descriptors.std(axis=0), descriptors.mean(axis=0)
    varies = spread > 1e-6
    scale = np.where(varies, 1.0, 0.0) / np.where(varies, spread, 1.0) / np.sqrt(max(int(varies.sum()), 1))
    x = (descriptors - center) * scale
    few, some = (balanced_rows(families, most) for most in (MOST_SEARCHED, MOST_FITTED))
    width, level = max(float(labels.std()), 1e-6), float(labels.mean())
    kernel = ConstantKernel(1.0, (1e-2, 1e2)) * RBF(1.0, (0.05, 50.0)) + WhiteKernel(0.1, (1e-4, 10.0))
    y = (labels - level) / width
    with warnings.catch_warnings():
        # A length or a noise at the end of its range is an answer.
        warnings.filterwarnings("ignore", category=ConvergenceWarning)
        chosen = GaussianProcessRegressor(kernel).fit(x[few], y[few]).kernel_
    model = GaussianProcessRegressor(chosen, optimizer=None).fit(x[some], y[some])
    amplitude, length = float(chosen.k1.k1.constant_value), float(chosen.k1.k2.length_scale)
    return DescriptorProcess(center, scale, x[some], width * amplitude * model.alpha_, length, level)


def balanced_rows(families: Sequence[str], most: int) -> NDArray[np.intp]:
    """Indices of at most so many entries, with families as equally large as they allow; the same every time."""
    names = np.array(families)
    order = np.random.default_rng(0).permutation(len(names))
    rank = np.empty(len(names), dtype=int)
    for name in np.unique(names):
        members = order[names[order] == name]
        rank[members] = np.arange(len(members))
    return np.sort(order[np.argsort(rank[order], kind="stable")][:most])
