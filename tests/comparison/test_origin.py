"""Where a difference comes from: shares that sum to it, in a network with random weights."""

from __future__ import annotations

import numpy as np
import pytest

from mlcluster.anatomy import Anatomy
from mlcluster.comparison.origin import origin_of_difference
from mlcluster.data import model_structures
from mlcluster.graph import convert
from mlcluster.levels.network import Ensemble, ModelConfig, build_model

CHANNELS = ("gap:gfn1-xtb", "emission:measured")


@pytest.fixture(scope="module")
def pair():
    models = model_structures()
    return models["rod model [Au25(PH3)10(SH)5Cl2]2+"], models["central-vacancy rod model [Au24(PH3)10(SH)5Cl2]+"]


@pytest.fixture(scope="module")
def ensemble():
    config = ModelConfig(channels=CHANNELS, lmax=1, n_features=8, n_layers=2)
    return Ensemble([build_model(config, seed) for seed in (0, 1, 2)])


def origin_of(a, b, ensemble):
    output = ensemble.predict([convert(cluster, 5.0) for cluster in (a, b)])
    return origin_of_difference(Anatomy(a), Anatomy(b), ensemble.channels, output)


def test_terms_sum_to_the_values_and_their_difference(pair, ensemble):
    origin = origin_of(*pair, ensemble)
    output = ensemble.predict([convert(cluster, 5.0) for cluster in pair])
    for column, channel in enumerate(CHANNELS):
        a, b = output.mean[:, column].tolist()
        rows = origin.terms[channel]
        assert sum(row["a"] for row in rows) == pytest.approx(a, abs=1e-5)
        assert sum(row["b"] for row in rows) == pytest.approx(b, abs=1e-5)
        assert sum(row["difference"] for row in rows) == pytest.approx(b - a, abs=1e-5)
        assert origin.members[channel].mean() == pytest.approx(b - a, abs=1e-5)
        assert len(origin.members[channel]) == 3


def test_atoms_of_a_part_make_its_share(pair, ensemble):
    origin = origin_of(*pair, ensemble)
    kernel = np.array(origin.parts_a) == "kernel metal"
    assert 0 < kernel.sum() < len(pair[0])
    row = next(row for row in origin.terms[CHANNELS[0]] if row["term"] == "kernel metal")
    assert origin.atoms_a[CHANNELS[0]][kernel].sum() == pytest.approx(row["a"], abs=1e-6)
    assert origin.difference_of_part(CHANNELS[0])["kernel metal"] == row["difference"]
    assert {row["unit"] for row in origin.to_rows()} == {"eV"}


def test_a_part_that_one_of_them_lacks_counts_as_nothing(ensemble):
    models = model_structures()
    origin = origin_of(models["model [Au25(SH)18]-"], models["model [Au9(PH3)8]3+"], ensemble)
    row = next(row for row in origin.terms[CHANNELS[0]] if row["term"] == "staple")
    assert row["b"] == 0.0 and row["a"] != 0.0
