"""Symmetry operations: listed ones are tested, symbols in every spelling give their group, guesses are said."""

from __future__ import annotations

import gemmi
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcluster.errors import InputError
from mlcluster.structure.cif import parse_cif
from mlcluster.structure.symmetry_operations import checked_operations
from tests.structure.made_cif import cif

MONOCLINIC, HEXAGONAL, RHOMBOHEDRAL = (14, 15, 16, 90, 100, 90), (19, 19, 29, 90, 90, 120), (19, 19, 19, 65, 65, 65)
ORTHORHOMBIC, TETRAGONAL, CUBIC = (30, 31, 32, 90, 90, 90), (30, 30, 40, 90, 90, 90), (60, 60, 60, 90, 90, 90)
ATOMS = [["Au1", "Au", "0.1", "0.13", "0.17"], ["Cl1", "Cl", "0.13", "0.29", "0.21"]]


def crystal_of(symmetry: str, cell=MONOCLINIC):
    return parse_cif(cif(ATOMS, cell=cell, symmetry=symmetry, formula=None), "made.cif")[0][0]


def named(symbol: str, cell) -> object:
    return crystal_of(f"_symmetry_space_group_name_H-M '{symbol}'", cell)


def group_of(crystal) -> set[str]:
    """Operations as text, translations inside one cell."""
    found = set()
    for rotation, translation in zip(crystal.rotations, crystal.translations, strict=True):
        operation = gemmi.Op("x,y,z")
        operation.rot = (24 * rotation).round().astype(int).tolist()
        operation.tran = (24 * translation).round().astype(int).tolist()
        found.add(operation.wrap().triplet())
    return found


def expected(setting: str) -> set[str]:
    return {op.wrap().triplet() for op in gemmi.SpaceGroup(setting).operations()}


@pytest.mark.parametrize(
    ("symbol", "cell", "setting"),
    [
        *((name, MONOCLINIC, "P 1 21/n 1") for name in ("P 21/n", "P21/n", "P 2(1)/n", "P 2_1/n", "p 1 21/n 1")),
        ("P2(1)/c", MONOCLINIC, "P 1 21/c 1"),
        ("P 21/c (No. 14)", MONOCLINIC, "P 1 21/c 1"),
        ("P 1 21/c 1 :b1", MONOCLINIC, "P 1 21/c 1"),
        ("C 2/c", MONOCLINIC, "C 1 2/c 1"),
        ("I 2/a", MONOCLINIC, "I 1 2/a 1"),
        ("A 2/n", MONOCLINIC, "A 1 2/n 1"),
        ("P 1 1 21/b", (14, 15, 16, 90, 90, 100), "P 1 1 21/b"),
        ("-P 2ybc", MONOCLINIC, "P 1 21/c 1"),
        ("R -3 :H", HEXAGONAL, "R -3:H"),
        ("R-3mH", HEXAGONAL, "R -3 m:H"),
        ("H -3", HEXAGONAL, "R -3:H"),
        ("R -3 R", RHOMBOHEDRAL, "R -3:R"),
        ("R -3 m S", RHOMBOHEDRAL, "R -3 m:R"),
        ("R 3", RHOMBOHEDRAL, "R 3:R"),
        ("R 3", HEXAGONAL, "R 3:H"),
        ("R 3 2", RHOMBOHEDRAL, "R 3 2:R"),
        ("P a 3", CUBIC, "P a -3"),
        ("Fm3m", CUBIC, "F m -3 m"),
        ("I a 3 d", CUBIC, "I a -3 d"),
        ("F d 3 m S", CUBIC, "F d -3 m:1"),
        ("F d -3 m Z", CUBIC, "F d -3 m:2"),
        ("F d -3 m :1", CUBIC, "F d -3 m:1"),
        ("F d -3 m", CUBIC, "F d -3 m:2"),
        ("P4(3)32", CUBIC, "P 43 3 2"),
        ("I 41/a", TETRAGONAL, "I 41/a:2"),
        ("I 41/a :1", TETRAGONAL, "I 41/a:1"),
        ("P4/nmmZ", TETRAGONAL, "P 4/n m m:2"),
        ("C m c e", ORTHORHOMBIC, "C m c a"),
        ("A e m 2", ORTHORHOMBIC, "A b m 2"),
        ("P2(1)2(1)2(1)", ORTHORHOMBIC, "P 21 21 21"),
        ("P 6(3)/m", HEXAGONAL, "P 63/m"),
    ],
)
def test_a_symbol_in_any_spelling(symbol, cell, setting):
    crystal = named(symbol, cell)
    assert group_of(crystal) == expected(setting)
    assert {entry.code for entry in crystal.entries} <= {"symmetry_from_symbol", "setting_guessed"}


