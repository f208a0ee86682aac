"""Scores of isomers by hand: four clusters, of which two and two are isomers."""

from __future__ import annotations

import importlib.util
from types import ModuleType

import pytest

from mlcluster.resources import dataset_dir

SCRIPT = dataset_dir("generated").parents[1] / "experiments" / "isomers" / "score.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("isomer_scores", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def row(formula: str, gfn1: float, said: float, dft: float | None) -> dict[str, object]:
    return {"formula": formula, "charge": 0, "gfn1_ev": gfn1, "predicted_ev": said, "dft_ev": dft, "inside": gfn1 > 1.0}


def test_signs_errors_and_ranks_are_those_worked_out_by_hand(script: ModuleType) -> None:
    rows = [row("A", 1.0, 1.1, 1.0), row("A", 1.2, 1.4, 0.9), row("B", 2.0, 2.0, None), row("B", 1.8, 2.1, 1.0)]
    found = script.scored(rows)
    assert (found["clusters"], found["compositions_with_isomers"], found["pairs"]) == (4, 2, 2)
    assert found["mae_ev"] == pytest.approx((0.1 + 0.2 + 0.0 + 0.3) / 4) == found["bias_ev"]
    assert found["mae_of_mean_ev"] == pytest.approx(0.4)
    # A is put in order and B is not; DFT is known of A alone, and has it the other way round than both.
    assert (found["right_signs"], found["pairs_with_dft"]) == (0.5, 1)
    assert (found["right_signs_of_dft"], found["right_signs_of_dft_by_the_calculation"]) == (0.0, 0.0)
    assert found["inside"] == 0.75
    # Within compositions: -0.1, 0.1, 0.1, -0.1 against -0.15, 0.15, -0.05, 0.05.
    assert found["pearson_within_compositions"] == pytest.approx(0.02 / (0.2 * 0.05**0.5))
