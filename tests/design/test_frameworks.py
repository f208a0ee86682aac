"""Every framework has the published formula, electron count and ligands, and no atoms too close."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from mlcluster.anatomy import Anatomy
from mlcluster.chem.elements import is_metal
from mlcluster.chem.formula import hill_formula
from mlcluster.design.frameworks import FRAMEWORKS, build
from mlcluster.errors import ConfigError
from mlcluster.geometry.bonds import cluster_bonds
from mlcluster.structure.cluster import Cluster

# Framework: metals, ligands by kind, other atoms of all ligands with R = H, charge, superatom electrons.
PUBLISHED = {
    "m3-phosphine": ({"Au": 3}, {"phosphine": 3}, {"P": 3, "H": 9}, 1, 2),
    "m3-capped": ({"Cu": 3}, {"phosphine": 6, "halide": 2}, {"P": 6, "H": 18, "Cl": 2}, 1, 0),
    "m4-phosphine": ({"Au": 4}, {"phosphine": 4}, {"P": 4, "H": 12}, 2, 2),
    "m4-cubane": ({"Cu": 4}, {"phosphine": 4, "halide": 4}, {"P": 4, "H": 12, "I": 4}, 0, 0),
    "m4-ring": ({"Cu": 4}, {"thiolate": 4}, {"S": 4, "H": 4}, 0, None),
    "m6-phosphine": ({"Au": 6}, {"phosphine": 6}, {"P": 6, "H": 18}, 2, 4),
    "m7-phosphine": ({"Au": 7}, {"phosphine": 7}, {"P": 7, "H": 21}, 1, 6),
    "m9-phosphine": ({"Au": 9}, {"phosphine": 8}, {"P": 8, "H": 24}, 3, 6),
    "m11-phosphine": ({"Au": 11}, {"phosphine": 7, "halide": 3}, {"P": 7, "H": 21, "Cl": 3}, 0, 8),
    # Thiolates that hold metals of no kernel leave the number of superatom electrons open.
    "m12-ring": ({"Au": 12}, {"thiolate": 12}, {"S": 12, "H": 12}, 0, None),
    "m12-stacked-rings": ({"Au": 12}, {"thiolate": 12}, {"S": 12, "H": 12}, 0, 0),
    "m13-phosphine": ({"Au": 13}, {"phosphine": 10, "halide": 2}, {"P": 10, "H": 30, "Cl": 2}, 3, 8),
    "m13-diphosphine": ({"Au": 13}, {"phosphine": 5, "halide": 2}, {"P": 10, "C": 10, "H": 40, "Cl": 2}, 3, 8),
    "m14-thiolate": ({"Ag": 14}, {"thiolate": 12, "phosphine": 8}, {"S": 12, "P": 8, "H": 36}, 0, 2),
    "m20-phosphine": ({"Au": 20}, {"phosphine": 4}, {"P": 4, "H": 12}, 0, 20),
    "m25-thiolate": ({"Au": 25}, {"thiolate": 18}, {"S": 18, "H": 18}, -1, 8),
    "m38-thiolate": ({"Au": 38}, {"thiolate": 24}, {"S": 24, "H": 24}, 0, 14),
    "rod-eclipsed": ({"Au": 13, "Ag": 12}, {"phosphine": 10, "halide": 8}, {"P": 10, "H": 30, "Cl": 8}, 1, 16),
    "rod-staggered": ({"Au": 13, "Ag": 12}, {"phosphine": 10, "halide": 8}, {"P": 10, "H": 30, "Cl": 8}, 1, 16),
    "rod-halide": ({"Au": 13, "Ag": 12}, {"phosphine": 10, "halide": 8}, {"P": 10, "H": 30, "Cl": 8}, 1, 16),
    "rod-thiolate": (
        {"Au": 25},
        {"phosphine": 10, "thiolate": 5, "halide": 2},
        {"P": 10, "S": 5, "H": 35, "Cl": 2},
        2,
        16,
    ),
    "rod-vacancy": (
        {"Au": 24},
        {"phosphine": 10, "thiolate": 5, "halide": 2},
        {"P": 10, "S": 5, "H": 35, "Cl": 2},
        1,
        16,
    ),
}


def test_every_framework_has_a_published_formula_here() -> None:
    assert set(PUBLISHED) == set(FRAMEWORKS)


@pytest.mark.parametrize("name", PUBLISHED)
def test_counts_are_those_of_the_published_formula(name: str) -> None:
    metals, kinds, rest, charge, electrons = PUBLISHED[name]
    cluster = build(name)
    assert cluster.formula == hill_formula(metals | rest)
    assert (cluster.charge, cluster.multiplicity) == (charge, 1)
    assert Anatomy(cluster).valence_electrons == electrons
    assert Counter(ligand.kind for ligand in Anatomy(cluster).ligands) == kinds


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("r", ["H", "Me"])
def test_distances_are_reasonable(name: str, r: str) -> None:
    cluster = build(name, r=r)
    distance = _distances(cluster)
    metal, hydrogen = is_metal(cluster.numbers), cluster.numbers == 1
    assert distance[metal][:, metal].min() > 2.5
    assert distance[metal][:, hydrogen].min() > 2.3
    ligand = ~metal & ~hydrogen
    assert 2.2 < distance[metal][:, ligand].min() < 2.45
    bonds = cluster_bonds(cluster.numbers, cluster.positions)
    distance[bonds.first, bonds.second] = np.inf
    assert distance[~metal][:, ~metal].min() > 1.6, "non-metals that are not bonded"


@pytest.mark.parametrize("name", ["m4-phosphine", "m25-thiolate"])
def test_phenyl_groups_are_whole_and_apart(name: str) -> None:
    cluster = build(name, r="Ph")
    ligands = Counter(ligand.formula for ligand in Anatomy(cluster).ligands if ligand.kind != "halide")
    assert set(ligands) <= {"C18H15P", "C6H5S"}
    assert sum(ligands.values()) == sum(n for kind, n in PUBLISHED[name][1].items() if kind != "halide")
    assert _distances(cluster).min() > 1.0


@pytest.mark.parametrize("name", ["rod-staggered", "m25-thiolate", "m13-diphosphine"])
def test_the_same_call_gives_the_same_structure(name: str) -> None:
    first, second = build(name, r="Me"), build(name, r="Me")
    np.testing.assert_array_equal(first.numbers, second.numbers)
    np.testing.assert_allclose(first.positions, second.positions, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "options", "electrons"),
    [
        ("m25-thiolate", {"metal": "Ag", "donor": "Se"}, 8),
        ("m25-thiolate", {"centre": "Pt", "charge": -2}, 8),
        ("m13-phosphine", {"centre": "Pt", "charge": 2, "element": "Br"}, 8),
        ("m9-phosphine", {"centre": "Pd", "charge": 2}, 6),
        ("rod-halide", {"belt": "Au", "apex": "Au", "twist": 20.0, "bridges": "S", "element": "I"}, 16),
        ("m4-cubane", {"metal": "Ag", "element": "Cl"}, 0),
    ],
)
def test_other_elements_keep_the_electron_count(name: str, options: dict, electrons: int) -> None:
    assert Anatomy(build(name, **options)).valence_electrons == electrons


@pytest.mark.parametrize(
    ("name", "options", "complaint"),
    [
        ("m25-thiolat", {}, "Did you mean m25-thiolate"),
        ("m9-phosphine", {"colour": "red"}, "wrong options"),
        ("m9-phosphine", {"r": "Et"}, "no such substituent"),
        ("rod-halide", {"bridges": "X"}, "pattern of halide bridges"),
    ],
)
def test_wrong_names_are_refused(name: str, options: dict, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        build(name, **options)


def _distances(cluster: Cluster) -> np.ndarray:
    distance = np.linalg.norm(cluster.positions[:, None] - cluster.positions[None], axis=-1)
    np.fill_diagonal(distance, np.inf)
    return distance
