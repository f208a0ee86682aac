"""Hydrogens taken off known groups come back in number and place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from scipy.spatial.transform import Rotation

import mlcluster
from mlcluster.chem.elements import NUMBERS
from mlcluster.errors import ConfigError
from mlcluster.geometry.bonds import cluster_bonds
from mlcluster.structure.hydrogens import LENGTHS, missing_hydrogens

GROUPS = Path(mlcluster.__file__).parent / "design" / "ligand_shapes" / "groups.xyz"
TURNING = {"Me", "o-Tol", "C6H3Me2", "C6H4tBu", "C-C6H4tBu"}
"""Groups with a methyl that turns almost freely."""


def ligands() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Every group the package can build with, on the sulfur or metal it is bonded to."""
    found = {}
    lines = GROUPS.read_text().splitlines()
    while lines:
        count, name = int(lines[0]), lines[1].split()[0].removeprefix("name=")
        rows = [line.split() for line in lines[2 : 2 + count]]
        lines = lines[2 + count :]
        numbers = np.array([NUMBERS[row[0]] for row in rows])
        positions = np.array([[float(v) for v in row[1:4]] for row in rows])
        support = [(79, (0, 0, -2.0))] if name.startswith("C-") else [(16, (0, 0, -1.82)), (79, (2.2, 0, -2.6))]
        numbers = np.concatenate([numbers, [z for z, _ in support]])
        found[name] = numbers, np.vstack([positions, [at for _, at in support]])
    return found


LIGANDS = ligands()


