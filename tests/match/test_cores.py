"""Core superposition where the answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from mlcluster.chem.elements import is_metal
from mlcluster.data import model_structures
from mlcluster.match.cores import match_cores
from mlcluster.match.relation import relation_between


@pytest.fixture(scope="module")
def models():
    return model_structures()


def moved(cluster, seed, mirror=False):
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(cluster))
    motion = Rotation.random(rng=seed).as_matrix() @ np.diag([1, 1, -1.0 if mirror else 1.0])
    positions = (cluster.positions @ motion.T + rng.normal(size=3))[order]
    return cluster.replace(numbers=cluster.numbers[order], positions=positions, labels=()), order


@given(seed=st.integers(0, 1000), mirror=st.booleans())
def test_any_motion_and_order_is_undone(models, seed, mirror):
    cluster = models["S isomer model [Au13Ag12(PH3)10Cl8]+"]
    other, order = moved(cluster, seed, mirror)
    match = match_cores(cluster, other)
    assert match.rmsd < 1e-6
    assert np.array_equal(cluster.numbers[match.pairs[:, 0]], other.numbers[match.pairs[:, 1]])
    assert len(np.unique(match.pairs[:, 1])) == 25


def test_missing_central_atom_is_found(models):
    full, lacking = (
        models["rod model [Au25(PH3)10(SH)5Cl2]2+"],
        models["central-vacancy rod model [Au24(PH3)10(SH)5Cl2]+"],
    )
    match = match_cores(full, lacking)
    metals = np.flatnonzero(is_metal(full.numbers))
    centre = full.positions[metals].mean(axis=0)
    nearest = metals[np.linalg.norm(full.positions[metals] - centre, axis=1).argmin()]
    assert match.only_a.tolist() == [nearest] and match.only_b.size == 0
    assert relation_between(full, lacking, match)[0] == "defect"
    back = match_cores(lacking, full)
    assert back.only_b.tolist() == [nearest] and back.rmsd == pytest.approx(match.rmsd, abs=1e-9)


def test_isomers_differ_by_the_turn_of_their_halves(models):
    e, s = (models[f"{k} isomer model [Au13Ag12(PH3)10Cl8]+"] for k in "ES")
    match = match_cores(e, s)
    # Two rigid halves turned by +-18 degrees against the mean: belt and end pentagons (radius 0.8944 x 2.78
    # angstrom, 20 of 25 metals) move by 2 r sin(9 degrees) each, the five atoms on the axis not at all.
    expected = np.sqrt(20 / 25) * 2 * 0.8944 * 2.78 * np.sin(np.radians(9))
    assert match.rmsd == pytest.approx(expected, rel=0.05)
    assert relation_between(e, s, match)[0] == "isomer"


def test_relations(models):
    gold, silver = models["model [Au25(SH)18]-"], models["model [Ag25(SH)18]-"]

    def relation(a, b):
        return relation_between(a, b, match_cores(a, b))[0]

    assert relation(gold, moved(gold, 1)[0]) == "identical"
    assert relation(gold, silver) == "doping"
    assert relation(gold, gold.replace(charge=0, multiplicity=2)) == "charge state"
    assert relation(gold, models["model [Au9(PH3)8]3+"]) == "unrelated"
    numbers = models["model Au11(PH3)7Cl3"].numbers.copy()
    numbers[numbers == 17] = 35
    bromide = models["model Au11(PH3)7Cl3"].replace(numbers=numbers, labels=())
    assert relation(models["model Au11(PH3)7Cl3"], bromide) == "ligand exchange"


def test_mirror_image_of_a_chiral_cluster(models):
    chiral = models["S isomer model [Au13Ag12(PH3)10Cl8]+"]
    positions = chiral.positions + np.random.default_rng(0).normal(scale=0.1, size=chiral.positions.shape)
    chiral = chiral.replace(positions=positions)
    mirror, _ = moved(chiral, 5, mirror=True)
    assert relation_between(chiral, mirror, match_cores(chiral, mirror))[0] == "mirror image"


def test_molecules_without_metal_have_no_core(models):
    from mlcluster import Cluster

    water = Cluster(numbers=np.array([8, 1, 1]), positions=np.array([[0, 0, 0], [0.96, 0, 0], [-0.3, 0.9, 0]]))
    assert match_cores(water, models["model [Au9(PH3)8]3+"]) is None
