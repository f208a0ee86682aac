from __future__ import annotations

import numpy as np
import pytest

from mlcluster.levels.calculation.predict import bundled_calculation_model
from mlcluster.levels.formula.predict import bundled_formula_model
from mlcluster.model.scores import better_than_mean, clopper_pearson, coverage_of, ranking_gain, ranking_of_errors


def test_clopper_pearson_as_published():
    # 0 of n: the upper end is 1 - (0.025)^(1/n); k of n as tabulated in Clopper, Pearson, Biometrika 1934, 26, 404.
    assert clopper_pearson(0, 10) == (0.0, pytest.approx(1 - 0.025**0.1))
    assert clopper_pearson(10, 10) == (pytest.approx(0.025**0.1), 1.0)
    assert clopper_pearson(5, 10) == (pytest.approx(0.1871, abs=1e-4), pytest.approx(0.8129, abs=1e-4))


def test_relatives_count_as_one_family():
    inside = np.repeat([True, True, True, True, False], 100)
    result = coverage_of(inside, np.repeat(list("abcde"), 100))
    assert result.share == result.family_share == pytest.approx(0.8)
    assert result.rows_high - result.rows_low < 0.08
    assert result.family_low < 0.4 and result.family_high > 0.95
    assert (result.low, result.high) == pytest.approx((result.family_low, result.family_high)), "families of one size"
    alone = coverage_of(inside, [str(k) for k in range(500)])
    assert (alone.low, alone.high) == pytest.approx((alone.rows_low, alone.rows_high), abs=2e-3)


def test_a_large_family_decides_the_rows_but_not_the_families():
    result = coverage_of([True] * 90 + [False] * 10, ["large"] * 90 + [f"small {k}" for k in range(10)])
    assert result.share == pytest.approx(0.9) and result.family_share == pytest.approx(1 / 11)
    assert result.low < 0.2 and result.high > 0.999, "one family of that size is hardly more than one trial"
    assert result.rows_low > 0.8


def test_every_label_inside_is_as_sure_as_there_are_families():
    result = coverage_of(np.ones(300, dtype=bool), np.repeat(list("abc"), 100))
    assert (result.family_low, result.family_high) == (pytest.approx(0.025 ** (1 / 3)), 1.0)
    one_missed = coverage_of([False] + [True] * 299, np.repeat(list("abc"), 100))
    assert one_missed.family_low < 0.35, "three families stay three trials"
    assert np.isnan(coverage_of([], []).share) and coverage_of([], []).n_rows == 0


def test_family_interval_contains_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(0)
    rows, families = [], np.repeat(np.arange(14).astype(str), 20)
    for _ in range(300):
        of_family = rng.beta(4.5, 0.5, 14)  # mean 0.9, most families near 1
        result = coverage_of(rng.random(280) < np.repeat(of_family, 20), families)
        rows.append((result.family_low <= 0.9 <= result.family_high, result.rows_low <= 0.9 <= result.rows_high))
    of_families, of_rows = np.mean(rows, axis=0)
    assert of_families >= 0.93 and of_rows < 0.75


def test_risk_coverage_by_hand():
    kept, risk = ranking_of_errors([3.0, 1.0, 2.0], [0.3, 0.1, 0.2])
    assert kept.tolist() == pytest.approx([1 / 3, 2 / 3, 1.0]) and risk.tolist() == pytest.approx([1.0, 1.5, 2.0])
    assert ranking_gain([3.0, 1.0, 2.0], [0.3, 0.1, 0.2])["gain"] == pytest.approx(1.0)
    assert ranking_gain([3.0, 1.0, 2.0], [1.0, 1.0, 1.0]) == {
        "area": pytest.approx(2.0),
        "random": pytest.approx(2.0),
        "oracle": pytest.approx(1.5),
        "gain": pytest.approx(0.0),
    }
    assert ranking_gain([3.0, 1.0, 2.0], [0.1, 0.3, 0.2])["gain"] == pytest.approx(-1.0)
    assert np.isnan(ranking_gain([1.0, 1.0], [0.0, 1.0])["gain"]) and np.isnan(ranking_gain([], [])["area"])


def test_ranking_lets_families_weigh_the_same():
    # Family a has four rows of error 1 and the lowest doubt, b one row of error 3.
    error, doubt, families = [1.0] * 4 + [3.0], [0.1] * 4 + [0.2], ["a"] * 4 + ["b"]
    kept, risk = ranking_of_errors(error, doubt, families)
    assert kept.tolist() == pytest.approx([0.125, 0.25, 0.375, 0.5, 1.0])
    assert risk.tolist() == pytest.approx([1.0, 1.0, 1.0, 1.0, 2.0])
    result = ranking_gain(error, doubt, families)
    assert result["random"] == pytest.approx(2.0) and result["area"] == pytest.approx(1.5)
    assert result["gain"] == pytest.approx(1.0)
    assert ranking_gain(error, doubt)["random"] == pytest.approx(1.4)


@pytest.mark.parametrize(
    ("rows", "families", "better"),
    [(0.89, 0.89, True), (0.91, 0.5, False), (0.5, 0.91, False), (0.89, None, True), (1.5, 1.5, False)],
)
def test_a_model_knows_more_than_the_mean_only_if_both_errors_are_a_tenth_smaller(rows, families, better):
    kept = {"f/gap:optical/m/mae": rows, "f/gap:optical/m/mae_over_families": families}
    kept |= {"f/gap:optical/mean/mae": 1.0, "f/gap:optical/mean/mae_over_families": 1.0}
    assert better_than_mean(kept, "gap:optical", "m") is better
    assert better_than_mean(kept, "gap:optical", "another") is None
    assert better_than_mean(kept, "emission:measured", "m") is None


def test_every_split_has_to_show_it():
    kept = {f"{split}/gap:optical/mean/mae": 1.0 for split in "ab"}
    kept |= {"a/gap:optical/m/mae": 0.5, "b/gap:optical/m/mae": 1.1}
    assert better_than_mean(kept, "gap:optical", "m") is False


def test_the_shipped_models_by_their_own_cards():
    formula = bundled_formula_model()
    told = {key: formula.informative(key) for key in formula.channels}
    metrics = formula.training["metrics"]
    for key, informative in told.items():
        errors = [metrics[f"leave-one-family-out/{key}/{arm}/mae"] for arm in ("formula", "mean")]
        assert not informative or errors[0] < 0.9 * errors[1], key
    assert told["quantum_yield:measured"] is False and told["emission:measured"] is True
    calculation = bundled_calculation_model()
    assert all(calculation.informative(key) for key in calculation.channels)
