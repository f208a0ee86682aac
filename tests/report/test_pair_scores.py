"""Scores of differences in words: every number of the table, verdicts and limits."""

from __future__ import annotations

from mlcluster.comparison.scored_run import PairScores
from mlcluster.report.pair_scores import pair_scores_markdown, risk_coverage_picture


def found() -> PairScores:
    row = {"channel": "gap:gfn1-xtb", "kind": "isomer", "arm": "network", "interval": "paired"}
    values = {"sign_accuracy": 0.75, "mae": 0.0512, "coverage": 0.9, "resolved": 0.25, "half_width": 0.2}
    values |= {"sign_accuracy_resolved": float("nan"), "mae_of_zero": 0.08, "pairs": 12.0, "families": 3.0}
    limits = {f"{name}_{end}": 0.5 for name in values for end in ("low", "high")}
    control = {"channel": "gap:gfn1-xtb", "arm": "network", "label": -0.77, "predicted": -0.6, "half_width": 0.5}
    return PairScores(
        "run1",
        "hash",
        [{**row, **values, **limits}, {**row, **values, **limits, "arm": "mean", "sign_accuracy": 0.5, "mae": 0.08}],
        {("gap:gfn1-xtb", "network", "paired"): [(0.5, 0.0), (1.0, 0.25)]},
        [{**control, "resolved": True}],
        {"gap:gfn1-xtb": {}},
        {("gap:gfn1-xtb", "M13", "isomer"): 12},
    )


def test_every_number_stands_in_the_tables():
    text = pair_scores_markdown(found())
    for part in ("run1", "M13 12", "12 pairs of 3 families", "0.75 (0.50 to 0.50)", "0.051", "| - |", "0.080 eV"):
        assert part in text
    assert "| network | -0.60 | 0.50 | resolved |" in text
    assert "sign right in 75% (best other arm mean, 50%) and errs by 0.051 eV" in text
    assert "no paired calibration" in text


def test_the_curve_is_drawn(tmp_path):
    path = risk_coverage_picture(found(), "gap:gfn1-xtb", tmp_path / "risk.svg")
    assert path.read_text().startswith("<svg") and "network, paired" in path.read_text()
