"""Core superposition where the answer is known."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from mlcluster import Cluster
from mlcluster.anatomy import Anatomy
from mlcluster.chem.elements import is_metal
from mlcluster.data import model_structures
from mlcluster.geometry.shapes import centred_polyhedra
from mlcluster.match.cores import match_cores


@pytest.fixture(scope="module")
def models():
    return model_structures()


def moved(cluster, seed, mirror=False, noise=0.0):
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(cluster))
    motion = Rotation.random(rng=seed).as_matrix() @ np.diag([1, 1, -1.0 if mirror else 1.0])
    positions = (cluster.positions @ motion.T + rng.normal(size=3))[order]
    positions = positions + rng.normal(scale=noise, size=positions.shape)
    return cluster.replace(numbers=cluster.numbers[order], positions=positions, labels=()), order


@given(seed=st.integers(0, 1000), mirror=st.booleans())
@settings(max_examples=8)
def test_any_motion_and_order_is_undone(models, seed, mirror):
    cluster = models["S isomer model [Au13Ag12(PH3)10Cl8]+"]
    other, _ = moved(cluster, seed, mirror)
    match = match_cores(Anatomy(cluster), Anatomy(other))
    assert match.rmsd < 1e-6 and match.donor_rmsd < 1e-6 and match.share == 1.0
    pairs = np.vstack([match.pairs, match.donor_pairs])
    assert np.array_equal(cluster.numbers[pairs[:, 0]], other.numbers[pairs[:, 1]])
    assert len(np.unique(pairs[:, 1])) == 25 + 18
    laid = cluster.positions[pairs[:, 0]] @ match.rotation.T + match.translation
    assert np.abs(laid - other.positions[pairs[:, 1]]).max() < 1e-6


@pytest.mark.parametrize("seed", range(6))
def test_one_dopant_and_two_donors_are_found_among_the_120_operations_of_an_icosahedron(seed):
    """Metals alone fit in 120 ways: only the right ones also lay silver on silver and chlorine on chlorine."""
    points = 2.8 * centred_polyhedra()["icosahedron"]
    numbers = np.full(13, 79)
    numbers[3] = 47
    onto = points[[5, 9]] * (1 + 2.35 / 2.8)
    cluster = Cluster(numbers=np.append(numbers, [17, 17]), positions=np.vstack([points, onto]))
    other, order = moved(cluster, seed, mirror=bool(seed % 2))
    match = match_cores(Anatomy(cluster), Anatomy(other))
    assert match.rmsd < 1e-6 and match.donor_rmsd < 1e-6
    assert len(match.donor_pairs) == 2
    assert np.array_equal(cluster.numbers[match.pairs[:, 0]], other.numbers[match.pairs[:, 1]])


def test_missing_central_atom_is_found(models):
    full, lacking = (
        models["rod model [Au25(PH3)10(SH)5Cl2]2+"],
        models["central-vacancy rod model [Au24(PH3)10(SH)5Cl2]+"],
    )
    match = match_cores(Anatomy(full), Anatomy(lacking))
    metals = np.flatnonzero(is_metal(full.numbers))
    centre = full.positions[metals].mean(axis=0)
    nearest = metals[np.linalg.norm(full.positions[metals] - centre, axis=1).argmin()]
    assert match.only_a.tolist() == [nearest] and match.only_b.size == 0
    assert match.metal_share == pytest.approx(24 / 25)
    back = match_cores(Anatomy(lacking), Anatomy(full))
    assert back.only_b.tolist() == [nearest] and back.rmsd == pytest.approx(match.rmsd, abs=1e-9)
    assert np.array_equal(back.pairs[np.argsort(back.pairs[:, 1])][:, ::-1], match.pairs)


def test_isomers_differ_by_the_turn_of_their_halves(models):
    e, s = (models[f"{k} isomer model [Au13Ag12(PH3)10Cl8]+"] for k in "ES")
    # Two rigid halves turned by +-18 degrees against the mean: belt and end pentagons (radius 0.8944 x 2.78
    # angstrom, 20 of 25 metals) move by 2 r sin(9 degrees) each, the five atoms on the axis not at all.
    expected = np.sqrt(20 / 25) * 2 * 0.8944 * 2.78 * np.sin(np.radians(9))
    assert match_cores(Anatomy(e), Anatomy(s)).rmsd == pytest.approx(expected, rel=0.05)


def test_what_is_out_of_reach_has_no_partner(models):
    small, large = models["model [Au9(PH3)8]3+"], models["model Au38(SH)24"]
    match = match_cores(Anatomy(small), Anatomy(large))
    assert len(match.pairs) + len(match.only_a) == 9 and len(match.pairs) + len(match.only_b) == 38
    laid = small.positions[match.pairs[:, 0]] @ match.rotation.T + match.translation
    assert np.linalg.norm(laid - large.positions[match.pairs[:, 1]], axis=1).max() <= 1.8


def test_a_cluster_of_1381_atoms(shared_data, tmp_path):
    from mlcluster.structure.read import read

    with gzip.open(shared_data / "nc_database" / "nc_database.extxyz.gz", "rt", encoding="utf-8") as stream:
        frame = next(lines for lines in frames(stream) if len(lines) == 1383)
    (tmp_path / "large.xyz").write_text("".join(frame), encoding="utf-8")
    large = read(tmp_path / "large.xyz")[0].cluster
    assert len(large) == 1381
    match = match_cores(Anatomy(large), Anatomy(moved(large, 3, noise=0.05)[0]))
    assert match.metal_share == 1.0 and match.rmsd < 0.15


def frames(stream):
    """Lines of each frame of an extended XYZ file."""
    for count in stream:
        yield [count, *(next(stream) for _ in range(int(count) + 1))]


def test_molecules_without_metal_have_no_core(models):
    water = Cluster(numbers=np.array([8, 1, 1]), positions=np.array([[0, 0, 0], [0.96, 0, 0], [-0.3, 0.9, 0]]))
    assert match_cores(Anatomy(water), Anatomy(models["model [Au9(PH3)8]3+"])) is None
