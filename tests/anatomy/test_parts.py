"""Parts of clusters whose anatomy is published."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

import mlcluster
from mlcluster import Cluster
from mlcluster.anatomy import Anatomy
from mlcluster.anatomy.atom_parts import PARTS
from mlcluster.anatomy.description import describe
from mlcluster.data import model_structures
from mlcluster.data.sources import nc_database
from tests.anatomy.stand_ins import stand_in

MODELS = {
    "model [Au25(SH)18]-": (13, {"Au2(SR)3": 6}),
    "model [Ag25(SH)18]-": (13, {"Ag2(SR)3": 6}),
    "model Au38(SH)24": (23, {"Au2(SR)3": 6, "Au(SR)2": 3}),
    "E isomer model [Au13Ag12(PH3)10Cl8]+": (25, {}),
    "rod model [Au25(PH3)10(SH)5Cl2]2+": (25, {"mu2-SR": 5}),
    "central-vacancy rod model [Au24(PH3)10(SH)5Cl2]+": (24, {"mu2-SR": 5}),
    "model [Au9(PH3)8]3+": (9, {}),
    "model Au11(PH3)7Cl3": (11, {}),
}


def staple_counts(parts):
    return Counter(staple.formula for staple in parts.staples)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_bundled_models_have_their_published_anatomy(name):
    parts = Anatomy(model_structures()[name]).parts
    assert (parts.counts["kernel metal"], staple_counts(parts)) == MODELS[name]


def test_ag14_is_an_octahedron_with_eight_caps():
    # Ag14(SR)12(PR3)8: Yang et al., J. Am. Chem. Soc. 2013, 135, 17258: Ag6 octahedron, Ag8 cube of caps.
    parts = Anatomy(model_structures()["model Ag14(SH)12(PH3)8"]).parts
    assert (parts.counts["kernel metal"], parts.counts["surface metal"]) == (6, 8)


def test_every_atom_of_a_crystal_cluster_is_named(shared_data):
    (result,) = mlcluster.read(shared_data / "cod" / "1540567.cif")
    parts = Anatomy(result.cluster).parts
    assert set(parts.labels) <= set(PARTS) and len(parts.labels) == len(result.cluster)
    assert parts.counts == {"kernel metal": 13, "staple": 30, "ligand body": 18 * 17}
    assert staple_counts(parts) == {"Au2(SR)3": 6}


def test_lone_atoms_by_what_they_touch():
    octahedron = 2.05 * np.vstack([np.eye(3), -np.eye(3)])
    outside = [[0, 0, 4.1], [1.6, 1.6, 1.6], [20.0, 0, 0]]
    cluster = Cluster(
        numbers=np.array([79] * 6 + [6, 17, 1, 8]),
        positions=np.vstack([octahedron, np.zeros((1, 3)), [[0, 0, 4.3]], [[1.5, 1.5, 0]], outside[2:]]),
    )
    assert Anatomy(cluster).parts.labels[6:] == ("interstitial", "ligand donor", "hydride", "ion or solvent")


def test_parts_do_not_depend_on_order_or_orientation():
    cluster = model_structures()["model Au38(SH)24"]
    order = np.random.default_rng(3).permutation(len(cluster))
    turned = cluster.positions[:, [2, 0, 1]] * [1, -1, 1]
    shuffled = Cluster(numbers=cluster.numbers[order], positions=turned[order])
    labels = np.array(Anatomy(cluster).parts.labels)
    assert (labels[order] == np.array(Anatomy(shuffled).parts.labels)).all()


@pytest.mark.parametrize("phosphines", [3, 4])
def test_stand_ins_of_au21_and_au22(phosphines):
    """Au17 (Au18) kernel + 4 Au(SR)2 + 4 mu2-SR + 3 (4) PPh2py: 10.1038/s41467-025-65024-3."""
    cluster = stand_in(phosphines)
    found = describe(Anatomy(cluster))
    assert cluster.composition["Au"] == 18 + phosphines
    assert found["parts"]["kernel"] == f"Au{14 + phosphines}"
    assert found["parts"]["counts"]["kernel metal"] == 14 + phosphines
    assert (found["parts"]["staples"], found["parts"]["bridges"]) == ({"Au(SR)2": 4}, {"mu2-SR": 4})
    thiolate, phosphine = found["ligands"]
    assert (thiolate["abbreviation"], thiolate["count"]) == ("SMe", 12)
    assert (phosphine["name"], phosphine["count"]) == ("diphenyl(2-pyridyl)phosphine", phosphines)
    electrons = found["valence_electrons"]
    assert electrons["terms"] == {"Au": 18 + phosphines, "thiolate": -12, "charge": 2 - phosphines}
    assert (electrons["count"], electrons["shells"]) == (8, "closed superatom shell")


def test_e_and_s_are_superatomic_molecules():
    for letter in "ES":
        electrons = describe(Anatomy(model_structures()[f"{letter} isomer model [Au13Ag12(PH3)10Cl8]+"]))[
            "valence_electrons"
        ]
        assert (electrons["count"], electrons["shells"]) == (16, "2 x 8, a superatomic molecule")


PUBLISHED = {
    "fully_protected/au18_schex14_opt": (9, {"Au4(SR)5": 1, "Au2(SR)3": 1, "Au(SR)2": 3}),
    "fully_protected/au20_tbbt16_opt": (7, {"Au8(SR)8 ring": 1, "Au3(SR)4": 1, "Au(SR)2": 2}),
    "fully_protected/au23_schex16_-1_opt": (15, {"Au3(SR)4": 2, "Au(SR)2": 2, "mu2-SR": 4}),
    "fully_protected/au28_schex20_opt": (20, {"Au3(SR)4": 2, "Au(SR)2": 2, "mu2-SR": 8}),
    "fully_protected/au28_tbbt20_opt": (20, {"Au2(SR)3": 4, "mu2-SR": 8}),
    "fully_protected/au36_tbbt24_opt": (28, {"Au2(SR)3": 4, "mu2-SR": 12}),
    "fully_protected/au44_tbbt28_opt": (36, {"Au2(SR)3": 4, "mu2-SR": 16}),
    "fully_protected/au52_tbbt32_opt": (44, {"Au2(SR)3": 4, "mu2-SR": 20}),
    "fully_protected/au60_s6_pmt36_opt": (20, {"Au20S3(SR)18": 2}),
    "fully_protected/au92_tbbt44_opt": (84, {"Au(SR)2": 8, "mu2-SR": 28}),
    "fully_protected/au102_mba44_opt": (79, {"Au2(SR)3": 2, "Au(SR)2": 19}),
    "fully_protected/au133_tbbt52_opt": (107, {"Au(SR)2": 26}),
    "sch3_protected/024_20_cp2k_opt": (8, {"Au4(SR)5": 4}),
    "sch3_protected/030_18_cp2k_opt": (18, {"Au2(SR)3": 6}),
    "sch3_protected/038_24t_cp2k_opt": (23, {"Au3(SR)4": 2, "Au2(SR)3": 3, "Au(SR)2": 3, "mu2-SR": 1}),
    "other/Ag24Pd_final": (13, {"Ag2(SR)3": 6}),
}
"""Kernel and units as published; references in benchmarks/published_anatomy.csv."""


def test_relaxed_clusters_have_their_published_anatomy(shared_data):
    found = {}
    for item in nc_database.read(shared_data / "nc_database"):
        if item.entry in PUBLISHED:
            parts = Anatomy(item.cluster).parts
            found[item.entry] = (parts.counts["kernel metal"], staple_counts(parts))
    assert found == PUBLISHED


def test_interlocked_rings_have_no_kernel(shared_data):
    (result,) = mlcluster.read(shared_data / "ausr" / "cif" / "10_10.cif")
    parts = Anatomy(result.cluster).parts
    assert "kernel metal" not in parts.counts
    assert staple_counts(parts) == {"Au5S5 ring": 2}


def test_an_alkynyl_staple_counts_each_alkynyl_once():
    """HCC-Au-CCH, each triple bond on one more gold."""
    gold = [[0, 0, 0], [2.6, 0, -2.2], [-2.6, 0, -2.2]]
    chain = [[sign * x, 0, 0] for sign in (1, -1) for x in (2.0, 3.2)]
    hydrogen = [[4.26, 0, 0], [-4.26, 0, 0]]
    cluster = Cluster(
        numbers=np.array([79] * 3 + [6] * 4 + [1] * 2), positions=np.array(gold + chain + hydrogen, dtype=float)
    )
    assert staple_counts(Anatomy(cluster).parts) == {"Au(CCR)2": 1}


def test_a_thiolate_with_a_second_donor_still_makes_staples():
    """Two sulfurs opposite each other on gold, each in one ligand with a nitrogen that binds another gold."""
    points = {79: [[0, 0, 0], [4.6, 0, 2.2], [-4.6, 0, 2.2]], 16: [[2.3, 0, 0], [-2.3, 0, 0]]}
    points[6] = [[sign * 3.4, 1.0, 0.9] for sign in (1, -1)]
    points[7] = [[sign * 4.5, 0.9, 0.25] for sign in (1, -1)]
    points[1] = [[sign * 5.2, 1.5, 0.0] for sign in (1, -1)]
    cluster = Cluster(
        numbers=np.array([z for z, group in points.items() for _ in group]),
        positions=np.array([p for group in points.values() for p in group], dtype=float),
    )
    assert staple_counts(Anatomy(cluster).parts) == {"Au(SR)2": 1}


@pytest.mark.parametrize(("angle", "staples"), [(122.5, {"mu1-SR": 2}), (123.5, {"Au(SR)2": 1})])
def test_a_staple_metal_is_nearly_linear(angle, staples):
    """Gold between two thiolates: relaxed staples lie above 126 degrees, kernel gold below 121."""
    half = np.radians(angle) / 2
    arms = np.array([[np.sin(half), np.cos(half), 0.0], [-np.sin(half), np.cos(half), 0.0]])
    points = np.vstack([np.zeros((1, 3)), 2.3 * arms, 2.3 * arms + [0.0, 0.0, 1.34]])
    cluster = Cluster(numbers=[79, 16, 16, 1, 1], positions=points)
    assert staple_counts(Anatomy(cluster).parts) == staples


@pytest.mark.parametrize(("mean", "part"), [(0.34, "interstitial"), (0.36, "ligand donor")])
def test_an_interstitial_atom_is_enclosed_by_its_metals(mean, part):
    """Sulfur below one gold and between three: the mean of the four unit vectors is (1 + 3 cos t) / 4 along z."""
    z = (4 * mean - 1) / 3
    turns = 2 * np.pi * np.arange(3) / 3
    ring = np.column_stack([np.sqrt(1 - z**2) * np.cos(turns), np.sqrt(1 - z**2) * np.sin(turns), np.full(3, z)])
    points = 2.4 * np.vstack([np.zeros((1, 3)), [[0.0, 0.0, 1.0]], ring])
    assert Anatomy(Cluster(numbers=[16, 79, 79, 79, 79], positions=points)).parts.labels[0] == part
