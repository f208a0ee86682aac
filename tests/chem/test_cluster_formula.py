from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcluster.chem.cluster_formula import parse_cluster_formula, parse_metals
from mlcluster.errors import InputError


@pytest.mark.parametrize(
    ("text", "metals", "ligands", "charge"),
    [
        ("[Au13Ag12(PPh3)10Cl8]+", {"Au": 13, "Ag": 12}, {"PPh3": 10, "Cl": 8}, 1),
        ("[Au22(AdmS)12(PPh2py)4]2+", {"Au": 22}, {"SAdm": 12, "PPh2py": 4}, 2),
        ("Au38S2(SAdm)20", {"Au": 38}, {"S2-": 2, "SAdm": 20}, None),
        ("[Au25(SC2H4Ph)18]0", {"Au": 25}, {"PET": 18}, 0),
        ("[Au25(PET)18]^-", {"Au": 25}, {"PET": 18}, -1),
        ("[Au25(PET)18]⁻", {"Au": 25}, {"PET": 18}, -1),
        ("[Au25(PET)18]-1", {"Au": 25}, {"PET": 18}, -1),
        ("[Au25(PET)18]\N{MINUS SIGN}", {"Au": 25}, {"PET": 18}, -1),
        ("Au25(PET)18-", {"Au": 25}, {"PET": 18}, -1),
        ("Au25(PET)18^2+", {"Au": 25}, {"PET": 18}, 2),
        ("[Ag17(o1-CBT)12]3-", {"Ag": 17}, {"o1-CBT": 12}, -3),
        ("[Au13((R,R)-DIPAMP)5Cl2]3+", {"Au": 13}, {"DIPAMP": 5, "Cl": 2}, 3),
        ("[Au28(p-MBT)14(Hdppa)3](SO3CF3)2", {"Au": 28}, {"p-MBT": 14, "Hdppa": 3}, 2),
        ("[Cu3(dpmp)2(MeCN)2(µ-Cl)2]ClO4", {"Cu": 3}, {"dpmp": 2, "MeCN": 2, "Cl": 2}, 1),
        ("[Ag10Cu6(bdppthi)2(C≡CPh)12(EtOH)2](ClO4)4", {"Ag": 10, "Cu": 6}, {"bdppthi": 2, "PA": 12, "EtOH": 2}, 4),
        ("[Au@Ag8@Au6(C≡CtBu)12]+", {"Au": 7, "Ag": 8}, {"CCtBu": 12}, 1),
        ("[{Au3Cu2(C2Ph)6}Au3{PPh2(C6H4)PPh2}3]2+", {"Au": 6, "Cu": 2}, {"PA": 6, "PPh2C6H4PPh2": 3}, 2),
        ("[Ag@Cu12{S2P(OnPr)2}6(C≡CPh)4]+", {"Ag": 1, "Cu": 12}, {"S2P(OnPr)2": 6, "PA": 4}, 1),
        ("[Cu(py)I]4", {"Cu": 4}, {"py": 4, "I": 4}, None),
        ("[PXZDBFDP]2Cu4I4", {"Cu": 4}, {"PXZDBFDP": 2, "I": 4}, None),
        ("[Au2Cu2(3-dppmapz)2](PF6)2·2H2O", {"Au": 2, "Cu": 2}, {"3-dppmapz": 2}, 2),
        ("'Au38(SC6H13)24' (2004 assignment)", {"Au": 38}, {"SC6H13": 24}, None),
        ("Au18Ag26(R1COO)12(R2C≡C)24(μ4-O)2(μ3-O)2", {"Au": 18, "Ag": 26}, {"RCO2": 12, "alkynyl": 24, "O2-": 4}, None),
    ],
)
def test_formulas_as_they_are_printed(text: str, metals: dict, ligands: dict, charge: int | None) -> None:
    found = parse_cluster_formula(text)
    assert (found.metals, found.ligands, found.charge) == (metals, ligands, charge)


