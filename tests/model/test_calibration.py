"""Intervals over families whose residuals are drawn from known distributions."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcluster.errors import DataError, ModelError
from mlcluster.model.calibration import (
    LARGEST_FACTOR,
    LEAST_FACTOR,
    Calibration,
    conformal_quantile,
    families_needed,
    fit_calibration,
    stored_calibration,
)


def synthetic(rng, n_families, *, shift=1.0, noise=0.3, heavy=False):
    """Families that share a shift of their residuals, of 1 to 40 rows each."""
    sizes = rng.integers(1, 41, n_families)
    shifts = shift * (rng.standard_t(2, n_families) if heavy else rng.normal(size=n_families))
    families = np.repeat(np.arange(n_families), sizes).astype(str)
    return np.repeat(shifts, sizes) + noise * rng.normal(size=sizes.sum()), families


def coverage_of_new_families(n_families, *, heavy=False, repeats=400):
    """Mean over repeats of the coverage of one new family by intervals fitted on the others."""
    rng = np.random.default_rng(0)
    shares = []
    for _ in range(repeats):
        residual, families = synthetic(rng, n_families + 1, heavy=heavy)
        new = families == "0"
        spread = np.exp(0.3 * rng.normal(size=len(residual)))
        fitted = fit_calibration(residual[~new], spread[~new], families[~new])
        shares.append((np.abs(residual[new]) <= fitted.half_width(spread[new])).mean())
    return float(np.mean(shares)), float(np.std(shares) / np.sqrt(repeats))


@pytest.mark.parametrize("n_families", [9, 14, 30])
@pytest.mark.parametrize("heavy", [False, True])
def test_conformal_intervals_hold_for_a_new_family(n_families, heavy):
    share, error = coverage_of_new_families(n_families, heavy=heavy)
    # Hierarchical conformal prediction covers at least 0.9 and, for continuous scores, at most about 2 / (K + 1) more.
    assert 0.9 - 3 * error <= share <= min(1.0, 0.9 + 2 / (n_families + 1)) + 3 * error


def test_rows_taken_as_independent_would_promise_too_much():
    rng = np.random.default_rng(1)
    covered = []
    for _ in range(400):
        residual, families = synthetic(rng, 11)
        new = families == "0"
        by_row = np.quantile(np.abs(residual[~new]), 0.9)
        covered.append((np.abs(residual[new]) <= by_row).mean())
    assert np.mean(covered) < 0.87


def test_the_fallback_holds_for_normal_residuals():
    share, error = coverage_of_new_families(4)
    assert share >= 0.9 - 3 * error


def test_quantile_by_hand():
    # Ten families of one row: each weighs 1/11, so 0.9 is reached with the tenth score; nine rows weigh 0.1 each.
    assert conformal_quantile(np.arange(10.0), np.array(list("abcdefghij")), 0.9) == 9.0
    assert conformal_quantile(np.arange(9.0), np.array(list("abcdefghi")), 0.9) == 8.0
    assert conformal_quantile(np.arange(8.0), np.array(list("abcdefgh")), 0.9) == np.inf
    # Nineteen families weigh 1/20: the eighteenth score, whatever the number of rows of the family at the bottom.
    names = np.array(["0"] * 50 + [str(k) for k in range(1, 19)])
    assert conformal_quantile(np.concatenate([np.zeros(50), np.arange(1.0, 19.0)]), names, 0.9) == 17.0
    assert families_needed(0.9) == 9 and families_needed(0.8) == 4


def test_fewer_than_nine_families_fall_back_to_student():
    residual, families = np.array([1.0, -1.0, 1.0, -1.0]), ["a", "b", "c", "d"]
    fitted = fit_calibration(residual, np.zeros(4), families)
    assert fitted.kind == "student" and fitted.multiplier == pytest.approx(2.3534, abs=1e-4), "t(0.95, 3)"
    assert fitted.floor == pytest.approx(1.0)
    assert float(fitted.half_width(0.0)) == pytest.approx(2.3534, abs=1e-4)
    assert fit_calibration([1.0], [0.0], ["a"]).multiplier == pytest.approx(6.3138, abs=1e-4), "t(0.95, 1)"
    assert "fallback for fewer than 9 families" in fitted.describe()


@given(
    seed=st.integers(0, 1000),
    n_families=st.integers(1, 20),
    scale=st.floats(0.01, 100),
    flagged=st.booleans(),
)
def test_intervals_scale_with_residuals_and_are_wider_outside(seed, n_families, scale, flagged):
    rng = np.random.default_rng(seed)
    residual, families = synthetic(rng, n_families)
    spread = rng.exponential(size=len(residual))
    outside = rng.random(len(residual)) < 0.4 if flagged else None
    fitted = fit_calibration(residual, spread, families, outside=outside)
    scaled = fit_calibration(scale * residual, scale * spread, families, outside=outside)
    assert scaled.half_width(scale * spread) == pytest.approx(scale * fitted.half_width(spread), rel=1e-9)
    assert (fitted.half_width(spread, True) >= 1.2 * fitted.half_width(spread) - 1e-12).all()
    assert Calibration.from_json(json.loads(json.dumps(fitted.to_json()))) == fitted
    order = rng.permutation(len(residual))
    shuffled = None if outside is None else outside[order]
    again = fit_calibration(residual[order], spread[order], families[order], outside=shuffled)
    assert again.multiplier == pytest.approx(fitted.multiplier, rel=1e-12)


def test_factor_outside_is_learned_from_families_held_out():
    rng = np.random.default_rng(3)
    families = np.repeat(np.arange(40).astype(str), 10)
    outside = np.arange(400) % 2 == 0
    residual = rng.normal(size=400) * np.where(outside, 3.0, 1.0)
    fitted = fit_calibration(residual, np.zeros(400), families, outside=outside)
    assert fitted.factor_origin == "held-out families" and fitted.outside_factor == pytest.approx(3.0, rel=0.1)
    for side in (outside, ~outside):
        covered = np.abs(residual[side]) <= fitted.half_width(np.zeros(side.sum()), outside[side])
        assert 0.85 < covered.mean() < 0.97
    few = fit_calibration(residual, np.zeros(400), families, outside=families == "0")
    assert few.factor_origin == "stated" and few.outside_factor == 1.5
    misleading = fit_calibration(residual, np.zeros(400), families, outside=~outside)
    assert misleading.outside_factor == 1.2 and "hardly worse" in misleading.describe()


@pytest.mark.parametrize(
    ("ratio", "factor"),
    [(0.5, LEAST_FACTOR), (1.1, LEAST_FACTOR), (3.0, 3.0), (4.9, 4.9), (5.1, LARGEST_FACTOR), (1e3, 5.0)],
)
def test_the_factor_outside_stays_between_its_least_and_its_largest(ratio, factor):
    families = np.repeat(list("abcdefghij"), 2)
    outside = np.tile([False, True], 10)
    fitted = fit_calibration(np.where(outside, ratio, 1.0), np.zeros(20), families, outside=outside)
    assert fitted.outside_factor == pytest.approx(factor)
    assert (LEAST_FACTOR, LARGEST_FACTOR) == (1.2, 5.0)


def test_errors_outside_alone_have_the_largest_factor():
    families = np.repeat(list("abcdefghij"), 2)
    outside = np.tile([False, True], 10)
    fitted = fit_calibration(np.where(outside, 1.0, 0.0), np.zeros(20), families, outside=outside)
    assert fitted.outside_factor == LARGEST_FACTOR and np.isfinite(fitted.half_width(0.0, True))


def test_models_from_before_calibration_keep_their_intervals():
    old = stored_calibration("gap:gfn1-xtb", {}, {"gap:gfn1-xtb": 0.3})
    assert float(old.half_width(0.4)) == pytest.approx(1.6449 * 0.5, abs=1e-4)
    assert stored_calibration("gap:optical", {}, {}).half_width(0.0) == np.inf
    fitted = fit_calibration([1.0, 2.0], [0.0, 0.0], ["a", "b"])
    stored = {"gap:gfn1-xtb": fitted.to_json()}
    assert stored_calibration("gap:gfn1-xtb", stored, {"gap:gfn1-xtb": 0.3}) == fitted


def test_what_cannot_be_calibrated_on_is_refused():
    with pytest.raises(DataError, match="nothing to calibrate on"):
        fit_calibration([], [], [])
    with pytest.raises(DataError, match="2 residuals, 1 spreads"):
        fit_calibration([1.0, 2.0], [0.0], ["a", "b"])
    with pytest.raises(DataError, match="b: a residual or spread is not finite"):
        fit_calibration([1.0, np.nan], [0.0, 0.0], ["a", "b"])
    with pytest.raises(ModelError, match="cannot read a calibration"):
        Calibration.from_json({"kind": "student"})


@pytest.mark.parametrize(("n_families", "kind"), [(8, "student"), (9, "conformal")])
def test_nine_families_are_enough_and_eight_are_not(n_families, kind):
    families = np.repeat([str(number) for number in range(n_families)], 2)
    fitted = fit_calibration(np.linspace(0.1, 1.0, len(families)), np.zeros(len(families)), families)
    assert (fitted.kind, fitted.n_families, fitted.n_rows) == (kind, n_families, 2 * n_families)
    assert np.isfinite(fitted.multiplier)


@pytest.mark.parametrize(
    ("inside", "beyond", "origin"), [(3, 3, "held-out families"), (2, 3, "stated"), (3, 2, "stated")]
)
def test_the_factor_outside_needs_three_families_on_either_side(inside, beyond, origin):
    families = [f"in {number}" for number in range(inside)] + [f"out {number}" for number in range(beyond)]
    outside = np.arange(inside + beyond) >= inside
    fitted = fit_calibration(np.where(outside, 3.0, 1.0), np.zeros(len(families)), families, outside=outside)
    assert fitted.factor_origin == origin
    assert fitted.outside_factor == (pytest.approx(3.0) if origin == "held-out families" else 1.5)


def test_a_calibration_says_in_words_what_it_rests_on():
    fitted = fit_calibration(np.ones(18), np.zeros(18), np.repeat(list("abcdefghi"), 2))
    assert fitted.describe() == (
        "90% intervals by hierarchical conformal prediction over whole families from 9 families held out (18 rows): "
        "1 x sqrt(spread^2 + 1^2), outside the domain 1.5 times wider (stated)."
    )
    old = stored_calibration("gap:gfn1-xtb", {}, {"gap:gfn1-xtb": 0.25})
    assert old.describe() == (
        "90% intervals by a normal distribution of residuals: 1.64 x sqrt(spread^2 + 0.25^2), "
        "outside the domain 1.5 times wider (stated)."
    )
