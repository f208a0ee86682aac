"""A Gaussian process on the frozen embedding of an ensemble: an alternative to training heads where labels are few."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mlcluster.errors import DataError
from mlcluster.model.gaussian_process import fit

Array = NDArray[np.float64]

COMPONENTS = 12
"""Principal components of the embedding that are kept at most; half the number of labels where that is fewer."""


def fit_embedding_gp(
    embedding_train: ArrayLike,
    labels: ArrayLike,
    embedding_test: ArrayLike,
    families: Sequence[str] | None = None,
    *,
    components: int = COMPONENTS,
    seed: int = 0,
) -> tuple[Array, Array]:
    """Predict from features that a network has learned on other labels and that stay as they are.

    Embeddings are standardised on the training rows and reduced to principal components, so that a few dozen labels do
    not meet hundreds of nearly collinear features. Kernel and family offset are those of the formula level: an RBF
    whose hyperparameters maximise the evidence.

    Parameters
    ----------
    embedding_train
        ``EnsembleOutput.embedding`` of the training entries, (N, F).
    labels
        Their labels in model space, (N,).
    embedding_test
        Embeddings to predict, (M, F).
    families
        Of the training entries, so that relatives do not count as independent; each on its own when None.
    components
        Principal components at most.
    seed
        Starts the search for hyperparameters.

    Returns
    -------
    tuple[Array, Array]
        Mean and standard deviation in model space, (M,) each, for entries of families not met in training.

    Raises
    ------
    DataError
        If there are fewer than three labels or the shapes do not fit.
    """
    learned, y = np.asarray(embedding_train, dtype=np.float64), np.asarray(labels, dtype=np.float64)
    asked = np.asarray(embedding_test, dtype=np.float64)
    if len(y) < 3 or learned.shape != (len(y), asked.shape[-1]):
        found = f"{learned.shape} training features, {len(y)} labels, {asked.shape} features to predict"
        raise DataError("no Gaussian process can be fitted to these.", found=found, expected="three labels or more")
    names = [str(number) for number in range(len(y))] if families is None else list(families)
    center, scale = learned.mean(axis=0), learned.std(axis=0)
    scale = np.where(scale > 1e-9, scale, 1.0)
    _, strength, directions = np.linalg.svd((learned - center) / scale, full_matrices=False)
    kept = max(min(components, len(y) // 2, int((strength > 1e-6 * strength[0]).sum())), 1)
    # One scale for all components: the first ones, along which entries differ most, then count most.
    project = directions[:kept].T / (strength[:kept].mean() / np.sqrt(len(y)))
    process = fit((learned - center) / scale @ project, y, names, "rbf", seed)
    return process.predict((asked - center) / scale @ project)