def test_words_behind_a_formula_are_kept_apart() -> None:
    found = parse_cluster_formula("Au42(SC2H4Ph)32 + amide (noncovalent)")
    assert (found.ligands, found.remark) == ({"PET": 32}, "+ amide (noncovalent)")


def test_elements_of_the_whole_cluster() -> None:
    # Sum formula of the crystal of [Au13Ag12(PPh3)10Cl8]+.
    found = parse_cluster_formula("[Au13Ag12(PPh3)10Cl8]+").elements
    assert found == {"Au": 13, "Ag": 12, "C": 180, "H": 150, "P": 10, "Cl": 8}
    assert parse_cluster_formula("[Au25(SR)18]-").elements is None


def test_an_abbreviation_of_one_text_alone() -> None:
    found = parse_cluster_formula("(Cu3I3)(Cu3L3)2·H2O", {"L": "py"})
    assert (found.metals, found.ligands) == ({"Cu": 9}, {"I": 3, "py": 6})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Au25(SR18", "unbalanced"),
        ("Au25(TBBTT)18", "Did you mean TBBT"),
        ("Au144-xAgx(PET)60", "cannot read"),
        ("Au13(NHC)xBry", "cannot read"),
        ("(Cu3I3)(Cu3L3)2", "neither metal nor ligand"),
        ("[Au11(PPh3)7](XY)3", "."),
        ("(PET)18", "no metal"),
        ("octahedral Ag6", "cannot read"),
        ("(" * 3000 + "Au" + ")" * 3000, "more brackets"),
        ("", "no metal"),
    ],
)
def test_what_is_not_a_formula_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_cluster_formula(text)


@given(
    st.dictionaries(st.sampled_from(["Au", "Ag", "Cu", "Pd"]), st.integers(1, 60), min_size=1),
    st.dictionaries(st.sampled_from(["PET", "PPh3", "dppe", "2,4-DMBT", "PPh(C2H4CN)2"]), st.integers(1, 60)),
    st.integers(-3, 3),
)
def test_what_is_written_is_read(metals: dict[str, int], ligands: dict[str, int], charge: int) -> None:
    body = "".join(f"{m}{n}" for m, n in metals.items()) + "".join(f"({x}){n}" for x, n in ligands.items())
    sign = f"{abs(charge)}{'+' if charge > 0 else '-'}" if charge else "0"
    found = parse_cluster_formula(f"[{body}]{sign}")
    assert (found.metals, found.ligands, found.charge) == (metals, ligands, charge)


def test_metals_alone() -> None:
    assert parse_metals("Pt1Ag24") == {"Pt": 1, "Ag": 24}
    for wrong in ("Au25S18", "Au144-xAgx", "Au25+", ""):
        with pytest.raises(InputError):
            parse_metals(wrong)


@given(st.text(alphabet="AuAgPSCl()[]{}+-0123456789^·@μ² ,xRL", max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = parse_cluster_formula(text)
    except InputError:
        return
    assert found.n_metals >= 0 and found.metals


@pytest.mark.parametrize("written", ["++", "2+", "+2", "(2+)", "^2+", "²⁺", "^{2+}"])
def test_one_charge_however_it_is_written(written: str) -> None:
    assert parse_cluster_formula(f"[Au8(PPh3)8]{written}").charge == 2
    if written not in ("2+", "(2+)"):
        assert parse_cluster_formula(f"Au8(PPh3)8{written}").charge == 2


def test_signs_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(InputError):
        parse_cluster_formula("[Au8(PPh3)8]+-")


@pytest.mark.parametrize(
    ("text", "what"), [("Au0", "names no metal"), ("[Au0(PPh3)8]+", "names no metal"), ("[Au10001(PPh3)8]+", "range")]
)
def test_counts_that_no_cluster_has_are_refused(text: str, what: str) -> None:
    with pytest.raises(InputError, match=what):
        parse_cluster_formula(text)


def test_the_largest_count_is_read() -> None:
    assert parse_cluster_formula("[Au10000(PPh3)8]+").metals == {"Au": 10_000}