@pytest.mark.parametrize("setting", sorted({s.xhm() for s in gemmi.spacegroup_table()})[::9])
def test_every_name_of_the_table_is_its_group(setting):
    """Listed operations of the same group are taken without a doubt about closure."""
    words = sorted(expected(setting))
    found = checked_operations(words, "made.cif", "data_x")
    assert len(found.rotations) == len(words) and not found.entries


@pytest.mark.parametrize(
    ("symmetry", "cell", "setting", "words"),
    [
        ("_symmetry_Int_Tables_number 14", MONOCLINIC, "P 1 21/c 1", "only the number 14"),
        ("_space_group_IT_number 15", (14, 15, 16, 90, 90, 100), "A 1 1 2/a", "setting A 1 1 2/a"),
        ("_space_group_IT_number 148", RHOMBOHEDRAL, "R -3:R", "setting R -3:R"),
        ("_symmetry_space_group_name_H-M 'R 3'", RHOMBOHEDRAL, "R 3:R", "rhombohedral axes"),
        ("_symmetry_space_group_name_H-M 'P n n n'", ORTHORHOMBIC, "P n n n:2", "origin choice 2"),
        ("_symmetry_space_group_name_H-M 'I 2/a'\n_space_group_IT_number 15", MONOCLINIC, "I 1 2/a 1", None),
    ],
)
def test_a_guessed_setting_is_said(symmetry, cell, setting, words):
    crystal = crystal_of(symmetry, cell)
    assert group_of(crystal) == expected(setting)
    guesses = [entry.message for entry in crystal.entries if entry.code == "setting_guessed"]
    assert len(guesses) == (words is not None) and (words is None or words in guesses[0])


@pytest.mark.parametrize(
    ("symbol", "cell", "level"), [("R 3", RHOMBOHEDRAL, "info"), ("P n n n", ORTHORHOMBIC, "warning")]
)
def test_a_setting_that_the_cell_decides_is_no_doubt(symbol, cell, level):
    (entry,) = [entry for entry in named(symbol, cell).entries if entry.code == "setting_guessed"]
    assert entry.level == level


@pytest.mark.parametrize(
    "symmetry",
    ["", "_symmetry_equiv_pos_as_xyz ?", "_symmetry_space_group_name_H-M 'unknown'", "_space_group_IT_number 999"],
)
def test_without_any_symmetry_p1_is_assumed_aloud(symmetry):
    crystal = crystal_of(symmetry)
    assert len(crystal.rotations) == 1
    assert [entry.code for entry in crystal.entries] == ["symmetry_assumed"]


def test_an_unfilled_list_leaves_the_symbol():
    symmetry = "_symmetry_space_group_name_H-M 'P 21/n'\nloop_\n_symmetry_equiv_pos_as_xyz\n?"
    assert group_of(crystal_of(symmetry)) == expected("P 1 21/n 1")
    assert group_of(crystal_of(symmetry.replace("'P 21/n'", "'P 1'"))) == {"x,y,z"}


def listed(*operations: str) -> str:
    return "loop_\n_space_group_symop_operation_xyz\n" + "\n".join(f"'{word}'" for word in operations)


@pytest.mark.parametrize(
    "operation",
    [
        "x,y",
        "x,y,z,x",
        "x,y,0",
        "x,y,x",
        "2x,y,z",
        "1/2x,y,z",
        "x,y,q",
        "x,y,z+1/0",
        "x,,z",
        "?,y,z",
        "x,y,z+1e9",
        "a,b,c",
    ]
    + ["x+y,x-y,z", "x,y,z" * 40, "x,y,--z", "x y z"],
)
def test_what_is_no_operation_is_refused_by_name(operation):
    with pytest.raises(InputError, match="a symmetry operation cannot be read.*Found"):
        crystal_of(listed("x,y,z", operation))


