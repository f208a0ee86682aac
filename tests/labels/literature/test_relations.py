from __future__ import annotations

from pathlib import Path

import pytest

from mlcluster.errors import DataError
from mlcluster.labels.literature import clusters, pairs
from mlcluster.labels.literature.composition import Composition, composition_from_identifier, composition_of
from mlcluster.labels.literature.relations import kind_of, unmeasured
from mlcluster.labels.literature.table import Row


def compound(formula: str) -> Composition:
    return composition_of(Row(2, {"formula": formula}))


@pytest.mark.parametrize(
    ("a", "b", "kind"),
    [
        ("[Au13Ag12(PPh3)10Cl8]+", "[Au13Ag12(PPh3)10Cl8]+", "isomer"),
        ("[Au25(PET)18]-", "[Au25(PET)18]0", "charge state"),
        ("[Au25(SR)18]-", "[PdAu24(SR)18]0", "doping"),
        ("[Au13(dppe)5Cl2]3+", "[Au13(dppe)5Br2]3+", "ligand exchange"),
        ("[Ag14(BDT)6(PPh3)8]0", "[Ag14(TBBT)12(PPh3)8]0", "ligand exchange"),
        ("[Cu20S10(PPh3)8]", "[Cu20S10(PtBu3)8]", "ligand exchange"),
        ("[Au21(SAdm)12(PPh2py)3]+", "[Au22(SAdm)12(PPh2py)4]2+", "defect"),
        ("[Ag10Cu6(PA)12(EtOH)2]4+", "[Ag10Cu6(PA)12]4+", "defect"),
        ("Au38S2(SAdm)20", "Au38(PET)24", "related"),
        ("[Au23(CHT)16]-", "[Au21(CHT)12(dppm)2]+", "related"),
        ("[Au25(PET)18]-", "[Au24Pd2(PET)18]0", "related"),
        ("[Cu4(o9-CBT)4]", "[Cu4(m9-CBT)4]", "ligand exchange"),
        ("[Au2Cu2(dppm)2]2+", "[Au2Cu2(dppm)2](PF6)2·2H2O", "related"),
    ],
)
def test_kinds_that_two_formulas_show(a: str, b: str, kind: str) -> None:
    assert kind_of(compound(a), compound(b))[0] == kind
    assert kind_of(compound(b), compound(a))[0] == kind


def test_an_incomplete_formula_shows_no_kind() -> None:
    assert kind_of(compound("Au25(PET)18"), compound("Au25"))[0] is None


@pytest.mark.parametrize(
    ("identifier", "metals", "ligands", "charge"),
    [
        ("Au23_SC6H11_16_m1", {"Au": 23}, {"CHT": 16}, -1),
        ("Ag52_SAdm30Br4H20", {"Ag": 52}, {"SAdm": 30, "Br": 4, "H": 20}, None),
        ("Pt1Ag28_ico_SCy18_PPh3_4", {"Pt": 1, "Ag": 28}, {"CHT": 18, "PPh3": 4}, None),
        ("Au30S_StBu18", {"Au": 30}, {"S2-": 1, "StBu": 18}, None),
        ("PdAu24_SR18_-2", {"Pd": 1, "Au": 24}, {"SR": 18}, -2),
        ("Au25_PET18_0", {"Au": 25}, {"PET": 18}, 0),
    ],
)
def test_a_composition_that_an_identifier_spells(
    identifier: str, metals: dict, ligands: dict, charge: int | None
) -> None:
    found = composition_from_identifier(identifier)
    assert found is not None
    assert (found.metals, found.ligands, found.charge) == (metals, ligands, charge)


@pytest.mark.parametrize(
    "identifier",
    ["AuNC_FGGC", "Au40_fcc", "Ag14_SC6H3F2_12_PPh3_8", "Au25_SC8H17_18-n_m1", "Au24_L2_SC6H11_16", "SD-Ag84a", ""],
)
def test_an_identifier_that_spells_none(identifier: str) -> None:
    assert composition_from_identifier(identifier) is None


def test_the_bundled_pairs() -> None:
    table, known = pairs(), clusters()
    assert len(table) == 110
    missing = unmeasured(table, known)
    assert len(missing) == 71
    assert all(name not in known for _, names in missing for name in names)
    touchstones = [pair for pair in table if "Au13Ag12_PPh3_10_Cl8_E" in (pair.a, pair.b) or "SAdm12_PPh2py" in pair.a]
    assert [pair.kind for pair in touchstones] == ["isomer", "defect"]


def test_directions_are_signs_of_b_less_a() -> None:
    table = {(pair.a, pair.b): pair for pair in pairs()}
    assert table["Ag25_SR18", "AuAg24_SR18"].signs == {"quantum_yield": 1, "emission": -1}
    assert table["Au25_SC8H17_18_m1", "Au25_TePhn_SC8H17_18-n_m1"].signs == {"gap": -1}
    assert table["Au22_SG18", "Au22_SG17"].signs == {}


def test_a_direction_agrees_with_what_is_measured_on_both() -> None:
    known = clusters()
    judged = 0
    for pair in pairs():
        for target, sign in pair.signs.items() if {pair.a, pair.b} <= known.keys() else ():
            sides = [{one.value(target) for one in known[name].measurements} - {None} for name in (pair.a, pair.b)]
            if all(sides):
                judged += 1
                assert sign * (min(sides[1]) - max(sides[0])) > 0 or sign * (max(sides[1]) - min(sides[0])) > 0
    assert judged >= 2


@pytest.mark.parametrize("words", ["greener", "redder|bluer", "redder;brighter"])
def test_a_strange_direction_is_named(words: str, tmp_path: Path) -> None:
    table = tmp_path / "pairs.csv"
    table.write_text(f"pair_kind,cluster_id_a,cluster_id_b,doi,direction\nisomer,x,y,,{words}\n", encoding="utf-8")
    with pytest.raises(DataError, match="directions of a pair"):
        pairs(table)
