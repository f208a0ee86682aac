"""Where a charge comes from, and that it is never a silent zero."""

from __future__ import annotations

import pytest

import mlcluster
from mlcluster.errors import InputError, StructureError
from mlcluster.structure.charge import parse_moiety, resolve_charge
from mlcluster.structure.limits import whole_charge
from mlcluster.structure.report import Dropped, Report


def resolve(**changes):
    report = Report()
    settings = {
        "stated": None,
        "total": None,
        "moiety": None,
        "counts": {"Au": 4, "Cl": 4},
        "dropped": [],
        "n_clusters": 1,
        "n_kinds": 1,
    }
    return resolve_charge(**(settings | changes), report=report), report.codes()


def test_from_counter_ions(read_one):
    assert read_one("across_corner").cluster.charge == 2


def test_from_the_moiety_formula(read_one):
    result = read_one("moiety_charge")
    assert result.cluster.charge == 1
    assert "charge_conflict" not in result.report.codes()


def test_argument_outranks_and_a_conflict_is_said(read_one):
    result = read_one("moiety_charge", charge=2)
    assert result.cluster.charge == 2 and "charge_conflict" in result.report.codes()


def test_no_sign_and_no_ion_means_zero_with_a_warning(read_one):
    result = read_one("achiral_in_pairs")
    (entry,) = [e for e in result.report.entries if e.code == "charge_assumed_zero"]
    assert result.cluster.charge == 0 and entry.level == "warning"


def test_without_any_statement_it_is_unknown(read_one):
    result = read_one("special_position")
    assert result.cluster.charge is None and "charge_unknown" in result.report.codes()


def test_an_unrecognised_fragment_may_be_an_ion(read_one):
    result = read_one("unknown_fragment")
    assert result.cluster.charge is None
    assert [(d.formula, d.kind) for d in result.dropped] == [("N2S", "unrecognised")]


def test_ions_divide_over_the_clusters_or_the_charge_is_unknown():
    bromides = [Dropped("Br", 2, "ion", "bromide", -1)]
    assert resolve(dropped=bromides, n_clusters=2)[0] == 1
    charge, codes = resolve(dropped=bromides, n_clusters=4)
    assert charge is None and "charge_unknown" in codes


def test_partly_occupied_ions_count_by_their_occupancy():
    half = [Dropped("Cl", 2, "ion", "chloride", -1, 0.5)]
    assert resolve(dropped=half)[0] == 1
    assert resolve(dropped=[Dropped("Cl", 1, "ion", "chloride", -1, 0.6)])[0] is None


def test_two_kinds_of_cluster_cannot_share_ions_out():
    assert resolve(dropped=[Dropped("Br", 2, "ion", "bromide", -1)], n_clusters=2, n_kinds=2)[0] is None


def test_total_charge_of_a_file_leaves_the_cluster_the_rest():
    assert resolve(total=0, dropped=[Dropped("Br", 1, "ion", "bromide", -1)])[0] == 1
    assert resolve(total=0, dropped=[Dropped("N2S", 1, "unrecognised", "?", None)])[0] is None


def test_moiety_of_the_touchstone_isomers():
    parts = parse_moiety("C180 H150 Ag12 Au13 Cl8 P10 1+, F6 Sb 1-")
    assert [(p.counts.get("Au"), p.charge) for p in parts] == [(13, 1), (None, -1)]


def test_odd_electrons_are_never_a_silent_singlet(read_one):
    result = read_one("disorder_groups")
    assert result.cluster.multiplicity is None and "odd_electrons" in result.report.codes()
    stated = read_one("disorder_groups", multiplicity=2)
    assert stated.cluster.multiplicity == 2 and "odd_electrons" not in stated.report.codes()


def test_impossible_multiplicity_names_the_file(read_cif):
    with pytest.raises(StructureError, match=r"disorder_groups\.cif.*multiplicity 1, 193 electrons"):
        read_cif("disorder_groups", multiplicity=1)


def test_xyz_states_or_leaves_open(tmp_path):
    body = "2\n{}\nAu 0 0 0\nAu 0 0 2.6\n"
    for comment, charge in (("", None), ("charge=-2", -2), ("free text, no keys", None), ("charge=0 spin", 0)):
        path = tmp_path / "pair.xyz"
        path.write_text(body.format(comment))
        assert mlcluster.read(path)[0].cluster.charge == charge


SQUEEZED = {"missing": {"B": 2.0, "F": 8.0}}


@pytest.mark.parametrize(
    ("moiety", "changes", "charge"),
    [
        ("Au4 Cl4, 2(B F4)", SQUEEZED, 2),
        ("Au4 Cl4, B F4, C24 H20 B", SQUEEZED, 2),
        ("Au4 Cl4, 2(B F4 1-)", SQUEEZED, 2),
        ("2(Au4 Cl4), 4(B F4)", SQUEEZED, 2),
        ("2(Au4 Cl4), B F4", SQUEEZED, None),
        ("Au4 Cl4, 2(B F4), C3 H9 Xe", SQUEEZED, None),
        ("Au4 Cl4", SQUEEZED, None),
        ("Au4 Cl4, 3(C H2 Cl2)", {"missing": {"C": 3.0, "H": 6.0, "Cl": 6.0}}, 0),
        ("Au4 Cl4", {"missing": {"Cl": 2.0}}, None),
        ("Au4 Cl4", {"missing": {"P": 1.0, "F": 6.0, "C": 1.0, "Cl": 2.0}}, None),
        ("Au4 Cl4", {"missing": {"O": 2.0, "S": 18.0}}, 0),
        ("Au4 Cl4, 2(C16 H36 N)", {"missing": {"C": 32.0, "N": 2.0}}, -2),
    ],
)
def test_ions_a_solvent_mask_took_out(moiety, changes, charge):
    assert resolve(moiety=moiety, **changes)[0] == charge


def test_one_anion_refined_and_one_taken_out():
    one = [Dropped("BF4", 1, "ion", "tetrafluoroborate", -1)]
    charge, codes = resolve(moiety="Au4 Cl4, 2(B F4)", dropped=one, missing={"B": 1.0, "F": 4.0})
    assert charge == 2 and "charge_conflict" in codes
    assert resolve(moiety="Au4 Cl4", dropped=one, missing={"B": 1.0, "F": 4.0})[0] is None


def test_charge_of_two_signs_in_the_moiety_formula():
    assert resolve(moiety="Au4 Cl4 ++")[0] == 2
    assert resolve(moiety="Au4 Cl4 --")[0] == -2
    assert resolve(moiety="Au4 Cl4 2-, 2(Na +)")[0] == -2


@pytest.mark.parametrize(
    ("digits", "found"),
    [(60, str(10**59)), (61, "a number of very many digits"), (5000, "a number of very many digits")],
)
def test_a_number_of_any_length_is_refused_in_a_short_message(digits, found):
    with pytest.raises(InputError, match=f"Found: {found}"):
        whole_charge(10 ** (digits - 1))
