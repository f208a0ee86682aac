from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcluster.chem.elements import NUMBERS
from mlcluster.chem.formula import hill_formula, leading_charge, parse_formula, split_charge
from mlcluster.errors import InputError

compositions = st.dictionaries(st.sampled_from(sorted(NUMBERS)), st.integers(1, 400), min_size=1, max_size=8)


@given(compositions)
def test_a_written_formula_reads_back(counts: dict[str, int]) -> None:
    assert parse_formula(hill_formula(counts)) == (counts, None)


@given(compositions, st.integers(-9, 9).filter(bool))
def test_a_bracketed_charge_reads_back(counts: dict[str, int], charge: int) -> None:
    text = f"[{hill_formula(counts)}]{abs(charge)}{'+' if charge > 0 else '-'}"
    assert parse_formula(text) == (counts, charge)


@pytest.mark.parametrize(
    ("counts", "hill"),
    [
        ({"Au": 25, "S": 18, "C": 144, "H": 162}, "C144H162Au25S18"),
        ({"Ag": 12, "Au": 13, "Cl": 8, "P": 10}, "Ag12Au13Cl8P10"),
        ({"H": 2, "O": 1}, "H2O"),
        ({"C": 1, "Cl": 2, "H": 2}, "CH2Cl2"),
        ({"Au": 1.5, "Ag": 0}, "Au1.5"),
    ],
)
def test_hill_order(counts: dict[str, float], hill: str) -> None:
    assert hill_formula(counts) == hill


@pytest.mark.parametrize(
    ("text", "counts", "charge"),
    [
        ("[Au25(PH3)10(SH)5Cl2]2+", {"Au": 25, "P": 10, "H": 35, "S": 5, "Cl": 2}, 2),
        ("[Au25(SCH3)18]-", {"Au": 25, "S": 18, "C": 18, "H": 54}, -1),
        ("[Au25(SCH3)18]\N{MINUS SIGN}", {"Au": 25, "S": 18, "C": 18, "H": 54}, -1),
        ("F6 Sb 1-", {"F": 6, "Sb": 1}, -1),
        ("SbF6-", {"Sb": 1, "F": 6}, -1),
        ("C2D6O", {"C": 2, "H": 6, "O": 1}, None),
        ("Au{[P(CH3)3]2}3", {"Au": 1, "P": 6, "C": 18, "H": 54}, None),
        ("Au0.5Ag0.5", {"Au": 0.5, "Ag": 0.5}, None),
        ("Cs +", {"Cs": 1}, 1),
        ("", {}, None),
    ],
)
def test_formulas_as_they_are_written(text: str, counts: dict[str, float], charge: int | None) -> None:
    assert parse_formula(text) == (counts, charge)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("Xx2", "'Xx'"),
        ("Au25(SPh)18", "'Ph'"),
        ("Au25(SH", "unbalanced"),
        ("Au25SH)18", "unbalanced"),
        ("Au(SH]2", "unbalanced"),
        ("2Au", "nothing before"),
        ("Au?", "character 3"),
    ],
)
def test_a_bad_formula_is_refused_with_the_place(text: str, part: str) -> None:
    with pytest.raises(InputError, match=part.replace("(", r"\(")):
        parse_formula(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[M]+3", ("[M]", 3)),
        ("[M]^{2-}", ("[M]", -2)),
        ("NO3 1-", ("NO3", -1)),
        ("NO3-", ("NO3", -1)),
        ("M", ("M", None)),
        ("C12 H36 Au4 P4 ++", ("C12 H36 Au4 P4", 2)),
        ("S O4 --", ("S O4", -2)),
        ("[M]+++", ("[M]", 3)),
        ("[M](2+)", ("[M]", 2)),
        ("[M](--)", ("[M]", -2)),
        ("[M]²⁺", ("[M]", 2)),
        ("[M]⁻", ("[M]", -1)),
        ("[M]+2", ("[M]", 2)),
        ("Fe^2+^", ("Fe", 2)),
        ("[M]2\N{EN DASH}", ("[M]", -2)),
        ("(C16H36N)1+", ("(C16H36N)", 1)),
        ("Au25(SH)18-", ("Au25(SH)18", -1)),
    ],
)
def test_charge_is_cut_off(text: str, expected: tuple[str, int | None]) -> None:
    assert split_charge(text) == expected


@given(st.integers(1, 9), st.sampled_from("+-"))
def test_every_way_to_write_a_charge_means_the_same(size: int, sign: str) -> None:
    raised = f"{size}{sign}".translate(str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻"))
    ways = [
        f"{size}{sign}",
        f"{sign}{size}",
        sign * size,
        f"({size}{sign})",
        f"^{size}{sign}",
        f"^{{{size}{sign}}}",
        raised,
    ]
    charge = int(f"{sign}{size}")
    assert {split_charge(f"[Au8]{way}") for way in ways} == {("[Au8]", charge)}
    assert {leading_charge(way) for way in ways} == {charge}


@pytest.mark.parametrize("text", ["[Au8]+-", "[Au8]2++-", "[Au8]-+"])
def test_signs_that_contradict_each_other_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_formula(text)
