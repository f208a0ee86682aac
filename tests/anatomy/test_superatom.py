"""Superatom counts of published clusters, each term worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

import mlcluster
from mlcluster.anatomy import Anatomy
from mlcluster.data import model_structures

PUBLISHED = {
    "model [Au25(SH)18]-": (8, {"Au": 25, "thiolate": -18, "charge": 1}),
    "model [Ag25(SH)18]-": (8, {"Ag": 25, "thiolate": -18, "charge": 1}),
    "model Au38(SH)24": (14, {"Au": 38, "thiolate": -24, "charge": 0}),
    "E isomer model [Au13Ag12(PH3)10Cl8]+": (16, {"Ag": 12, "Au": 13, "halide": -8, "charge": -1}),
    "S isomer model [Au13Ag12(PH3)10Cl8]+": (16, {"Ag": 12, "Au": 13, "halide": -8, "charge": -1}),
    "rod model [Au25(PH3)10(SH)5Cl2]2+": (16, {"Au": 25, "thiolate": -5, "halide": -2, "charge": -2}),
    "central-vacancy rod model [Au24(PH3)10(SH)5Cl2]+": (16, {"Au": 24, "thiolate": -5, "halide": -2, "charge": -1}),
    "model [Au13(PH3)10Cl2]3+": (8, {"Au": 13, "halide": -2, "charge": -3}),
    "model [Au13(H2PCH2CH2PH2)5Cl2]3+": (8, {"Au": 13, "halide": -2, "charge": -3}),
    "model Au11(PH3)7Cl3": (8, {"Au": 11, "halide": -3, "charge": 0}),
    "model [Au9(PH3)8]3+": (6, {"Au": 9, "charge": -3}),
    "model Ag14(SH)12(PH3)8": (2, {"Ag": 14, "thiolate": -12, "charge": 0}),
}


def test_bundled_models_give_the_published_counts():
    found = {}
    for name, cluster in model_structures().items():
        electrons = Anatomy(cluster).electrons
        found[name] = (electrons.count, electrons.terms)
    assert found == PUBLISHED


def test_unknown_charge_gives_no_count_but_says_what_is_known():
    cluster = model_structures()["model [Au25(SH)18]-"].replace(charge=None, multiplicity=None)
    electrons = Anatomy(cluster).electrons
    assert electrons.count is None and "7 less the charge" in electrons.note
    # Charges from -3 to +4, as in the literature.
    assert (electrons.low, electrons.high) == (3, 10)


def bare_sulfur(**changes):
    """Au3S with the sulfur on an edge, no carbon."""
    positions = [[0, 0, 0], [2.8, 0, 0], [1.4, 2.42, 0], [1.4, -1.9, 0]]
    return mlcluster.Cluster(numbers=np.array([79, 79, 79, 16]), positions=np.array(positions), charge=0, **changes)


def test_bare_sulfur_is_ambiguous_unless_declared():
    electrons = Anatomy(bare_sulfur()).electrons
    assert (electrons.count, electrons.low, electrons.high) == (None, 1, 2)
    assert electrons.conventions == {"bare S as thiolate": 2, "bare S as sulfide": 1}
    assert Anatomy(bare_sulfur(declared_ligands=("S:thiolate",))).electrons.count == 2


def test_a_hydride_gives_two_counts():
    """[Au9H(PR3)8]2+ by its kernel: 6 with H- (Cirri et al. 2020, 10.1039/c9cc08009k), 8 with H as a metal (Takano et
    al., J. Am. Chem. Soc. 2018, 140, 8380)."""
    gold = model_structures()["model [Au9(PH3)8]3+"]
    metals = gold.positions[gold.numbers == 79]
    centre = metals[np.linalg.norm(metals - metals.mean(axis=0), axis=1).argmin()]
    apart = [d for d in np.vstack([np.eye(3), -np.eye(3)])]
    place = max((centre + 1.7 * d for d in apart), key=lambda p: np.sort(np.linalg.norm(gold.positions - p, axis=1))[1])
    hydride = gold.replace(
        numbers=np.append(gold.numbers, 1), positions=np.vstack([gold.positions, place]), charge=2, labels=()
    )
    electrons = Anatomy(hydride).electrons
    assert electrons.terms["hydride"] == -1 and electrons.count == 6
    assert electrons.conventions == {"hydride as ligand": 6, "hydride as metal": 8}
    assert Anatomy(gold).electrons.conventions == {}


@pytest.mark.parametrize(
    ("numbers", "positions", "why"),
    [
        ([8, 1, 1], [[0, 0, 0], [0.96, 0, 0], [-0.3, 0.9, 0]], "fewer than two metals"),
        ([26, 26, 17], [[0, 0, 0], [2.4, 0, 0], [1.2, 2, 0]], "Fe"),
        ([79, 17, 79], [[0, 0, 0], [2.3, 0, 0], [4.6, 0, 0]], "no metal-metal contact"),
    ],
)
def test_not_applicable_elsewhere(numbers, positions, why):
    cluster = mlcluster.Cluster(numbers=np.array(numbers), positions=np.array(positions, dtype=float), charge=0)
    electrons = Anatomy(cluster).electrons
    assert electrons.count is None and "not applicable" in electrons.note and why in electrons.note
