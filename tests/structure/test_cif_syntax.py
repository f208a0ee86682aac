"""What is allowed in a CIF and breaks simpler readers: text fields, quotes, letter case, dotted names, many blocks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import mlcluster
from mlcluster.errors import InputError, StructureError
from mlcluster.structure.cif import parse_cif
from mlcluster.structure.cif_blocks import MOST_REPAIRS, read_blocks
from tests.structure.made_cif import cif, rows, sites

CORE = "Au4H12P4"


def read_text(folder: Path, text: str, name: str = "made.cif", **options):
    path = folder / name
    path.write_text(text)
    return mlcluster.read(path, **options)


def core(folder: Path, text: str, **options) -> None:
    """The cluster of `made_cif` and its charge are found."""
    (result,) = read_text(folder, text, **options)
    assert (result.cluster.formula, result.cluster.charge) == (CORE, 2)
    assert "formula_mismatch" not in result.report.codes()


def test_the_plain_file(tmp_path):
    core(tmp_path, cif())


@pytest.mark.parametrize(
    "text",
    [
        "_iucr_refine_fcf_details\n;\ndata_own\n_cell_length_a 16\nloop_\n_refln_index_h\n 1\n;",
        "_refine_special_details\n;\ndata_collection was at 100 K,\nloop_ and data_ are words here\n;",
        "_publ_section_title 'data_own loop_ save_ and _tag'",
        "_shelx_res_file\n;\nTITL own\nREM _cell_length_a 99\nloop_\n;",
        "loop_\n_x_a\n_x_b\n'one #1' 2\n'two' 3",
        "_x_a 'a # b'\n_x_b \"c#d\"",
        "_x_name 'O'Brien's'\n_x_other \"a\"b\"",
        "_x_a # a comment\n1",
        "#----- 'unclosed in a comment",
        "_publ_author Häkkinen\n_x 'Ångström'",
        "_x_title A sentence without quotes that goes on",
        "_x_value [1.5",
        "_x_value 1.5\x0c",
        "_x_value $5\n_x_other ]",
        "loop_\n_x_empty",
        "_x_title A $sentence 'without quotes",
        "_x_value 1.5\u00a0\n_x_other\u00a02\n_x_third\u30003",
    ],
)
def test_words_in_text_and_quotes_are_text(tmp_path, text):
    core(tmp_path, cif(extra=text))


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("_cell_length_a", "_Cell_Length_A").replace("_cell_angle_beta", "_CELL_ANGLE_BETA"),
        lambda text: text.replace("loop_", "LOOP_").replace("data_", "DATA_"),
        lambda text: text.replace("loop_", "Loop_"),
        lambda text: text.replace("_atom_site_fract_x", "_ATOM_SITE_FRACT_X"),
        lambda text: text.replace("_atom_site_", "_atom_site.").replace("_cell_length_", "_cell.length_"),
        lambda text: text.replace("_space_group_symop_operation_xyz", "_space_group_symop.operation_xyz"),
        lambda text: text.replace("_chemical_formula_sum", "_chemical_formula.sum"),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: "\ufeff" + text,
        lambda text: "words before the first block\n" + text,
        lambda text: text.replace("_cell_length_b 16.0\n", "_cell_length_b 16.0\n_cell_length_b ?\n"),
        lambda text: text.replace("_cell_length_b 16.0", "_cell_length_b 16.0(2)"),
        lambda text: text.replace("Au1 Au", "'Au1' \"Au\""),
        lambda text: text.replace("Au1 Au", "\n;Au1\n;\nAu"),
    ],
)
def test_the_same_file_written_otherwise(tmp_path, change):
    core(tmp_path, change(cif()))


def test_symmetry_in_capitals_is_seen():
    symmetry = "LOOP_\n_SYMMETRY_EQUIV_POS_AS_XYZ\n'X, Y, Z'\n'-X, -Y, -Z'"
    (crystal,), _ = parse_cif(cif(symmetry=symmetry), "made.cif")
    assert np.allclose(crystal.rotations, [np.eye(3), -np.eye(3)]) and not crystal.entries


def test_cif_2_with_triple_quotes_lists_and_tables(tmp_path):
    extra = (
        "_x_text '''two\nlines with data_ and '' in it'''\n_x_list [1 [2 3] 'a b']\n_x_table {'a':1 \"b\":[2]}\n_y 3"
    )
    core(tmp_path, "#\\#CIF_2.0\n" + cif(extra=extra))


def test_cif_2_in_triple_quotes_is_kept():
    (block,) = read_blocks("#\\#CIF_2.0\ndata_x\n_a '''one\ntwo'''\n_b 3\n", "x.cif")
    assert block.pairs["_a"].strip() == "one\ntwo" and block.pairs["_b"] == "3"


def test_a_value_that_lacks_its_quotes_is_kept_and_words_after_it_are_not():
    text = "data_x\n_a $5 6\n_b 1 'two\nloop_\n_p\n_q\n_r\n1 2 3\n$4 5 6\n7 8 9\n"
    (block,) = read_blocks(text, "x.cif")
    assert block.pairs == {"_a": "$5", "_b": "1"}
    assert block.loops == [{"_p": ["1", "$4", "7"], "_q": ["2", "5", "8"], "_r": ["3", "6", "9"]}]


@pytest.mark.parametrize(("more", "error"), [(0, None), (1, f"more than {MOST_REPAIRS} faults")])
def test_how_many_slips_are_mended(more, error):
    slips = "".join(f"_a{k} 1 word\n" for k in range(MOST_REPAIRS + more))
    (block,) = read_blocks(f"data_x\n{slips}", "x.cif")
    assert len(block.pairs) == (0 if error else MOST_REPAIRS)
    assert block.error is None if error is None else error in str(block.error)


def test_the_line_that_cannot_be_read_is_named():
    (block,) = read_blocks("data_x\n_a 1\n_b _c _d\n", "x.cif")
    assert "Found: 'parse error, line 3 of the block'" in str(block.error)


def test_a_text_field_stays_whole_where_a_block_is_mended():
    text = "data_x\n_a\n;\ndata_collection was slow\n;\n_b 1 word\n_c 2\ndata_y\n_c 3\n"
    one, other = read_blocks(text, "x.cif")
    assert (one.name, one.pairs["_b"], one.pairs["_c"], other.name) == ("x", "1", "2", "y")
    assert "data_collection was slow" in one.pairs["_a"]


def test_a_folded_text_field_is_joined():
    (block,) = read_blocks("data_x\n_a\n;\\\nC12 H36\\\n Au4\n;\n", "x.cif")
    assert block.pairs["_a"].strip() == "C12 H36 Au4"


def test_utf_16(tmp_path):
    path = tmp_path / "wide.cif"
    path.write_bytes(cif().encode("utf-16"))
    assert mlcluster.read(path)[0].cluster.formula == CORE


def test_atoms_without_label(tmp_path):
    columns = ("type_symbol", "fract_x", "fract_y", "fract_z")
    core(tmp_path, cif(rows(without=["label"]), columns=columns))
    assert mlcluster.read(tmp_path / "made.cif")[0].cluster.labels[:3] == ("Au1", "P1", "H1")


def test_mmcif_in_a_cell_and_without_one(tmp_path):
    columns = ("group_PDB", "id", "type_symbol", "label_atom_id", "Cartn_x", "Cartn_y", "Cartn_z")
    atoms = [
        ["HETATM", str(k), symbol.upper(), label, *(f"{x:.3f}" for x in place)]
        for k, (label, symbol, place) in enumerate(sites(), start=1)
    ]
    text = cif(atoms, columns=columns).replace("_atom_site_", "_atom_site.").replace("_cell_", "_cell.")
    core(tmp_path, text)
    bare = "\n".join(line for line in text.splitlines() if "_cell" not in line)
    results = read_text(tmp_path, bare)
    assert results[0].cluster.formula == CORE and results[0].cluster.crystal is None
    core(tmp_path, text.replace("_atom_site.id", "_atom_site.id\n_atom_site.calc_flag").replace("HETATM", "HETATM ."))


def test_cartesian_coordinates_in_an_oblique_cell(tmp_path):
    """One gold chloride at a known place: the frame of the Protein Data Bank has a along x, b in the plane of xy."""
    cell = (20.0, 21.0, 22.0, 90.0, 110.0, 90.0)
    head = cif([["Au1", "0.25", "0.25", "0.25"], ["Cl1", "0.25", "0.25", "0.35"]], cell=cell, formula=None)
    fractional = head.replace("_atom_site_type_symbol\n", "")
    cosine, sine = np.cos(np.radians(110.0)), np.sin(np.radians(110.0))
    vectors = np.array([[20.0, 0, 0], [0, 21.0, 0], [22.0 * cosine, 0, 22.0 * sine]])
    atoms = [
        [label, *(f"{x:.6f}" for x in np.array(place) @ vectors)]
        for label, place in (("Au1", (0.25, 0.25, 0.25)), ("Cl1", (0.25, 0.25, 0.35)))
    ]
    cartesian = cif(atoms, columns=("label", "Cartn_x", "Cartn_y", "Cartn_z"), cell=cell, formula=None)
    (one,), (other,) = (read_text(tmp_path, text) for text in (fractional, cartesian))
    lengths = [np.linalg.norm(np.diff(each.cluster.positions, axis=0)) for each in (one, other)]
    assert lengths == pytest.approx([2.2, 2.2], abs=1e-4)


BAD_BLOCKS = {
    "an unfilled cell": cif(name="second").replace("_cell_length_b 16.0", "_cell_length_b ?"),
    "an unfilled atom": cif([["?", "?", "?", "?", "?"]], name="second"),
    "a polymer": cif(
        [["Au1", "Au", "0", "0", "0"], ["Cl1", "Cl", "0.5", "0", "0"]],
        name="second",
        cell=(4.6, 20.0, 20.0, 90, 90, 90),
    ),
    "an uneven loop": cif(name="second") + "loop_\n_x_a\n_x_b\n1 2 3\n",
    "an unclosed quote": cif(name="second") + "_x_a 'and so on\n",
    "an unclosed text": cif(name="second") + "_x_a\n;and so on\n",
    "an unknown element": cif([["Zz1", "Zz", "0", "0", "0"]], name="second"),
    "an operation that is none": cif(name="second", symmetry="_symmetry_equiv_pos_as_xyz 'x, y'"),
    "a value out of range": cif(name="second", extra="_mlcluster_charge 1e400"),
}


@pytest.mark.parametrize("bad", BAD_BLOCKS.values(), ids=BAD_BLOCKS)
def test_one_bad_block_costs_no_other(tmp_path, bad):
    results = read_text(tmp_path, cif(name="first") + bad + ("" if "and so on" in bad else cif(name="third")))
    assert {result.cluster.formula for result in results} == {CORE}
    (failed,) = results.failed
    assert "data_second" in str(failed) and "made.cif" in str(failed)
    assert "block_failed" in results[0].report.codes()
    with pytest.raises(StructureError, match="refused by strict"):
        mlcluster.read(tmp_path / "made.cif", strict=True)
    core(tmp_path, (tmp_path / "made.cif").read_text(), block="first")
    with pytest.raises((InputError, StructureError), match="second"):
        mlcluster.read(tmp_path / "made.cif", block="second")


def test_a_block_is_chosen_by_its_name(tmp_path):
    text = cif(name="first") + cif(name="Second")
    assert len(read_text(tmp_path, text)) == 2
    (result,) = read_text(tmp_path, text, block="data_second")
    assert result.cluster.source.block == "Second"
    with pytest.raises(InputError, match="no block of that name.*third.*'first', 'Second'"):
        read_text(tmp_path, text, block="third")
    with pytest.raises(InputError, match="only a CIF has blocks"):
        read_text(tmp_path, "1\n\nAu 0 0 0\n", "made.xyz", block="x")


def test_a_file_of_nothing_but_bad_blocks_is_refused(tmp_path):
    with pytest.raises(InputError, match="second"):
        read_text(tmp_path, BAD_BLOCKS["an unfilled cell"])
    with pytest.raises(InputError, match="no atoms"):
        read_text(tmp_path, "data_x\nloop_\n_refln_index_h\n1 2\n")
    with pytest.raises(InputError, match="not recognised|no data block"):
        read_text(tmp_path, "_cell_length_a 1\n")


@pytest.mark.parametrize(
    ("column", "flag"),
    [("calc_flag", "dum"), ("calc_flag", "Dum"), ("type_symbol", "Cg"), ("type_symbol", "X"), ("type_symbol", "Vac")],
)
def test_dummy_sites_are_left_out(tmp_path, column, flag):
    columns = ["label", "type_symbol", "fract_x", "fract_y", "fract_z", "calc_flag"]
    atoms = [[*row, "d"] for row in rows()]
    dummy = ["Cg1", "C", "0.5", "0.5", "0.5", "."]
    dummy[columns.index(column)] = flag
    (result,) = read_text(tmp_path, cif([*atoms, dummy], columns=columns))
    assert result.cluster.formula == CORE and "dummy_atom" in result.report.codes()


def test_an_empty_site_is_no_atom(tmp_path):
    columns = ("label", "type_symbol", "fract_x", "fract_y", "fract_z", "occupancy")
    atoms = [[*row, "1"] for row in rows()]
    (result,) = read_text(tmp_path, cif([*atoms, ["C1", "C", "0.5", "0.5", "0.5", "0"]], columns=columns))
    assert result.cluster.formula == CORE and "zero_occupancy" in result.report.codes()
