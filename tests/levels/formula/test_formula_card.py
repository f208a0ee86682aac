from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mlcluster.errors import ModelError
from mlcluster.levels.formula.card import FormulaCard, formula_card
from mlcluster.levels.formula.predict import FormulaModel, bundled_formula_model
from mlcluster.model.card_parts import write_card
from mlcluster.resources import bundled_model_dir


def _judged(own: float, mean: float) -> FormulaModel:
    scores = {"formula": own, "mean": mean}
    metrics = {f"leave-one-family-out/lifetime:measured/{arm}/mae_over_families": v for arm, v in scores.items()}
    model = bundled_formula_model()
    channels = {"lifetime:measured": model.channels["lifetime:measured"]}
    return replace(model, channels=channels, training={**model.training, "metrics": metrics, "run_id": "abc"})


def _text(model: FormulaModel) -> str:
    return formula_card(model).text()


def test_the_shipped_card_is_what_the_record_says():
    written = (bundled_model_dir("formula") / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert written == _text(bundled_formula_model())


@pytest.mark.parametrize("missing", ["run_id", "data_hash", "environment", "metrics"])
def test_a_gap_in_the_record_is_refused(missing: str, tmp_path: Path):
    model = bundled_formula_model()
    gap = replace(model, training={key: value for key, value in model.training.items() if key != missing})
    field = {"metrics": "scores"}.get(missing, missing)
    with pytest.raises(ModelError, match=f"{field}: the record of this model does not fill its card"):
        formula_card(gap)
    written = write_card(lambda: formula_card(gap), tmp_path, "x")
    assert f"This model has no card: {field}" in written.read_text(encoding="utf-8")


@pytest.mark.parametrize("missing", ["candidate", "rows", "families"])
def test_a_gap_in_the_fit_of_a_channel_is_refused(missing: str):
    model = _judged(1.0, 2.0)
    (channel,) = model.channels.values()
    fitted = {key: value for key, value in channel.fitted.items() if key != missing}
    with pytest.raises(ModelError, match=r"outputs\.0\."):
        formula_card(replace(model, channels={channel.channel: replace(channel, fitted=fitted)}))


def test_every_field_of_the_schema_is_needed():
    content: dict[str, Any] = json.loads(formula_card(bundled_formula_model()).model_dump_json())
    for name in FormulaCard.model_fields:
        with pytest.raises(ValueError, match=name):
            FormulaCard.model_validate({key: value for key, value in content.items() if key != name})


def test_a_channel_without_the_mean_beside_it_is_refused():
    model = _judged(1.0, 2.0)
    own = {key: value for key, value in model.training["metrics"].items() if "/formula/" in key}
    other = {key.replace("lifetime", "emission"): value for key, value in own.items()}
    with pytest.raises(ModelError, match="beside the mean"):
        formula_card(replace(model, training={**model.training, "metrics": own | other}))


def test_says_where_the_model_is_no_better_than_the_mean():
    assert "over families held out no better than their mean (3 against 2)" in _text(_judged(3.0, 2.0))
    assert "no better" not in _text(_judged(1.0, 2.0))


def test_says_what_was_seen_and_what_cannot_be_seen(tmp_path: Path):
    model = _judged(1.0, 2.0)
    text = write_card(lambda: formula_card(model), tmp_path, "x").read_text(encoding="utf-8")

    assert model.hash in text and "`abc`" in text
    assert "Isomers have one formula" in text and "touchstone" in text
    assert all(metal in text for metal in model.channels["lifetime:measured"].domain["metals"])
    assert "Student's t" in text and "metal atoms; charges" in text
