from __future__ import annotations

import math
import re

import pytest

import mlcluster
from mlcluster.data import model_structures
from mlcluster.errors import InputError, ModelError
from mlcluster.labels.literature import clusters
from mlcluster.levels.formula.predict import bundled_formula_model
from mlcluster.prediction.from_formula import predict_formula
from mlcluster.prediction.prediction import Asked, Prediction, default_method_first, predictions_of
from mlcluster.structure.cluster import Cluster

CHANNELS = {"emission:measured", "quantum_yield:measured", "lifetime:measured", "gap:optical"}


def predict_formula_of(cluster) -> list[Prediction]:
    """What the formula of a structure tells."""
    model = bundled_formula_model()
    features = model.features(cluster)
    if features is None:
        return []
    asked = Asked(cluster=cluster.name, formula=cluster.formula)
    return default_method_first(next(predictions_of(model, "formula", [asked], model.predict([features]))))


def test_gives_every_channel_with_an_interval_around_the_value():
    rows = predict_formula("[Au13Ag12(PPh3)10Cl8]+")

    assert {row.channel.key for row in rows} == CHANNELS
    for row in rows:
        assert row.lower < row.value < row.upper
        assert row.basis == "formula" and row.contributions is None
        assert row.formula == row.cluster == "[Au13Ag12(PPh3)10Cl8]+"
    assert len({row.model for row in rows}) == 1


def test_small_copper_complexes_emit_in_the_visible_and_gold_thiolates_beyond_it():
    emission = {
        text: next(row.value for row in predict_formula(text) if row.target == "emission")
        for text in ("[Cu4I4(py)4]0", "[Au38(PET)26]0")
    }

    assert emission["[Cu4I4(py)4]0"] < 650 < 750 < emission["[Au38(PET)26]0"]


def test_intervals_are_wider_outside_than_inside_what_was_seen():
    inside, outside = (
        next(row for row in predict_formula(text) if row.target == "quantum_yield")
        for text in ("[Au38(PET)26]0", "[Au38(TePh)26]0")
    )

    assert inside.applicability == "inside" and inside.reasons == ()
    assert outside.applicability == "outside" and "heavier chalcogenolate" in outside.reasons[0]
    assert outside.upper - outside.lower > inside.upper - inside.lower


def test_a_charge_that_is_not_written_is_asked_for():
    open_charge, stated = predict_formula("Au22(SG)18"), predict_formula("Au22(SG)18", charge=0)

    assert all("charge not stated" in row.reasons[-1] for row in open_charge)
    assert not any("charge" in reason for row in stated for reason in row.reasons)
    with pytest.raises(InputError, match="states another charge"):
        predict_formula("[Au25(PET)18]-", charge=1)


def test_conditions_change_what_depends_on_them():
    solution, crystal = (
        {row.target: row.value for row in predict_formula("[Cu6(mtt)6]0", medium=medium)}
        for medium in (None, "crystal")
    )

    assert solution["emission"] != crystal["emission"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[Au22(PPh4)18]", "unknown ligand. Found: PPh4.* Did you mean PPh3"),
        ("Au25(SR18", "unbalanced"),
        ("(PPh3)4", "no metal"),
        ("Zz12", "neither metal nor ligand"),
    ],
)
def test_what_cannot_be_read_is_one_clear_error(text: str, message: str):
    with pytest.raises(InputError, match=message):
        predict_formula(text)


def test_no_model_where_none_is(tmp_path):
    with pytest.raises(ModelError, match="no formula model there"):
        predict_formula("[Au25(PET)18]-", model=tmp_path)


def test_every_formula_of_the_literature_table_is_predicted():
    # The others are words, series such as Au25-xAgx, or hold an abbreviation of their paper ("L") explained beside it.
    written_out = [
        record
        for record in clusters().values()
        if record.composition.formula is not None and not re.search(r"L\d|\(L\)", record.formula)
    ]

    assert len(written_out) > 110
    for record in written_out:
        stated = record.composition.formula.charge
        rows = predict_formula(record.formula, charge=record.composition.charge if stated is None else None)
        # A lifetime is left out where it could be any.
        told = {f"{row.target}:{row.method}" for row in rows}
        assert set(CHANNELS) - told <= {"lifetime:measured"}, record.id
        assert all(math.isfinite(row.value) for row in rows), record.id


def test_a_structure_is_predicted_as_its_formula():
    cluster = model_structures()["model [Ag25(SH)18]-"]

    from_atoms, from_text = predict_formula_of(cluster), predict_formula("[Ag25(SH)18]-")

    assert [row.value for row in from_atoms] == pytest.approx([row.value for row in from_text])
    assert [row.reasons for row in from_atoms] == [row.reasons for row in from_text]
    assert from_atoms[0].cluster == cluster.name


def test_isomers_are_not_told_apart():
    rods = [c for name, c in model_structures().items() if "isomer" in name]

    values = [[row.value for row in predict_formula_of(cluster)] for cluster in rods]

    assert len(rods) == 2 and values[0] == pytest.approx(values[1])


def test_a_structure_without_metal_has_no_such_prediction():
    water = Cluster(numbers=[8, 1, 1], positions=[[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]])

    assert predict_formula_of(water) == []


def test_is_a_function_of_the_package():
    assert mlcluster.predict_formula is predict_formula
