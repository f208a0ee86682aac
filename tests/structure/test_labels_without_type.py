"""Labels in capitals without an element column: the stated composition says which element they mean."""

from __future__ import annotations

import pytest

import mlcluster
from mlcluster.errors import InputError
from tests.structure.made_cif import FORMULA, cif, rows

COLUMNS = ("label", "fract_x", "fract_y", "fract_z")
METALS = [
    "Cd",
    "Co",
    "Cr",
    "Hg",
    "In",
    "Ir",
    "Nb",
    "Ni",
    "Os",
    "Pb",
    "Pd",
    "Pt",
    "Rh",
    "Ru",
    "Sn",
    "Te",
    "Zn",
    "Cu",
    "Bi",
]


def capitals(metal: str, formula: str | None, extra: str = "") -> str:
    atoms = rows(metal, capitals=True, without=["type"])
    return cif(atoms, columns=COLUMNS, formula=formula, extra=extra)


def read(tmp_path, text):
    path = tmp_path / "capitals.cif"
    path.write_text(text)
    (result,) = mlcluster.read(path)
    return result


@pytest.mark.parametrize("metal", METALS)
def test_the_formula_decides(tmp_path, metal):
    result = read(tmp_path, capitals(metal, FORMULA.replace("Au4", f"Au3 {metal}1")))
    composition = result.cluster.composition
    assert composition.get(metal) == 1 and composition["Au"] == 3 and composition["P"] == 4
    assert "formula_mismatch" not in result.report.codes()


@pytest.mark.parametrize("metal", ["Co", "Cd", "Pb"])
def test_the_moiety_formula_or_the_list_of_types_decides_as_well(tmp_path, metal):
    moiety = f"_chemical_formula_moiety 'Au3 H12 {metal} P4 2+, 2(B F4 1-)'"
    assert read(tmp_path, capitals(metal, None, moiety)).cluster.composition[metal] == 1
    types = "loop_\n_atom_type_symbol\n" + "\n".join(["Au", "B", "F", "H", "P", metal])
    if metal != "Pb":  # lead and phosphorus are both there, and no count tells them apart
        assert read(tmp_path, capitals(metal, None, types)).cluster.composition[metal] == 1


def test_counts_decide_between_an_element_and_the_letter_it_begins_with(tmp_path):
    """Cobalt and carbon are both in the formula: CO4 is the one of four, C1 ... C3 are the others."""
    atoms = rows("Co", capitals=True, without=["type"])
    atoms += [[f"C{k}", "0.9", f"0.{k}", "0.5"] for k in (1, 3, 5)]
    result = read(tmp_path, cif(atoms, columns=COLUMNS, formula="C3 Au3 Co B2 F8 H12 P4"))
    assert result.cluster.composition["Co"] == 1


@pytest.mark.parametrize("metal", ["Co", "Hg", "Pb", "Os"])
def test_without_a_formula_the_element_column_is_asked_for(tmp_path, metal):
    with pytest.raises(InputError, match=f"may be {metal} or .*_atom_site_type_symbol"):
        read(tmp_path, capitals(metal, None))


def test_letters_after_a_light_element_stay_letters(tmp_path):
    """HO1 and HF2 are hydrogens, CA1 is a carbon: neither holmium, hafnium nor calcium is in the formula."""
    atoms = [row for row in rows(capitals=True, without=["type"])]
    names = {"H1": "HO1", "H2": "HF2", "H3": "HE3", "F1": "FE1"}
    atoms = [[names.get(row[0], row[0]), *row[1:]] for row in atoms]
    result = read(tmp_path, cif(atoms, columns=COLUMNS))
    assert result.cluster.formula == "Au4H12P4" and result.cluster.charge == 2


def test_a_label_in_two_cases_needs_no_formula(tmp_path):
    result = read(tmp_path, cif(rows("Co", without=["type"]), columns=COLUMNS, formula=None))
    assert result.cluster.composition["Co"] == 1


@pytest.mark.parametrize("word", ["?", "."])
def test_a_type_that_says_nothing_leaves_the_label(tmp_path, word):
    atoms = [[label, word, *rest] for label, _, *rest in rows()]
    assert read(tmp_path, cif(atoms)).cluster.formula == "Au4H12P4"
