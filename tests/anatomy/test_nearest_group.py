"""The ideal point group that a description leads with: the published one, whatever a little noise does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcluster.anatomy import Anatomy
from mlcluster.anatomy.description import describe
from mlcluster.anatomy.in_words import sentences_of, symmetry_in_words
from mlcluster.anatomy.shape import framework_group, symmetry_of
from mlcluster.design.frameworks import build
from mlcluster.geometry.shapes import centred_polyhedra
from mlcluster.geometry.symmetry_measure import NEAR, nearest_group, symmetry_measures
from mlcluster.structure.cluster import Cluster

PUBLISHED = {
    "m3-phosphine": "D3h",
    "m4-phosphine": "Td",
    "m4-cubane": "Td",
    "m6-phosphine": "D2h",
    "m7-phosphine": "D5h",
    "m9-phosphine": "D4d",
    "m11-phosphine": "C3v",
    "m13-phosphine": "Ih",
    "m13-diphosphine": "Ih",
    "m14-thiolate": "Oh",
    "m20-phosphine": "Td",
    "m25-thiolate": "Ih",
    "m38-thiolate": "D3h",
    "rod-eclipsed": "D5h",
    "rod-staggered": "D5d",
    "rod-thiolate": "D5h",
    "rod-vacancy": "D5h",
}


def shaken(cluster: Cluster, seed: int, size: float = 0.1) -> Cluster:
    """The cluster with normal noise of so many angstrom in every coordinate of every atom."""
    noise = np.random.default_rng(seed).normal(size=cluster.positions.shape)
    return cluster.replace(positions=cluster.positions + size * noise)


@pytest.mark.parametrize("name", PUBLISHED)
def test_noise_does_not_change_the_nearest_group_of_a_model(name: str) -> None:
    ideal = symmetry_of(Anatomy(build(name)))["nearest_group"]
    assert (ideal["symbol"], ideal["near"]) == (PUBLISHED[name], True)
    assert ideal["measure"] < 0.005
    for seed in range(3):
        noisy = symmetry_of(Anatomy(shaken(build(name), seed)))["nearest_group"]
        assert (noisy["symbol"], noisy["near"]) == (PUBLISHED[name], True), seed
        assert 0.0 < noisy["measure"] < 1.0


@settings(max_examples=12)
@given(seed=st.integers(0, 10_000), name=st.sampled_from(["m13-phosphine", "m7-phosphine", "rod-staggered"]))
def test_noise_of_any_seed_leaves_the_group_while_the_exact_one_is_lost(seed: int, name: str) -> None:
    cluster = shaken(build(name), seed)
    found = symmetry_of(Anatomy(cluster), tolerance=0.05)
    assert found["nearest_group"]["symbol"] == PUBLISHED[name]
    assert found["point_group"]["symbol"] != PUBLISHED[name]


def test_both_sides_of_near() -> None:
    """A square stretched to a rectangle: every corner moves by d along both axes, sqrt(2) d in all."""
    for d, symbol in ((0.98 * NEAR / 2**0.5, "D4h"), (1.02 * NEAR / 2**0.5, "D2h")):
        corners = np.array([[a * (2 + d), b * (2 - d), 0] for a in (1, -1) for b in (1, -1)])
        measures = symmetry_measures(np.full(4, 79), corners, ["D4h", "D2h"])
        found = nearest_group(measures, corners)
        assert found is not None and (found.symbol, found.near) == (symbol, True)


def test_far_from_everything_says_so() -> None:
    scattered = np.random.default_rng(5).normal(size=(9, 3)) * [1.0, 2.0, 6.0]
    found = nearest_group({"D3": 7.1, "C2v": 6.8}, scattered)
    assert found is not None and (found.symbol, found.near) == ("C2v", False)
    assert nearest_group({}, scattered) is None
    told = symmetry_in_words({"nearest_group": found._asdict()})
    assert told == "far from every ideal point group; the nearest is C2v (6.80)"


def test_a_twist_between_the_isomers_is_neither() -> None:
    rods = {twist: describe(Anatomy(build("rod-halide", twist=twist)))["shape"] for twist in (0.0, 18.0, 36.0)}
    assert [shape["arrangement"] for shape in rods.values()] == ["eclipsed", "twisted", "staggered"]
    assert [shape["nearest_group"]["symbol"] for shape in rods.values()] == ["D5h", "D5", "D5d"]


def test_elements_count_for_the_kernel_and_not_for_its_framework() -> None:
    icosahedron = 2.8 * centred_polyhedra()["icosahedron"]
    mixed = Cluster(numbers=np.array([79] * 12 + [47]), positions=icosahedron)
    assert symmetry_of(Anatomy(mixed))["nearest_group"]["symbol"] == "C5v"
    framework = framework_group(Anatomy(mixed))
    assert framework is not None and framework.symbol == "Ih"


def test_the_nearest_group_comes_before_the_exact_one() -> None:
    facts = describe(Anatomy(shaken(build("rod-staggered"), 3)), tolerance=0.05)
    assert facts["shape"]["point_group"]["symbol"] == "C1"
    text = sentences_of(facts)[-1]
    assert "bi-icosahedron, staggered and close to D5d (symmetry measure 0." in text
    assert text.endswith("; within 0.05 angstrom it keeps none.")


def test_other_parts_are_named_as_what_they_are() -> None:
    anatomy = Anatomy(build("m38-thiolate"))
    kernel, core = (" ".join(sentences_of(describe(anatomy, symmetry=part))) for part in ("kernel", "core"))
    assert "is a face-sharing bi-icosahedron and of D3h symmetry." in kernel
    assert "is a face-sharing bi-icosahedron. The body of all metals and donors is of D3 symmetry" in core


@pytest.mark.parametrize(
    ("charge", "source", "words"),
    [
        (1, "stated", "Its charge is +1."),
        (1, "ions", "as the counter-ions in the crystal balance it"),
        (0, "assumed", "taken as 0"),
        (None, "unknown", "Its charge is not known: state it with --charge."),
    ],
)
def test_the_charge_and_how_it_is_known(charge: int | None, source: str, words: str) -> None:
    cluster = build("m13-phosphine").replace(charge=charge, multiplicity=None)
    told = sentences_of(describe(Anatomy(cluster)) | {"charge_source": source})
    assert words in " ".join(told)


def test_words_of_what_is_no_cluster() -> None:
    water = Cluster(numbers=np.array([8, 1, 1]), positions=np.array([[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]]))
    complex_ = Cluster(numbers=np.array([78, 17, 17]), positions=np.array([[0, 0, 0], [2.3, 0, 0], [-2.3, 0, 0]]))
    bridged = Cluster(numbers=np.array([79, 17, 79]), positions=np.array([[0, 0, 0], [2.3, 0, 0], [4.6, 0, 0]]))
    apart = Cluster(numbers=np.array([79, 17, 79]), positions=np.array([[0, 0, 0], [2.3, 0, 0], [9.6, 0, 0]]))
    near = Cluster(numbers=np.array([79, 79]), positions=np.array([[0, 0, 0], [2.8, 0, 0]]))
    held = [Anatomy(each).no_cluster for each in (water, complex_, apart, near, bridged)]
    assert held == [
        "no metal atom",
        "one metal atom (Pt)",
        "2 metal atoms, no two of them in contact or bridged",
        *[None] * 2,
    ]
    assert "is no metal cluster: it holds one metal atom (Pt)" in sentences_of(describe(Anatomy(complex_)))[0]


def test_a_negative_count_of_electrons_doubts_the_charge() -> None:
    described = {"name": "x", "formula": "Au3H9P3", "elements": {"Au": 3, "P": 3, "H": 9}, "charge": 99}
    (said,) = (s for s in sentences_of(described | {"valence_electrons": {"count": -96}}) if "valence" in s)
    assert said.endswith("is the charge right?")
    assert not any("right?" in s for s in sentences_of(described | {"valence_electrons": {"count": 0}}))