def stripped(numbers: np.ndarray, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    heavy = numbers != 1
    return numbers[heavy], positions[heavy]


@pytest.mark.parametrize("name", sorted(set(LIGANDS) - {"H", "C6H4COOH"}))
def test_the_hydrogens_of_a_ligand_come_back(name):
    numbers, positions = LIGANDS[name]
    z, xyz = stripped(numbers, positions)
    added = missing_hydrogens(z, xyz, cluster_bonds(z, xyz))
    assert len(added.parents) == int((numbers == 1).sum())
    away = cdist(positions[numbers == 1], added.positions).min(axis=1)
    assert (away < 0.2).sum() >= len(away) - (9 if name in TURNING else 0)
    if name not in TURNING:
        assert away.max() < 0.2


def test_an_acid_keeps_its_oxygens_bare():
    z, xyz = stripped(*LIGANDS["C6H4COOH"])
    added = missing_hydrogens(z, xyz, cluster_bonds(z, xyz))
    assert len(added.parents) == 4 and set(z[added.parents]) == {6}


@given(name=st.sampled_from(["Ph", "CH2Ph", "C2H4Ph", "1-Adm", "2-py", "C6H3Me2"]), seed=st.integers(0, 999))
def test_turning_the_molecule_turns_its_hydrogens(name, seed):
    z, xyz = stripped(*LIGANDS[name])
    turn = Rotation.random(rng=seed)
    straight, turned = (missing_hydrogens(z, x, cluster_bonds(z, x)) for x in (xyz, turn.apply(xyz)))
    assert straight.parents.tolist() == turned.parents.tolist()
    fixed = [k for k, parent in enumerate(straight.parents) if (straight.parents == parent).sum() < 3]
    assert np.allclose(turn.apply(straight.positions)[fixed], turned.positions[fixed], atol=1e-6)


@given(name=st.sampled_from(sorted(LIGANDS)))
def test_a_complete_molecule_gets_none(name):
    numbers, positions = LIGANDS[name]
    assert not len(missing_hydrogens(numbers, positions, cluster_bonds(numbers, positions)).parents)


def test_reading_adds_them_only_when_asked_and_says_so(read_one):
    bare, full = read_one("missing_hydrogens"), read_one("missing_hydrogens", hydrogens="add")
    assert (bare.cluster.formula, full.cluster.formula) == ("C3H6Au2ClP", "C3H9Au2ClP")
    (entry,) = [e for e in full.report.entries if e.code == "hydrogens_added"]
    assert "C3 (3)" in entry.message and entry.site == "C3"
    assert "missing_hydrogens" in bare.report.codes() and "missing_hydrogens" not in full.report.codes()
    assert "hydrogens_added" not in bare.report.codes()
    assert np.linalg.norm(full.cluster.positions[-1] - full.cluster.positions[full.cluster.labels.index("C3")]) < 1.1


def test_unknown_way_to_treat_hydrogens(read_cif):
    with pytest.raises(ConfigError, match="keep, add"):
        read_cif("missing_hydrogens", hydrogens="guess")


@pytest.mark.parametrize(
    ("atoms", "formula"),
    [
        # ammonia, acetonitrile and an isocyanide on gold; a thiolate keeps its sulfur bare
        ("N 0 0 2.10", "AuH3N"),
        ("N 0 0 2.00\nC 0 0 3.14\nC 0 0 4.60", "C2H3AuN"),
        ("C 0 0 1.95\nN 0 0 3.10\nC 0 0 4.53", "C2H3AuN"),
        ("S 0 0 2.30\nC 1.70 0 2.95", "CH3AuS"),
        ("C 0 0 1.98\nC 0 0 3.18\nC 0 0 4.65", "C3H3Au"),
        ("C 0 0 1.96\nO 0 0 3.09", "CAuO"),
        # an acetylide with its hydrogen
        ("C 0 0 1.98\nC 0 0 3.18", "C2HAu"),
    ],
)
def test_ligands_with_few_atoms(atoms, formula, tmp_path):
    path = tmp_path / "small.xyz"
    rows = ["Au 0 0 0", *atoms.splitlines()]
    path.write_text(f"{len(rows)}\n\n" + "\n".join(rows) + "\n")
    assert mlcluster.read(path, hydrogens="add")[0].cluster.formula == formula


def test_most_hydrogens_of_a_measured_cluster(shared_data):
    path = shared_data / "cod" / "1540567.cif"
    cluster = mlcluster.read(path)[0].cluster
    z, xyz = stripped(cluster.numbers, cluster.positions)
    added = missing_hydrogens(z, xyz, cluster_bonds(z, xyz))
    assert abs(len(added.parents) - 162) <= 4


def completed(atoms: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Heavy atoms of a molecule, and the parents and positions of its hydrogens."""
    rows = [row.split() for row in atoms.splitlines()]
    z, xyz = np.array([NUMBERS[row[0]] for row in rows]), np.array([[float(x) for x in row[1:]] for row in rows])
    added = missing_hydrogens(z, xyz, cluster_bonds(z, xyz))
    return xyz, added.parents, added.positions


def test_a_methyl_in_any_direction_is_a_tetrahedron():
    xyz, parents, hydrogens = completed("S 0 0 0\nC 1.05 1.05 1.05")
    assert parents.tolist() == [1, 1, 1]
    out = (hydrogens - xyz[1]) / LENGTHS["aliphatic"]
    assert np.linalg.norm(out, axis=1) == pytest.approx(1.0), "as long as any single bond to carbon"
    assert out @ (xyz[0] - xyz[1]) / np.linalg.norm(xyz[1]) == pytest.approx(np.cos(np.radians(109.5)))


def test_an_amide_gets_one_hydrogen_in_its_plane_and_a_tertiary_amine_none():
    _, parents, hydrogens = completed("C 1.50 0 0\nC 0 0 0\nO -0.62 1.07 0\nN -0.67 -1.15 0\nC -2.12 -1.20 0")
    assert parents.tolist().count(3) == 1
    assert hydrogens[parents.tolist().index(3)][2] == pytest.approx(0.0, abs=1e-6)
    arms = [(1.39 * np.cos(t), 1.39 * np.sin(t)) for t in np.radians([0, 120, 240])]
    _, parents, _ = completed("N 0 0 0\n" + "\n".join(f"C {x} {y} 0.47" for x, y in arms))
    assert sorted(parents.tolist()) == [1, 1, 1, 2, 2, 2, 3, 3, 3]


def test_the_end_of_a_double_bond_is_flat():
    xyz, parents, hydrogens = completed("S 1.0 1.45 0.3\nC 0 0 0\nC -1.30 0 0")
    ends = hydrogens[parents == 2]
    normal = np.cross(xyz[0], xyz[2])
    assert len(ends) == 2 and ends @ normal == pytest.approx(np.zeros(2), abs=1e-9)


@pytest.mark.parametrize("side", [(1, 0), (0, 1), (-1, 0), (0, -1)])
def test_an_amine_turns_away_from_what_is_near(side):
    """Two hydrogens of a nitrogen on sulfur, and one fluorine beside it: they stand on the other side, in any turn."""
    x, y = side
    xyz, parents, hydrogens = completed(f"S 0 0 0\nN 0 0 1.76\nF {2.4 * x} {2.4 * y} 2.1")
    assert parents.tolist() == [1, 1]
    away = hydrogens.mean(axis=0)[:2] / np.linalg.norm(hydrogens.mean(axis=0)[:2])
    assert away @ np.array(side) == pytest.approx(-1.0, abs=0.004), "within five degrees"
