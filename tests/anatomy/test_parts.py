"""Parts of clusters whose anatomy is published."""

from __future__ import annotations

import numpy as np
import pytest

import mlcluster
from mlcluster import Cluster
from mlcluster.anatomy.parts import PARTS, assign_parts
from mlcluster.data import model_structures

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


@pytest.mark.parametrize("name", sorted(MODELS))
def test_bundled_models_have_their_published_anatomy(name):
    parts = assign_parts(model_structures()[name])
    assert (parts.counts["kernel metal"], parts.staple_counts) == MODELS[name]


def test_ag14_is_an_octahedron_with_eight_caps():
    # Ag14(SR)12(PR3)8: Yang et al., J. Am. Chem. Soc. 2013, 135, 17258: Ag6 octahedron, Ag8 cube of caps.
    parts = assign_parts(model_structures()["model Ag14(SH)12(PH3)8"])
    assert (parts.counts["kernel metal"], parts.counts["surface metal"]) == (6, 8)


def test_every_atom_of_a_crystal_cluster_is_named(shared_data):
    (result,) = mlcluster.read(shared_data / "cod" / "1540567.cif")
    parts = assign_parts(result.cluster)
    assert set(parts.labels) <= set(PARTS) and len(parts.labels) == len(result.cluster)
    assert parts.counts == {"kernel metal": 13, "staple": 30, "ligand body": 18 * 17}
    assert parts.staple_counts == {"Au2(SR)3": 6}


def test_lone_atoms_by_what_they_touch():
    octahedron = 2.05 * np.vstack([np.eye(3), -np.eye(3)])
    outside = [[0, 0, 4.1], [1.6, 1.6, 1.6], [20.0, 0, 0]]
    cluster = Cluster(
        numbers=np.array([79] * 6 + [6, 17, 1, 8]),
        positions=np.vstack([octahedron, np.zeros((1, 3)), [[0, 0, 4.3]], [[1.5, 1.5, 0]], outside[2:]]),
    )
    assert assign_parts(cluster).labels[6:] == ("interstitial", "ligand donor", "hydride", "ion or solvent")


def test_parts_do_not_depend_on_order_or_orientation():
    cluster = model_structures()["model Au38(SH)24"]
    order = np.random.default_rng(3).permutation(len(cluster))
    turned = cluster.positions[:, [2, 0, 1]] * [1, -1, 1]
    shuffled = Cluster(numbers=cluster.numbers[order], positions=turned[order])
    labels = np.array(assign_parts(cluster).labels)
    assert (labels[order] == np.array(assign_parts(shuffled).labels)).all()
