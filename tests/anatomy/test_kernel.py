"""Polyhedra, fusion, twist and bridging where the answer is published or made."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from mlcluster import Cluster
from mlcluster.anatomy import Anatomy
from mlcluster.anatomy.kernel import bridging_modes, fused_icosahedra, kernel_name, rod_of
from mlcluster.chem.elements import HALOGENS
from mlcluster.data import model_structures
from mlcluster.geometry.shapes import centred_polyhedra, shape_measure


@pytest.fixture(scope="module")
def models():
    return model_structures()


@pytest.mark.parametrize("name", sorted(centred_polyhedra()))
@given(seed=st.integers(0, 1000), noise=st.floats(0.0, 0.12))
def test_each_polyhedron_is_recognised_in_any_orientation(name, seed, noise):
    rng = np.random.default_rng(seed)
    points = 2.8 * centred_polyhedra()[name] @ Rotation.random(rng=seed).as_matrix().T
    points = points + rng.normal(scale=noise, size=points.shape)
    cluster = Cluster(numbers=np.full(13, 79)[rng.permutation(13)], positions=points)
    measures = {other: shape_measure(points, ideal) for other, ideal in centred_polyhedra().items()}
    assert min(measures, key=measures.get) == name
    if noise < 0.05:
        (core,) = [c for c in Anatomy(cluster).cores if c.centre == 0]
        assert core.name == name and core.measure < 1.0 < core.runner_up and core.lacks == 0


def test_the_measure_is_zero_for_itself_symmetric_and_blind_to_size():
    shapes = centred_polyhedra()
    a, b = shapes["icosahedron"], shapes["cuboctahedron"]
    assert shape_measure(3.1 * a, a) == pytest.approx(0.0, abs=1e-9)
    assert shape_measure(2.8 * a, b) == pytest.approx(shape_measure(2.8 * b, a), rel=1e-6)
    assert shape_measure(2.5 * a, b) == pytest.approx(shape_measure(3.0 * a, b), rel=1e-3)


PUBLISHED = {
    "model [Au25(SH)18]-": "icosahedron",
    "model [Au13(PH3)10Cl2]3+": "icosahedron",
    "model Au38(SH)24": "face-sharing bi-icosahedron",
    "E isomer model [Au13Ag12(PH3)10Cl8]+": "vertex-sharing bi-icosahedron",
    "S isomer model [Au13Ag12(PH3)10Cl8]+": "vertex-sharing bi-icosahedron",
    "rod model [Au25(PH3)10(SH)5Cl2]2+": "vertex-sharing bi-icosahedron",
    "central-vacancy rod model [Au24(PH3)10(SH)5Cl2]+": "bi-icosahedron lacking the shared vertex",
}


def test_kernels_are_named_as_published(models):
    assert {n: kernel_name(Anatomy(models[n])) for n in PUBLISHED} == PUBLISHED


def test_icosahedra_inside_a_larger_core_do_not_name_it(shared_data):
    import mlcluster

    results = mlcluster.read(shared_data / "nanomodeler" / "nanomodeler_cores.extxyz")
    large = [Anatomy(r.cluster) for r in results if r.cluster.composition["Au"] == 68]
    assert any(len(fused_icosahedra(anatomy.cores)) == 2 for anatomy in large)
    assert all(kernel_name(anatomy) is None for anatomy in large)


def test_the_crystal_of_au25_has_an_icosahedral_kernel(shared_data):
    import mlcluster

    (result,) = mlcluster.read(shared_data / "cod" / "1540567.cif")
    (core,) = Anatomy(result.cluster).cores
    assert core.name == "icosahedron" and core.measure < 0.5 and result.cluster.labels[core.centre] == "Au1"


def test_e_and_s_bridge_their_chlorides_as_published(models):
    e, s = (bridging_modes(Anatomy(models[f"{k} isomer model [Au13Ag12(PH3)10Cl8]+"]), HALOGENS) for k in "ES")
    assert e == {1: 2, 2: 5, 4: 1}
    assert s == {1: 2, 2: 4, 3: 2}


@settings(max_examples=10)
@given(angle=st.floats(-35.0, 35.0), seed=st.integers(0, 100))
def test_twist_is_measured_back_with_its_hand(models, angle, seed):
    rod = models["rod model [Au25(PH3)10(SH)5Cl2]2+"]
    turned = _twisted(rod, angle)
    motion = Rotation.random(rng=seed).as_matrix()
    turned = turned.replace(positions=turned.positions @ motion.T)
    found = rod_of(Anatomy(turned))
    assert found.sharing == "vertex-sharing"
    assert abs(found.twist) == pytest.approx(abs(angle), abs=0.01)
    if 1.0 < abs(angle):
        assert found.helical_sense == ("P" if angle > 0 else "M")
        mirror = turned.replace(positions=turned.positions * [1, 1, -1])
        assert rod_of(Anatomy(mirror)).helical_sense == ("M" if angle > 0 else "P")


def _twisted(rod: Cluster, degrees: float) -> Cluster:
    """The half of the second icosahedron turned about the axis, right-handed seen from the first towards the second."""
    a, b = fused_icosahedra(Anatomy(rod).cores)
    origin = rod.positions[a.centre]
    axis = (rod.positions[b.centre] - origin) / np.linalg.norm(rod.positions[b.centre] - origin)
    along = (rod.positions - origin) @ axis
    middle = 0.5 * along[b.centre]
    moved = along > middle + 0.1
    positions = rod.positions.copy()
    positions[moved] = Rotation.from_rotvec(np.radians(degrees) * axis).apply(positions[moved] - origin) + origin
    return rod.replace(positions=positions)


@pytest.mark.parametrize(
    ("shape", "atoms", "name"),
    [
        ("icosahedron", 13, "icosahedron"),
        ("icosahedron", 12, "icosahedron lacking one vertex"),
        ("cuboctahedron", 13, "cuboctahedron"),
    ],
)
def test_one_polyhedron_is_called_by_its_name(shape, atoms, name):
    points = 2.8 * centred_polyhedra()[shape][:atoms]
    assert kernel_name(Anatomy(Cluster(numbers=np.full(atoms, 79), positions=points))) == name


def test_both_icosahedra_about_a_vacancy_lack_one_vertex(models):
    cores = Anatomy(models["central-vacancy rod model [Au24(PH3)10(SH)5Cl2]+"]).cores
    assert [(core.lacks, len(core.neighbours)) for core in cores if core.name == "icosahedron"] == [(1, 11), (1, 11)]


def test_e_and_s_differ_by_36_degrees(models):
    twists = []
    for letter in "ES":
        cluster = models[f"{letter} isomer model [Au13Ag12(PH3)10Cl8]+"]
        twists.append(rod_of(Anatomy(cluster)))
    assert [round(rod.twist, 1) for rod in twists] == [0.0, 36.0]
    assert [rod.helical_sense for rod in twists] == [None, None]


def test_clusters_without_icosahedra_are_no_rod(models):
    for name in ("model [Au25(SH)18]-", "model [Au9(PH3)8]3+", "model Au38(SH)24"):
        assert rod_of(Anatomy(models[name])) is None
