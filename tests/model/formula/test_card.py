from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mlcluster.model.formula import FormulaModel, bundled_formula_model
from mlcluster.model.formula.card import formula_card, write_formula_card


def _judged(own: float, mean: float) -> FormulaModel:
    scores = {"formula": own, "mean": mean}
    metrics = {f"leave-one-family-out/lifetime:measured/{arm}/mae_over_families": v for arm, v in scores.items()}
    model = bundled_formula_model()
    channels = {"lifetime:measured": model.channels["lifetime:measured"]}
    return replace(model, channels=channels, training={**model.training, "metrics": metrics, "run_id": "abc"})


def test_says_where_the_model_is_no_better_than_the_mean():
    assert "over families held out no better than their mean (3 against 2)" in formula_card(_judged(3.0, 2.0))
    assert "no better" not in formula_card(_judged(1.0, 2.0))


def test_says_what_was_seen_and_what_cannot_be_seen(tmp_path: Path):
    model = _judged(1.0, 2.0)
    text = write_formula_card(model, tmp_path).read_text(encoding="utf-8")

    assert model.hash in text and "`abc`" in text
    assert "Isomers have one formula" in text and "touchstone" in text
    assert all(metal in text for metal in model.channels["lifetime:measured"].domain["metals"])
    assert "Student's t" in text and "metal atoms; charges" in text
