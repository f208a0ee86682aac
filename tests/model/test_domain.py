"""What lies beyond a domain, by hand and for real clusters, and thresholds that families held out set."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mlcluster.anatomy import Anatomy
from mlcluster.data import model_structures
from mlcluster.errors import ModelError
from mlcluster.levels.network.features import LatentSpace, representatives
from mlcluster.model.domain import (
    CRITERIA,
    STATED,
    describe_domain,
    domain_distances,
    findings,
    fit_thresholds,
    is_outside,
    ligand_classes,
    reasons_beyond,
    reasons_outside,
)
from mlcluster.structure.cluster import Cluster


@pytest.fixture(scope="module")
def models():
    return model_structures()


@pytest.fixture(scope="module")
def domain(models):
    known = [models["model Au11(PH3)7Cl3"], models["E isomer model [Au13Ag12(PH3)10Cl8]+"]]
    return json.loads(json.dumps(describe_domain(known, ["M11", "M25 rod"])))


def test_domain_of_two_clusters(domain):
    assert domain["elements"] == ["H", "P", "Cl", "Ag", "Au"]
    assert domain["ligand_classes"] == ["halide", "phosphine without carbon"]
    assert (domain["n_atoms"], domain["n_metals"], domain["charge"]) == ([42, 73], [11, 25], [0, 1])
    assert domain["closed_shell_only"] and domain["families"] == {"M11": 1, "M25 rod": 1}


def test_nothing_is_said_of_what_was_learned_from(models, domain):
    assert findings(Anatomy(models["model Au11(PH3)7Cl3"]), domain) == []


def test_atoms_that_cannot_both_be_right_are_outside_whatever_was_learned(models, domain):
    known = models["model Au11(PH3)7Cl3"]
    assert reasons_outside(Anatomy(known), domain) == ()
    gold = int(np.flatnonzero(known.numbers == 79)[0])
    twice = Cluster(
        numbers=[*known.numbers, 79],
        positions=np.vstack([known.positions, known.positions[gold] + [0.3, 0.0, 0.0]]),
        charge=known.charge,
        name="twice",
    )
    (reason, *_) = reasons_outside(Anatomy(twice), domain)
    assert reason.endswith("too close to be both right: 0.30 angstrom")


def test_ligand_classes_tell_carbon_and_bare_sulfur():
    gold = {"numbers": [79], "positions": [[0.0, 0, 0]]}

    def with_ligand(symbols, positions):
        numbers = [*gold["numbers"], *symbols]
        return ligand_classes(
            Anatomy(Cluster(numbers=np.array(numbers), positions=np.array([[0.0, 0, 0], *positions])))
        )

    assert with_ligand([16], [[2.3, 0, 0]]) == {"bare S"}
    assert with_ligand([16, 1], [[2.3, 0, 0], [2.7, 1.28, 0]]) == {"thiolate without carbon"}
    methyl = [[2.3, 0, 0], [2.9, 1.7, 0], [3.9, 1.7, 0.3], [2.4, 2.3, 0.8], [2.6, 2.2, -0.9]]
    assert with_ligand([16, 6, 1, 1, 1], methyl) == {"thiolate with carbon"}
    assert with_ligand([17], [[2.3, 0, 0]]) == {"halide"}


def test_each_criterion_is_measured(models, domain):
    cluster = models["model Au11(PH3)7Cl3"]
    found = findings(Anatomy(cluster.replace(charge=-2)), domain, distance=2.5)
    assert domain_distances(found).tolist() == [0.0, 2.0, 2.5, 0.0]
    bare = Cluster(numbers=np.full(50, 79), positions=np.arange(150.0).reshape(50, 3) * 10, charge=0)
    row = domain_distances(findings(Anatomy(bare), domain))
    assert row[CRITERIA.index("size")] == pytest.approx(np.log(50 / 25), rel=1e-12), "50 metals where 25 were seen"
    assert reasons_beyond(findings(Anatomy(bare), domain), {}) == ["50 metal atoms; training had 11 to 25"]


def test_a_threshold_decides_what_is_a_reason(models, domain):
    found = findings(Anatomy(models["model Au11(PH3)7Cl3"].replace(charge=4)), domain, distance=1.5)
    assert reasons_beyond(found, {}) == ["charge +4; training had +0 to +1"]
    assert reasons_beyond(found, {"charge": 3.0}) == []
    (reason,) = reasons_beyond(found, {"latent distance": 1.0, "charge": 3.0})
    assert reason == "latent distance 1.5; training families lie 1 apart, held-out families up to 1"


def test_verdict_and_reasons_agree(models, domain):
    for cluster in models.values():
        for distance in (None, 0.5, 2.5):
            found = findings(Anatomy(cluster), domain, distance)
            assert is_outside(domain_distances(found), STATED).tolist() == [bool(reasons_beyond(found, STATED))]


def test_thresholds_are_what_most_held_out_rows_do_not_exceed():
    rows = np.zeros((60, 4))
    families = np.repeat([f"family {k}" for k in range(10)], 6)
    rows[:, CRITERIA.index("latent distance")] = np.repeat(np.arange(10.0), 6)
    rows[:, CRITERIA.index("unseen")] = 1.0
    thresholds = fit_thresholds(rows, families)
    assert thresholds["latent distance"] == 8.0, "nine families of ten lie within"
    assert thresholds["unseen"] == 0.0 and thresholds["size"] == STATED["size"]
    assert thresholds["origin"] == "10 families held out in turn"
    # A large family counts no more than a small one.
    large = np.concatenate([families, np.repeat("family 0", 600)])
    assert fit_thresholds(np.concatenate([rows, np.zeros((600, 4))]), large)["latent distance"] == 8.0
    assert fit_thresholds(rows[:24], families[:24]) == STATED | {"origin": "stated"}


def test_what_was_not_measured_does_not_count():
    rows = np.array([[0.0, 0.0, np.nan, 0.0], [0.0, 0.0, 9.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
    assert is_outside(rows, STATED).tolist() == [False, True, True]


@pytest.fixture(scope="module")
def latent():
    rng = np.random.default_rng(0)
    centers = rng.normal(size=(6, 20))
    families = np.repeat(list("abcdef"), 50)
    embedding = np.repeat(centers, 50, axis=0) + 0.05 * rng.normal(size=(300, 20))
    return centers, families, embedding, LatentSpace.of(embedding, families)


def test_latent_distance_is_in_units_of_the_distance_between_families(latent):
    centers, _, embedding, space = latent
    assert space.distance(embedding).max() < 0.3
    assert 0.3 < np.median(space.distance(centers[:3] / 3 + centers[3:] * 2 / 3)) < 1.0
    far = space.distance(centers + 10 * (centers - centers.mean(axis=0)))
    assert far.min() > 3
    # Another network may scale, shift and turn its features.
    turned = np.linalg.qr(np.random.default_rng(1).normal(size=(20, 20)))[0]
    other = LatentSpace.of(7 * embedding + 3, latent[1])
    assert other.distance(7 * embedding + 3) == pytest.approx(space.distance(embedding), abs=1e-3)
    assert LatentSpace.of(embedding @ turned, latent[1]).unit > 0


def test_latent_distance_counts_in_typical_not_in_largest_distances_between_families():
    # Neighbours lie 1 apart but for the last family, which is 7 from its nearest: the median is 1.
    positions = np.array([[0.0], [1.0], [2.0], [3.0], [10.0]])
    space = LatentSpace.of(positions, list("ABCDE"))
    assert space.distance([[11.0], [6.0], [-2.5]]) == pytest.approx([1.0, 3.0, 2.5], rel=1e-3)


def test_latent_space_survives_json(latent):
    _, _, embedding, space = latent
    text = json.dumps(space.to_json())
    assert len(text) < 100_000
    again = LatentSpace.from_json(json.loads(text))
    assert (again.distance(embedding) == space.distance(embedding)).all()
    with pytest.raises(ModelError, match="latent space"):
        LatentSpace.from_json({"center": [0.0]})
    with pytest.raises(ModelError, match="shapes"):
        LatentSpace.from_json({"center": [0.0], "axes": [[1.0]], "references": [[0.0, 1.0]], "unit": 1.0})


def test_representatives_are_spread_evenly():
    names = np.array(["a"] * 100 + ["b"] * 3)
    assert representatives(names, 5).tolist() == [0, 25, 50, 74, 99, 100, 101, 102]
    one = LatentSpace.of(np.ones((1, 4)), ["a"])
    assert one.unit == 1.0 and one.distance(np.ones((2, 4))).tolist() == [0.0, 0.0]
