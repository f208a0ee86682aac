from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import mlcluster
from mlcluster import Cluster
from mlcluster.structure.write import VACUUM


@pytest.fixture
def cluster() -> Cluster:
    return Cluster(
        numbers=[79, 79, 17, 1],
        positions=[[0, 0, 0], [2.8, 0, 0], [-2.3, 0.1, 0], [4.2, 0.5, -0.7]],
        charge=1,
        multiplicity=2,
        name="two golds",
        labels=("Au1", "Au2'", "Cl1", "H1"),
        declared_ligands=("Cl:chloride",),
    )


def test_xyz_is_read_by_ase_with_nothing_lost(cluster: Cluster) -> None:
    from ase.io import read

    atoms = read(io.StringIO(cluster.to_xyz()), format="extxyz")
    assert np.allclose(atoms.positions, cluster.positions, atol=1e-8)
    assert atoms.get_chemical_symbols() == list(cluster.symbols)
    assert atoms.arrays["label"].tolist() == list(cluster.labels)
    assert not atoms.pbc.any()
    assert atoms.info == {"name": "two golds", "charge": 1, "multiplicity": 2, "declared_ligands": "Cl:chloride"}


def test_unknown_charge_is_left_out(cluster: Cluster) -> None:
    unknown = cluster.replace(charge=None, multiplicity=None, declared_ligands=())
    for text in (unknown.to_xyz(), unknown.to_cif()):
        assert "charge" not in text
        assert "multiplicity" not in text
        assert "declared" not in text


def test_cif_is_a_box_with_the_same_distances(cluster: Cluster) -> None:
    from pymatgen.io.cif import CifParser

    (structure,) = CifParser.from_str(cluster.to_cif()).parse_structures(primitive=False, check_occu=False)
    order = [cluster.labels.index(label) for label in structure.labels]
    assert sorted(order) == list(range(len(cluster)))
    assert [site.specie.symbol for site in structure] == [cluster.symbols[i] for i in order]
    expected = np.linalg.norm(cluster.positions[:, None] - cluster.positions, axis=-1)
    assert np.allclose(structure.distance_matrix, expected[np.ix_(order, order)], atol=1e-5)
    extent = np.ptp(cluster.positions, axis=0)
    assert np.allclose(structure.lattice.abc, extent + VACUUM, atol=1e-5)


def test_cif_states_charge_and_ligands_where_they_can_be_read(cluster: Cluster) -> None:
    lines = cluster.to_cif().splitlines()
    assert lines[0] == "data_two_golds"
    assert "_chemical_formula_sum 'Au2 Cl H'" in lines
    assert "_chemical_formula_moiety 'Au2 Cl H 1+'" in lines
    assert "_mlcluster_charge 1" in lines
    assert "_mlcluster_multiplicity 2" in lines
    assert "_mlcluster_declared_ligands 'Cl:chloride'" in lines
    assert sum(line.startswith('"Au2\'" Au ') for line in lines) == 1


@pytest.mark.parametrize("name", ["", "Größe\nzwei", 'a "b" =c'])
def test_any_name_can_be_written(cluster: Cluster, name: str) -> None:
    from ase.io import read

    named = cluster.replace(name=name)
    assert len(read(io.StringIO(named.to_xyz()), format="extxyz")) == len(cluster)
    assert named.to_cif().split("\n", 1)[0].isascii()


def test_what_a_candidate_was_made_from_is_written_and_read_back(cluster: Cluster, tmp_path: Path) -> None:
    assert "_mlcluster_parent" not in cluster.to_cif() and "_mlcluster_edits" not in cluster.to_cif()
    made = cluster.replace(source=replace(cluster.source, parent="Au2 'x'", edits="Au1 -> Ag; Cl1 -> Br"))
    for name, text in (("made.cif", made.to_cif()), ("made.xyz", made.to_xyz())):
        (tmp_path / name).write_text(text)
        source = mlcluster.read(tmp_path / name)[0].cluster.source
        assert (source.parent, source.edits) == ("Au2 'x'", "Au1 -> Ag; Cl1 -> Br")
