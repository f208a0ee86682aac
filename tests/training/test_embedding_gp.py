from __future__ import annotations

import numpy as np
import pytest

from mlcluster.errors import DataError
from mlcluster.levels.network.embedding_gp import fit_embedding_gp


def test_learns_a_function_of_the_strongest_direction_of_an_embedding():
    rng = np.random.default_rng(0)
    latent = rng.normal(size=(80, 2))
    embedding = latent @ rng.normal(size=(2, 64)) + 0.01 * rng.normal(size=(80, 64))
    labels = np.sin(latent[:, 0]) + 0.3 * latent[:, 1]

    mean, spread = fit_embedding_gp(embedding[:60], labels[:60], embedding[60:])

    error = np.abs(mean - labels[60:])
    assert error.mean() < 0.15 * np.abs(labels[60:] - labels[:60].mean()).mean()
    assert (error < 4 * spread).all()


def test_says_more_doubt_far_from_its_labels():
    rng = np.random.default_rng(1)
    embedding = rng.normal(size=(40, 8))

    _, spread = fit_embedding_gp(embedding, embedding[:, 0], np.vstack([embedding[:1], embedding[:1] + 50.0]))

    assert spread[1] > 1.5 * spread[0]


def test_refuses_shapes_that_do_not_fit():
    with pytest.raises(DataError, match="three labels or more"):
        fit_embedding_gp(np.zeros((5, 4)), np.zeros(5), np.zeros((2, 3)))
