from __future__ import annotations

from typing import Any

import pytest

from mlcluster.comparison.comparison_answer import measured_sentence, resolved_sentence, step_in_words
from mlcluster.comparison.measured import MeasuredValue
from mlcluster.comparison.property_differences import PropertyDifference, rate_differences
from mlcluster.prediction.prediction import Prediction


def difference(target: str = "gap", method: str = "gfn1-xtb", **changes: Any) -> PropertyDifference:
    row = {"target": target, "method": method, "unit": "eV", "a": 1.0, "b": 1.3, "difference": 0.3, "lower": 0.1}
    row |= {"upper": 0.5, "level": 0.9, "p_increase": 0.99, "resolved": True, "basis": "network", "note": ""}
    return PropertyDifference(**row | {"interval": "paired", "informative": True} | changes)


def value(side: str, amount: float, target: str = "emission", **changes: Any) -> MeasuredValue:
    units = {"emission": "nm", "quantum_yield": "fraction", "lifetime": "us", "radiative_rate": "1/s"}
    row = {"side": side, "record": f"record {side}", "match": "matched", "target": target, "method": "measured"}
    row |= {"value": amount, "unit": units[target], "bound": None, "medium": None, "source": ""}
    return MeasuredValue(**row | changes)


def test_what_is_resolved_is_told_with_its_size_and_the_rest_in_one_line():
    text = resolved_sentence(
        [
            difference(difference=-0.3, lower=-0.5, upper=-0.1),
            difference("emission", "measured", unit="nm", resolved=False, basis="formula", interval="independent"),
            difference(method="dft-pbe-lanl2dz", resolved=False),
            difference("quantum_yield", "measured", unit="fraction", resolved=False, informative=False),
        ]
    )
    assert text.startswith(
        "Resolved: A has the larger calculated gap (gfn1-xtb), by 0.30 eV "
        "(90% interval of B - A -0.50 to -0.10; network)."
    )
    assert "Not resolved: the 90% intervals of B - A hold zero for emission, calculated gap." in text
    assert text.count("esolved:") == 2
    assert "Quantum yield: no better than the average of known clusters, so that no difference can be told." in text


def test_nothing_resolved_nothing_predicted_and_one_formula():
    assert resolved_sentence([]) == "No property is predicted for both."
    assert resolved_sentence([difference(resolved=False)]).startswith("No predicted difference is resolved: ")
    shared = difference("emission", "measured", unit="nm", resolved=False, interval="none", basis="formula")
    assert resolved_sentence([shared]) == "Emission: predicted from the formula, which both share."


@pytest.mark.parametrize(
    ("target", "unit", "a", "b", "told"),
    [
        ("emission", "nm", 715.0, 730.0, "emission 715 -> 730 nm"),
        ("quantum_yield", "fraction", 0.131, 0.4763, "quantum yield 13 -> 48 %"),
        ("lifetime", "us", 2.65, 3.82, "lifetime 2.65 -> 3.82 us"),
        ("radiative_rate", "1/s", 4.94e4, 1.25e5, "k_r x 2.5"),
        ("nonradiative_rate", "1/s", 3.28e5, 1.37e5, "k_nr / 2.4"),
        ("radiative_rate", "1/s", 1e5, 1e5, "k_r x 1"),
    ],
)
def test_a_measured_step_as_chemists_say_it(target, unit, a, b, told):
    assert step_in_words({"target": target, "method": "measured", "unit": unit, "a": a, "b": b}) == told


def test_what_is_measured_on_one_side_only_or_fits_several_compounds():
    assert measured_sentence([]) == "Nothing measured on either is in the literature table."
    one = measured_sentence([value("a", 700.0)])
    assert one == "Measured, A: record a (emission 700 nm). Nothing measured on B is known."
    several = [value(side, n, record=f"isomer {n:.0f}", match="ambiguous") for side in "ab" for n in (1.0, 2.0)]
    text = measured_sentence(several)
    assert text == ("Measured, A and B: 2 known compounds fit, isomer 1 (emission 1 nm); isomer 2 (emission 2 nm).")
    assert "->" not in text, "which is which is not guessed"


def predicted(target: str, amount: float, half: float, informative: bool) -> Prediction:
    unit = {"quantum_yield": "fraction", "lifetime": "us"}[target]
    return Prediction(
        file="", cluster="", formula="", target=target, method="measured", value=amount, unit=unit, level=0.9,
        lower=amount - half, upper=amount + half, applicability="inside", reasons=(), model="", informative=informative,
    )  # fmt: skip


@pytest.mark.parametrize("blind", [None, "quantum_yield", "lifetime"])
def test_rates_follow_only_where_yield_and_lifetime_are_known_better_than_their_mean(blind):
    sides = [
        [
            predicted("quantum_yield", y, 0.01, blind != "quantum_yield"),
            predicted("lifetime", 2.0, 0.1, blind != "lifetime"),
        ]
        for y in (0.1, 0.4)
    ]
    rows = rate_differences(*sides, same_formula=False)
    assert [row.target for row in rows] == ([] if blind else ["radiative_rate", "nonradiative_rate"])
    assert rate_differences(sides[0], [], same_formula=False) == []
