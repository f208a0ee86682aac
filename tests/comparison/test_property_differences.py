"""Intervals and verdicts of differences, with predictions and members that are chosen."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from mlcluster.comparison.property_differences import (
    SAME_FORMULA,
    independent_difference,
    paired_difference,
    property_differences,
    rate_differences,
)
from mlcluster.labels.targets import get_target
from mlcluster.model.calibration import Z_LEVEL, Calibration, difference_key, fit_calibration
from mlcluster.model.related_pairs import fit_difference_calibrations, stored_differences
from mlcluster.prediction.prediction import Prediction


def prediction(value, half, *, target="gap", method="gfn1-xtb", ends=None, **more):
    """A prediction whose interval has this half-width in model space, unless its ends are given."""
    definition = get_target(target)
    middle = float(definition.to_model(value))
    lower, upper = ends or map(float, definition.interval_from_model(middle - half, middle + half))
    return Prediction(
        **{
            "file": "",
            "cluster": "",
            "formula": "",
            "target": target,
            "method": method,
            "value": value,
            "unit": definition.unit,
            "lower": lower,
            "upper": upper,
            "level": 0.9,
            "applicability": "inside",
            "reasons": (),
            "model": "",
        }
        | more
    )


CALIBRATION = Calibration(kind="conformal", level=0.9, multiplier=2.0, floor=0.03, n_families=9, n_rows=100)


def test_independent_errors_add_in_squares():
    row = independent_difference(prediction(1.0, 0.3), prediction(1.6, 0.4))
    assert (row.difference, row.lower, row.upper) == pytest.approx((0.6, 0.1, 1.1))
    assert row.resolved and row.interval == "independent" and "independent" in row.note
    assert row.p_increase == pytest.approx(norm.cdf(0.6 / (0.5 / Z_LEVEL)))


def test_a_difference_within_its_error_is_not_resolved():
    row = independent_difference(prediction(1.0, 0.3), prediction(1.4, 0.4))
    assert not row.resolved and row.lower < 0 < row.upper


def test_an_end_cut_off_at_the_bound_of_the_target_hides_no_doubt():
    row = independent_difference(prediction(0.2, 0, ends=(0.0, 0.9)), prediction(1.0, 0.0))
    assert row.upper - row.difference == pytest.approx(0.7)


def test_longer_wavelength_is_an_increase_although_its_energy_falls():
    row = independent_difference(
        *(prediction(1240 / e, 0.02, target="emission", method="measured") for e in (1.8, 1.7))
    )
    assert row.difference > 0 and row.lower > 0 and row.resolved
    assert row.p_increase > 0.95


def test_members_that_move_together_make_a_narrow_paired_interval():
    a, b = prediction(1.0, 0.8), prediction(1.2, 0.8)
    together = paired_difference(a, b, np.array([0.2, 0.2, 0.2]), CALIBRATION)
    apart = paired_difference(a, b, np.array([0.0, 0.2, 0.4]), CALIBRATION)
    assert together.upper - together.difference == pytest.approx(2.0 * 0.03)
    assert apart.upper - apart.difference == pytest.approx(2.0 * np.hypot(0.03, 0.2))
    assert together.resolved and not apart.resolved and not independent_difference(a, b).resolved
    assert "9 families" in together.note


def test_outside_the_domain_a_paired_interval_is_wider():
    a, b = prediction(1.0, 0.8), prediction(1.2, 0.8, applicability="outside")
    row = paired_difference(a, b, np.array([0.2, 0.2]), CALIBRATION)
    assert row.upper - row.difference == pytest.approx(2.0 * 0.03 * CALIBRATION.outside_factor)


def test_paired_only_where_a_calibration_applies():
    members = {"gap:gfn1-xtb": np.array([0.2, 0.2])}
    pair = [prediction(1.0, 0.3)], [prediction(1.2, 0.3)]
    for calibrations, kind in (({}, "independent"), ({"gap:gfn1-xtb": CALIBRATION}, "paired")):
        (row,) = property_differences(*pair, same_formula=False, members=members, calibrations=calibrations)
        assert row.interval == kind


def test_strangers_and_few_families_have_no_paired_calibration():
    channel = "gap:gfn1-xtb"
    stored = {difference_key(channel, "isomer"): CALIBRATION.to_json()}
    assert stored_differences([channel], stored, "isomer") == {channel: CALIBRATION}
    assert stored_differences([channel], stored, "mirror image") == {channel: CALIBRATION}
    for other in ("doping", "unrelated", "related"):
        assert stored_differences([channel], stored, other) == {}
    few = fit_calibration([0.1, -0.2], [0.0, 0.0], ["one", "two"])
    weak = {difference_key(channel, "isomer"): few.to_json()}
    assert stored_differences([channel], weak, "isomer") == {}


def test_each_kind_of_pair_has_its_own_scale_and_all_share_one_quantile():
    generator = np.random.default_rng(0)
    families = [f"family {k // 40}" for k in range(400)]
    kinds = ["isomer", "doping"] * 200
    residual = generator.normal(size=400) * np.where(np.array(kinds) == "isomer", 0.05, 0.5)
    fitted = fit_difference_calibrations(residual, np.zeros(400), families, kinds)
    assert {c.multiplier for c in fitted.values()} == {fitted["isomer"].multiplier}
    assert fitted["isomer"].kind == "conformal"
    assert fitted["doping"].floor / fitted["isomer"].floor == pytest.approx(10, rel=0.15)
    for kind in ("isomer", "doping"):
        own = np.array(kinds) == kind
        inside = np.abs(residual[own]) <= fitted[kind].half_width(0.0)
        assert 0.9 <= inside.mean() <= 1.0
    # No pair of this kind: the scale of all kinds together.
    assert fitted["isomer"].floor < fitted["defect"].floor < fitted["doping"].floor


def photophysics(quantum_yield, lifetime, half):
    return [
        prediction(quantum_yield, half, target="quantum_yield", method="measured"),
        prediction(lifetime, half, target="lifetime", method="measured"),
    ]


def test_rates_follow_from_yield_and_lifetime():
    """Au21 and Au22 of 10.1038/s41467-025-65024-3: k_r 4.94e4 and 1.25e5, k_nr 3.28e5 and 1.37e5 per second."""
    rows = rate_differences(photophysics(0.1310, 2.65, 0.01), photophysics(0.4763, 3.82, 0.01), same_formula=False)
    radiative, dark = rows
    assert (radiative.a, radiative.b) == pytest.approx((4.94e4, 1.25e5), rel=5e-3)
    assert (dark.a, dark.b) == pytest.approx((3.28e5, 1.37e5), rel=5e-3)
    assert radiative.resolved and radiative.p_increase == 1.0
    assert dark.resolved and dark.p_increase == 0.0 and dark.upper < 0
    unsure = rate_differences(photophysics(0.1310, 2.65, 1.0), photophysics(0.4763, 3.82, 1.0), same_formula=False)
    assert not unsure[0].resolved and 0.5 < unsure[0].p_increase < 1.0


def test_rate_interval_is_that_of_a_ratio_of_lognormals():
    """With a small yield k_r is log-normal: logit is then the logarithm."""
    a, b = photophysics(1e-3, 1.0, 0.05), photophysics(1e-3, 1.0, 0.05)
    (row, _) = rate_differences(a, b, same_formula=False)
    # d(k) = k (d ln QY - ln 10 d log10 tau): two such terms, each with half-widths 0.05 and 0.05 ln 10.
    half = 1e3 * np.sqrt(2) * np.hypot(0.05, 0.05 * np.log(10))
    assert (row.upper - row.lower) / 2 == pytest.approx(half, rel=0.03)


def test_no_rates_without_both_numbers():
    assert rate_differences(photophysics(0.1, 1.0, 0.1)[:1], photophysics(0.1, 1.0, 0.1), same_formula=False) == []


def test_a_formula_never_resolves_isomers():
    a, b = (prediction(v, 0.01, target="gap", method="optical", basis="formula") for v in (1.0, 2.0))
    (same,) = property_differences([a], [b], same_formula=True, members={}, calibrations={})
    assert (same.difference, same.p_increase, same.resolved, same.note) == (0.0, 0.5, False, SAME_FORMULA)
    (other,) = property_differences([a], [b], same_formula=False, members={}, calibrations={})
    assert other.resolved and other.difference == pytest.approx(1.0)


@pytest.mark.parametrize(("floor", "expected"), [(0.05, 0.5), (1.0, 1.6449)])
def test_few_pairs_of_a_kind_give_the_wider_of_independent_and_lent_intervals(floor, expected):
    a, b = prediction(1.0, 0.3, basis="calculation"), prediction(1.4, 0.4, basis="calculation")
    lent = {"gap:gfn1-xtb": Calibration(kind="normal", level=0.9, multiplier=Z_LEVEL, floor=floor)}
    (row,) = property_differences([a], [b], same_formula=False, members={}, calibrations={}, borrowed=lent)
    assert (row.upper - row.lower) / 2 == pytest.approx(expected, rel=1e-3)
    assert row.note.startswith("too few pairs") and row.interval == "independent"
    (own,) = property_differences([a], [b], same_formula=False, members={}, calibrations={}, calculated=lent)
    assert (own.interval, (own.upper - own.lower) / 2) == ("paired", pytest.approx(Z_LEVEL * floor))