def test_an_operation_without_quotes_is_refused():
    with pytest.raises(InputError, match="Found: 'x,'.*in quotes"):
        crystal_of("loop_\n_space_group_symop_operation_xyz\nx, y, z")


@pytest.mark.parametrize(
    "operations",
    [
        ("x,y,z", "-x,y+1/3,z"),
        ("x,y,z", "-y,x,z"),
        ("x,y,z", "x+1/3,y,z"),
        ("x,y,z", "-x,-y,z", "x,-y,-z"),
        ("x,y,z", "-x+0.1,y,z", "x,-y,z"),
    ],
)
def test_operations_that_are_no_group_are_refused(operations):
    with pytest.raises(InputError, match="not a group"):
        crystal_of(listed(*operations))


@pytest.mark.parametrize(
    ("operations", "count", "code"),
    [
        (("X,Y,Z", "-X, 1/2+Y, 1/2-Z", "-x,-y,-z", "x,.5-y,z+0.5"), 4, None),
        (("x,y,z", "x+0.333,y+0.667,z+0.6667", "x+0.667,y+0.333,z+0.3333"), 3, None),
        (("x,y,z", "x,y,z", "-x,-y,-z"), 2, "symmetry_repaired"),
        (("-x,-y,-z",), 2, "symmetry_repaired"),
        (("x,y,z", "-x+0.474,-y,-z"), 2, None),
        (("x,y,z", "\N{MINUS SIGN}x,\N{MINUS SIGN}y,\N{MINUS SIGN}z"), 2, None),
    ],
)
def test_operations_as_programs_write_them(operations, count, code):
    crystal = crystal_of(listed(*operations), MONOCLINIC)
    assert len(crystal.rotations) == count
    assert {entry.code for entry in crystal.entries} == ({code} if code else set())


def test_magnetic_operations_and_centring():
    symmetry = "loop_\n_space_group_symop_magn_operation.xyz\nx,y,z,+1\n-x,-y,-z,-1\n"
    symmetry += "loop_\n_space_group_symop_magn_centering.xyz\nx,y,z,+1\nx+1/2,y+1/2,z,-1"
    assert group_of(crystal_of(symmetry)) == {"x,y,z", "-x,-y,-z", "x+1/2,y+1/2,z", "-x+1/2,-y+1/2,-z"}


def test_no_more_operations_than_the_largest_group_has():
    group = sorted(expected("F m -3 m"))
    assert len(group) == 192 and len(crystal_of(listed(*group), CUBIC).rotations) == 192
    with pytest.raises(InputError, match="20000 operations.*at most 192"):
        crystal_of(listed(*(f"x+{k}/20000,y,z" for k in range(20000))))
    with pytest.raises(InputError, match="193 operations"):
        crystal_of(listed(*group, "x,y,z"), CUBIC)


def test_operations_that_do_not_fit_cell_or_symbol_are_doubted():
    crystal = crystal_of(listed("x,y,z", "z,x,y", "y,z,x"), ORTHORHOMBIC)
    assert [entry.code for entry in crystal.entries] == ["symmetry_conflict"]
    both = "_symmetry_space_group_name_H-M 'P 21/c'\n" + listed("x,y,z")
    (entry,) = crystal_of(both).entries
    assert entry.code == "symmetry_conflict" and "lists 1" in entry.message


@given(
    st.lists(st.sampled_from(["x", "-x", "y", "-y", "z", "-z", "x-y", "x+1/2", "1/4-y", "0", "2x", "?"]), max_size=4)
)
def test_any_words_give_operations_or_one_error(parts):
    try:
        crystal = crystal_of(listed("x,y,z", ",".join(parts)))
    except InputError as error:
        assert "made.cif" in str(error)
        return
    assert np.allclose(np.abs(np.linalg.det(crystal.rotations)), 1.0)
