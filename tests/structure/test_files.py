"""Formats, names, encodings, and what is no structure file at all."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import Lattice, Molecule, Structure

import mlcluster
from mlcluster.errors import InputError, MlclusterError
from mlcluster.structure.site_elements import readings_of_label, symbol_of_type


def refused(path, words):
    with pytest.raises(InputError, match=words) as caught:
        mlcluster.read(path)
    assert str(path) in str(caught.value)


def test_missing_file_and_folder(tmp_path):
    refused(tmp_path / "none.cif", "no such file")
    refused(tmp_path, "not a file")


def test_empty_file_and_empty_gz(tmp_path):
    empty = tmp_path / "empty.cif"
    empty.write_text(" \n")
    refused(empty, "empty")
    zipped = tmp_path / "empty.cif.gz"
    zipped.write_bytes(gzip.compress(b""))
    refused(zipped, "empty")


def test_cut_off_files(test_data, tmp_path):
    refused(test_data / "cif" / "cut_off.cif", "cut off")
    whole = gzip.compress((test_data / "cif" / "racemate.cif").read_bytes())
    cut = tmp_path / "cut.cif.gz"
    cut.write_bytes(whole[: len(whole) // 2])
    refused(cut, "broken or cut off")
    frame = tmp_path / "cut.xyz"
    frame.write_text("3\ncomment\nAu 0 0 0\nAu 0 0 2.7\n")
    refused(frame, "frame 1.*2 atom lines.*Expected: 3")
    (tmp_path / "cut.json").write_text('{"@class": "Molecule", "sites": [')
    refused(tmp_path / "cut.json", "cut off")


@pytest.mark.parametrize("filling", [b"\0" * 1000, b"lorem ipsum dolor sit amet\n" * 40], ids=["binary", "text"])
@pytest.mark.parametrize("name", ["junk.cif", "junk.xyz", "junk.json", "POSCAR"])
def test_junk_of_200_megabytes_is_refused_with_flat_memory(tmp_path, filling, name):
    path = tmp_path / name
    with path.open("wb") as stream:
        stream.write(filling)
        stream.truncate(200_000_000)
    tracemalloc.start()
    refused(path, "binary|not recognised")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


def test_a_bomb_of_zeros_in_a_gz_is_refused(tmp_path):
    path = tmp_path / "bomb.cif.gz"
    with gzip.open(path, "wb", compresslevel=1) as stream:
        for _ in range(20):
            stream.write(b"\0" * 10_000_000)
    refused(path, "binary")


def test_names_with_brackets_and_beyond_ascii(test_data, tmp_path):
    text = (test_data / "cif" / "across_corner.cif").read_text()
    path = tmp_path / "[Au4(PH3)4](BF4)2 – größer Кластер.cif"
    path.write_bytes(("_publ_author_name 'Häkkinen'\n# naïve\n" + text).encode("latin-1", "replace"))
    (result,) = mlcluster.read(path)
    assert result.cluster.name == "[Au4(PH3)4](BF4)2 – größer Кластер"
    assert result.cluster.charge == 2


def test_blocks_of_one_name_are_all_read(test_data, tmp_path):
    text = (test_data / "cif" / "achiral_in_pairs.cif").read_text()
    path = tmp_path / "two.cif"
    path.write_text(text + text.replace("Br", "I"))
    assert len(mlcluster.read(path)) == 2


def test_blank_lines_between_blocks(test_data, tmp_path):
    text = (test_data / "cif" / "achiral_in_pairs.cif").read_text()
    path = tmp_path / "two.cif"
    path.write_text("\n \n" + text + "\n\n \n" + text.replace("data_achiral", "data_other"))
    assert len(mlcluster.read(path)) == 2


def test_columns_of_different_length(test_data, tmp_path):
    text = (test_data / "cif" / "achiral_in_pairs.cif").read_text()
    path = tmp_path / "uneven.cif"
    path.write_text(text + "_atom_site_occupancy 1.0\n")
    refused(path, "1 values of _atom_site_occupancy, 8 labels")


def test_unreadable_symmetry(test_data, tmp_path):
    text = (test_data / "cif" / "achiral_in_pairs.cif").read_text()
    path = tmp_path / "symmetry.cif"
    path.write_text(text.replace("'-x, -y, -z'", "'-x, -y, -z, x'"))
    refused(path, "symmetry operation cannot be read")


def test_cif_without_atoms(tmp_path):
    path = tmp_path / "hkl.cif"
    path.write_text("data_x\n_cell_length_a 10\nloop_\n_refln_index_h\n_refln_index_k\n1 2\n")
    refused(path, "no atoms")


def test_unknown_element_and_bad_number_name_their_site(test_data, tmp_path):
    text = (test_data / "cif" / "duplicated_atoms.cif").read_text()
    path = tmp_path / "odd.cif"
    path.write_text(text.replace("Cl1 Cl", "Cl1 Zz"))
    refused(path, "Cl1.*known element")
    path.write_text(text.replace("Cl1 Cl 0.5", "Cl1 Cl O.5"))
    refused(path, "Cl1.*not a number")


def test_occupancy_beyond_one_is_refused(test_data, tmp_path):
    text = (test_data / "cif" / "disorder_groups.cif").read_text()
    path = tmp_path / "odd.cif"
    path.write_text(text.replace("0.70 A 1", "7.0 A 1"))
    refused(path, "Cl1A.*occupancy")


@pytest.mark.parametrize(
    ("word", "is_label", "symbol"),
    [
        ("Au0+", False, "Au"),
        ("CL1-", False, "Cl"),
        ("Au12", True, "Au"),
        ("C3_2001", True, "C"),
        ("CA1", True, "C"),
        ("HA", True, "H"),
        ("Cl1", True, "Cl"),
        ("P1A", True, "P"),
        ("D1", False, "D"),
    ],
)
def test_symbols_from_types_and_labels(word, is_label, symbol):
    assert (readings_of_label(word)[-1] if is_label else symbol_of_type(word)) == symbol


def au3(tmp_path):
    path = tmp_path / "au3.xyz"
    path.write_text("3\nname=trimer charge=1 multiplicity=1\nAu 0 0 0\nAu 2.7 0 0\nAu 1.35 2.34 0\n")
    return mlcluster.read(path)[0].cluster


def test_every_format_reads_back_what_was_written(tmp_path):
    cluster = au3(tmp_path)
    for ending, text in (("xyz", cluster.to_xyz()), ("cif", cluster.to_cif())):
        path = tmp_path / f"again.{ending}"
        path.write_text(text)
        (again,) = mlcluster.read(path)
        assert (again.cluster.charge, again.cluster.multiplicity) == (1, 1)
        assert again.cluster.labels == cluster.labels
        shift = again.cluster.positions - cluster.positions
        assert np.allclose(shift, shift[0], atol=1e-5)
    molecule = tmp_path / "molecule.json"
    molecule.write_text(json.dumps(cluster.to_pymatgen().as_dict()))
    assert mlcluster.read(molecule)[0].cluster.charge == 1


@given(
    charge=st.one_of(st.none(), st.sampled_from([-1, 1, 3])),
    points=st.lists(st.tuples(*[st.integers(-40, 40)] * 3), min_size=1, max_size=6, unique=True),
)
def test_round_trip_of_any_cluster(charge, points, tmp_path_factory):
    """A chain of golds with chlorides on it: bonded by construction, so it stays one fragment."""
    n = len(points)
    positions = np.array(
        [[2.8 * k, 0.0, 0.0] for k in range(n)] + [[2.8 * k, 2.2, p[0] / 100] for k, p in enumerate(points)]
    )
    cluster = mlcluster.Cluster(numbers=np.array([79] * n + [17] * n), positions=positions, charge=charge, name="a b")
    folder = tmp_path_factory.mktemp("trip")
    for ending, text in (("xyz", cluster.to_xyz()), ("cif", cluster.to_cif())):
        path = folder / f"c.{ending}"
        path.write_text(text)
        (again,) = mlcluster.read(path)
        assert again.cluster.charge == charge
        assert again.cluster.symbols == cluster.symbols
        distances = [np.linalg.norm(c.positions[:, None] - c.positions[None], axis=2) for c in (cluster, again.cluster)]
        assert np.allclose(*distances, atol=1e-5)


def test_pymatgen_structure_json_with_mixed_site_and_unknown_charge(tmp_path):
    lattice = Lattice.cubic(20.0)
    sites = [[9, 9, 9], [11, 11, 9], [11, 9, 11]]
    structure = Structure(lattice, ["Au", {"Au": 0.7, "Ag": 0.3}, "Au"], sites, coords_are_cartesian=True)
    path = tmp_path / "structure.json"
    path.write_text(json.dumps(structure.as_dict()))
    (result,) = mlcluster.read(path)
    assert result.cluster.composition == {"Au": 3} and result.cluster.charge is None
    assert "mixed_metal_majority" in result.report.codes()
    path.write_text(json.dumps(Molecule(["Au", "Cl"], [[0, 0, 0], [0, 0, 2.2]]).as_dict()))
    assert mlcluster.read(path)[0].cluster.charge is None, "pymatgen writes an unstated charge as 0"


def test_json_never_imports_what_it_names(tmp_path):
    path = tmp_path / "evil.json"
    path.write_text(json.dumps({"@module": "os", "@class": "system", "command": "touch owned"}))
    refused(path, "not a pymatgen Structure or Molecule")


def test_poscar(tmp_path):
    path = tmp_path / "POSCAR"
    path.write_text("Au2 in a box\n1.0\n15 0 0\n0 15 0\n0 0 15\nAu\n2\nCartesian\n7 7 6\n7 7 8.6\n")
    (result,) = mlcluster.read(path)
    assert result.cluster.composition == {"Au": 2} and result.cluster.crystal is None
    old = tmp_path / "old.vasp"
    old.write_text("no names\n1.0\n15 0 0\n0 15 0\n0 0 15\n2\nCartesian\n7 7 6\n7 7 8.6\n")
    refused(old, "POSCAR cannot be read")


def test_format_is_found_by_content_when_the_name_says_nothing(tmp_path):
    path = tmp_path / "structure.txt"
    path.write_text("1\n\nAu 0 0 0\n")
    assert mlcluster.read(path)[0].cluster.formula == "Au"


def test_extended_xyz_periodic_in_a_box_and_not_periodic(tmp_path):
    frame = '2\nLattice="12 0 0 0 12 0 0 0 12" pbc="{}" charge=0\nAu 0.2 0 0\nAu 11.0 0 0\n'
    path = tmp_path / "pair.extxyz"
    path.write_text(frame.format("T T T"))
    (whole,) = mlcluster.read(path)
    assert np.linalg.norm(np.diff(whole.cluster.positions, axis=0)) == pytest.approx(1.2)
    path.write_text(frame.format("F F F"))
    assert len(mlcluster.read(path)[0].cluster) == 1, "without periodicity the two are 10.8 angstrom apart"


@given(content=st.binary(max_size=300))
def test_any_bytes_give_a_result_or_one_clear_error(content, tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzz")
    for name in ("a.cif", "a.xyz", "a.json", "POSCAR", "a.cif.gz"):
        path = folder / name
        path.write_bytes(content)
        try:
            mlcluster.read(path)
        except MlclusterError as error:
            assert str(path) in str(error)


@given(place=st.integers(0, 2500), byte=st.integers(0, 255))
def test_a_damaged_cif_gives_a_result_or_one_clear_error(test_data, tmp_path_factory, place, byte):
    text = bytearray((test_data / "cif" / "across_corner.cif").read_bytes())
    text[place % len(text)] = byte
    path = tmp_path_factory.mktemp("fuzz") / "damaged.cif"
    path.write_bytes(bytes(text))
    try:
        assert mlcluster.read(path)
    except MlclusterError as error:
        assert str(path) in str(error)


def test_a_poscar_whose_atoms_all_move_is_read(tmp_path: Path) -> None:
    (tmp_path / "moves.vasp").write_text(
        "gold\n1.0\n20 0 0\n0 20 0\n0 0 20\nAu\n2\nSelective dynamics\nCartesian\n5 5 5 T T T\n5 5 7.8 T T T\n"
    )
    (result,) = mlcluster.read(tmp_path / "moves.vasp")
    assert result.cluster.formula == "Au2"


def test_a_charge_is_read_in_any_case_and_a_coordinate_as_written(tmp_path: Path) -> None:
    (tmp_path / "case.xyz").write_text("2\nCharge=1 Multiplicity=2\nAu 0 0 0\nAu 0 0 2.8\n")
    (result,) = mlcluster.read(tmp_path / "case.xyz")
    assert (result.cluster.charge, result.cluster.multiplicity) == (1, 2)
    (tmp_path / "python.xyz").write_text("2\nx\nAu 0 0 0\nAu 0 0 1_000\n")
    with pytest.raises(InputError, match="no three coordinates"):
        mlcluster.read(tmp_path / "python.xyz")
