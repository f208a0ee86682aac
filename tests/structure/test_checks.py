"""The report: formula, hydrogens, distances, and strict reading."""

from __future__ import annotations

import pytest

import mlcluster
from mlcluster.errors import StructureError


def message(result, code):
    (entry,) = [e for e in result.report.entries if e.code == code]
    return entry.message


def test_missing_hydrogens_name_their_carbons(read_one):
    assert "1 of 3 carbons lack their hydrogens: C3" in message(read_one("missing_hydrogens"), "missing_hydrogens")


def test_formula_of_the_file_is_compared(read_one):
    result = read_one("missing_hydrogens")
    assert "H differ" in message(result, "formula_mismatch")
    assert "C3H9Au2ClP" in message(result, "moiety_mismatch")
    assert not {"formula_mismatch", "moiety_mismatch"} & read_one("duplicated_atoms").report.codes()


def test_site_without_coordinates_is_named_and_the_rest_read(read_one):
    result = read_one("question_mark")
    assert "H1C" in message(result, "no_coordinates")
    assert result.cluster.formula == "Au2ClH2P"


def test_duplicate_is_kept_once_and_named(read_one):
    result = read_one("duplicated_atoms")
    (entry,) = [each for each in result.report.entries if each.code == "duplicate_atom"]
    assert result.cluster.composition["Au"] == 2 and entry.site == "Au2X"


def test_deuterium_is_said(read_one):
    result = read_one("deuterium")
    assert result.cluster.composition["H"] == 3 and "3 deuterium" in message(result, "deuterium")


def test_atoms_too_close(read_one):
    assert "Cl1-Cl2 0.80" in message(read_one("too_close"), "atoms_too_close")


def test_occupancy_weighted_formula_agrees_for_partial_solvent(read_one):
    result = read_one("partial_solvent")
    assert "formula_mismatch" not in result.report.codes()
    assert [d.why for d in result.dropped] == ["dichloromethane, occupancy 0.50"]


@pytest.mark.parametrize("name", ["too_close", "question_mark", "achiral_in_pairs"])
def test_strict_turns_doubt_into_an_error(read_cif, name):
    with pytest.raises(StructureError, match=f"{name}.cif.*strict"):
        read_cif(name, strict=True)


def test_strict_passes_a_plain_file(read_one):
    assert read_one("across_corner", strict=True).cluster.charge == 2


@pytest.mark.parametrize(
    ("element", "length", "doubted"),
    [
        ("W", 2.65, False),
        ("Ru", 2.28, False),
        ("Mo", 2.10, False),
        ("Re", 2.22, False),
        ("W", 2.05, True),
        ("Au", 2.28, True),
        ("Au", 2.36, False),
        ("Ag", 2.42, True),
    ],
)
def test_short_metal_bonds(element, length, doubted, tmp_path):
    path = tmp_path / "pair.xyz"
    path.write_text(f"2\n\n{element} 0 0 0\n{element} 0 0 {length}\n")
    assert ("short_bond" in mlcluster.read(path)[0].report.codes()) is doubted
