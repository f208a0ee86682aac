from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcluster.anatomy import Anatomy
from mlcluster.prediction.prediction_sentences import (
    answer,
    best_rows,
    description,
    measured_sentences,
    name_of,
    value_in_words,
)
from mlcluster.report.predicted_tables import summary
from tests.anatomy.stand_ins import stand_in


def predicted(target: str = "gap", **changes):
    units = {"gap": "eV", "emission": "nm", "quantum_yield": "fraction", "lifetime": "us"}
    row = {"file": "x.cif", "cluster": "x", "formula": "Au9", "kind": "predicted", "target": target}
    row |= {"method": "optical" if target == "gap" else "measured", "value": 1.5, "unit": units[target]}
    row |= {"lower": 1.0, "upper": 2.0, "level": 0.9, "applicability": "inside", "reasons": [], "basis": "formula"}
    return row | {"informative": True, "model": "0"} | changes


def measured(record: str, **changes):
    row = {"file": "x.cif", "cluster": "x", "formula": "Au9", "kind": "measured", "record": record, "target": "gap"}
    row |= {"method": "optical", "value": 2.1, "unit": "eV", "bound": None, "match": "matched", "medium": "CH2Cl2"}
    return row | {"temperature": None, "flags": [], "basis": "literature", "reasons": []} | changes


@pytest.mark.parametrize(
    ("target", "lower", "upper", "told"),
    [
        ("lifetime", 0.01, 1.0, "1.5 us (0.01 to 1)"),
        ("lifetime", 0.01, 1.01, "unknown within 0.01 to 1.01 us"),
        ("lifetime", 0.0, 1.0, "unknown within 0 to 1 us"),
        # Energies are told by their size, not by their power of ten.
        ("gap", 0.0, 3.0, "1.50 eV (0.00 to 3.00)"),
        ("quantum_yield", 0.001, 0.9, "1.50 (0.00 to 0.90)"),
    ],
)
def test_an_interval_over_more_than_two_decades_tells_no_value(target, lower, upper, told):
    assert value_in_words(predicted(target, lower=lower, upper=upper)) == told


@given(st.sampled_from([True, None, False]), st.floats(0.001, 10), st.floats(0.001, 10))
def test_what_no_model_knows_is_printed_without_its_value(informative, value, width):
    row = predicted(value=123.456 + value, lower=value, upper=value + width, informative=informative)
    text = value_in_words(row)
    assert (f"{row['value']:.2f}" in text) == (informative is not False)
    assert ("no better than the average of known clusters" in text) == (informative is False)


def test_the_best_level_that_knows_anything_answers():
    rows = [
        predicted(basis="calculation", method="dft-pbe-lanl2dz", informative=False),
        predicted(basis="formula"),
        predicted(basis="network", method="gfn1-xtb"),
        predicted("quantum_yield", informative=False),
        predicted("quantum_yield", informative=False, basis="network"),
    ]
    best = best_rows(rows)
    assert [(row["target"], row["basis"]) for row in best] == [("gap", "formula"), ("quantum_yield", "formula")]
    assert best_rows(rows[1:])[0]["basis"] == "formula", "levels come in the order of the rows"


def test_the_order_of_an_answer_and_its_doubts():
    rows = [
        measured("known one"),
        predicted(applicability="outside", reasons=["9 metal atoms; training had 13 to 152"]),
        predicted("emission", value=800.0, lower=700.0, upper=900.0),
        predicted("lifetime", informative=False, lower=1e-5, upper=1e5),
    ]
    what, known, told, sure, unknown, then = answer(rows, what="[Au9(PPh3)8]3+")
    assert what == "x.cif: [Au9(PPh3)8]3+."
    assert known == "Measured (known one): gap 2.10 eV (optical, CH2Cl2)."
    assert told == "From the formula: gap (optical) 1.50 eV (1.00 to 2.00), emission 800 nm (700 to 900)."
    assert "Brackets are 90% intervals." in sure and "has seen: gap (optical) (9 metal atoms" in sure
    assert unknown.startswith("Lifetime: no better than the average") and "unknown within 1e-05 to 1e+05 us" in unknown
    assert then == "Next: mlcluster predict x.cif --level calculation"
    assert answer([{"file": "x", "error": "broken"}]) == []


@pytest.mark.parametrize(
    ("reason", "command"),
    [
        ("too large. Found: about 100 s. Give more with --max-seconds.", "--level calculation --max-seconds 180"),
        ("too large. Give more with --max-seconds.", "--level calculation --max-seconds 600"),
        ("the charge is unknown. State it with --charge or in the file.", "--charge Q"),
        ("it did not converge.", "mlcluster compare x.cif OTHER.cif"),
    ],
)
def test_the_next_command_follows_from_why_there_is_no_calculation(reason, command):
    *_, why, then = answer([predicted(not_calculated=f"x: {reason}")])
    assert command in then and why == f"It was not calculated: {reason.partition(' Found:')[0]}"
    assert "crystal structure" in answer([predicted(file="")])[-1]


def test_several_compounds_that_fit_are_all_named_and_none_is_chosen():
    (one,) = measured_sentences([measured("E", match="ambiguous"), measured("S", match="ambiguous", value=1.7)])
    assert "E gap 2.10 eV" in one and "S gap 1.70 eV" in one and "2 known compounds have this formula" in one
    (possible,) = measured_sentences([measured("E", match="possible")])
    assert "if it is this compound" in possible
    (doubted,) = measured_sentences([measured("E", flags=["SUSPECT_COMPOSITION"], value=3.0), measured("E")])
    assert "2.10 eV" in doubted and "3.00" not in doubted, "a value without a flag speaks for its property"


def test_names_without_repetition():
    assert name_of(predicted()) == "x.cif" and name_of(predicted(cluster="b")) == "x.cif, b"
    assert name_of(predicted(file="")) == "x" and name_of(predicted(file="d/x.cif.gz")) == "d/x.cif.gz"


def test_a_cluster_is_introduced_by_its_ligands():
    told = description(Anatomy(stand_in(4)))
    assert told.startswith("[Au22(SMe)12(PPh2py)4]2+, 8 valence electrons")
    assert "charge unknown" in description(Anatomy(stand_in(4).replace(charge=None)))


def test_many_clusters_are_summed_up():
    clusters = [[predicted(file=f"{n}.cif", cluster=str(n), value=1.0 + n)] for n in range(4)]
    text = summary([*clusters, [predicted("quantum_yield", informative=False, applicability="outside")]])
    assert text.startswith("5 clusters in 5 files. Gap from 1.00 (0) to 4.00 eV (3).")
    assert "1 of them have values outside" in text and "average of known clusters of: quantum yield" in text
