"""Intervals of held-out rows: nested calibration, verdicts and plots of rows whose errors are known."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mlcluster.model.calibration import fit_calibration
from mlcluster.model.domain import CRITERIA, STATED, fit_thresholds, is_outside
from mlcluster.model.held_out import HeldOut
from mlcluster.model.intervals import calibration_of, cross_calibrated, with_intervals
from mlcluster.training.held_out_plots import error_distance_plot, parity_plot, risk_coverage_plot

DISTANCE = CRITERIA.index("latent distance")


def part_of(residual, families, distance=None) -> HeldOut:
    """Predictions of 1 eV that are wrong by `residual`."""
    n = len(residual)
    far = np.zeros((n, len(CRITERIA)))
    far[:, DISTANCE] = np.nan if distance is None else distance
    entries = [f"entry {k}" for k in range(n)]
    label = 1.0 + np.asarray(residual, dtype=float)
    return HeldOut.of("network", "gap:gfn1-xtb", entries, np.asarray(families, dtype=str), label, 1.0, distance=far)


def synthetic(seed: int, n_families: int = 13) -> HeldOut:
    """Families that share a shift, of sizes as uneven as those of the bundled models."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 60, n_families)
    families = np.repeat(np.arange(n_families), sizes)
    shift = 0.3 * rng.normal(size=n_families)
    residual = shift[families] + 0.05 * rng.normal(size=len(families))
    return part_of(residual, families, distance=rng.exponential(size=n_families)[families])


def test_an_interval_owes_nothing_to_the_labels_of_its_family() -> None:
    part = synthetic(0)
    own = part.family == "3"
    other = replace(part, label=np.where(own, part.label + 5.0, part.label))
    first, second = cross_calibrated(part), cross_calibrated(other)
    assert (first.half[own] == second.half[own]).all()
    assert (first.half[~own] < second.half[~own]).all(), "while all others learn from it"


def test_nested_coverage_of_families_is_as_stated() -> None:
    scores = [cross_calibrated(synthetic(seed)).scores() for seed in range(60)]
    share = np.array([score["coverage_over_families"] for score in scores])
    assert 0.9 - 3 * share.std() / 60**0.5 <= share.mean() <= 0.97
    contains = [s["coverage_over_families_low"] <= 0.9 <= s["coverage_over_families_high"] for s in scores]
    assert np.mean(contains) > 0.9


def test_before_calibration_there_is_no_coverage() -> None:
    part = synthetic(1)
    assert "coverage" not in part.scores() and "width" in cross_calibrated(part).scores()
    alone = cross_calibrated(part_of([0.1, 0.2], ["a", "a"]))
    assert np.isnan(alone.half).all() and "coverage" not in alone.scores()


def test_rows_outside_have_wider_intervals() -> None:
    rng = np.random.default_rng(0)
    families = np.repeat(np.arange(20), 10)
    distance = np.tile([0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 3.0], 20)
    part = part_of(rng.normal(size=200) * distance, families, distance=distance)
    fitted = calibration_of(part, STATED)
    assert fitted.factor_origin == "held-out families" and fitted.outside_factor > 2
    half = with_intervals(part, fitted, STATED).half
    assert (
        half[distance > 2] == pytest.approx(fitted.outside_factor * half[0]) and (half[distance < 2] == half[0]).all()
    )
    assert cross_calibrated(part, STATED).scores()["ranking_by_width"] > 0.2


@pytest.mark.parametrize("stated", [None, STATED])
def test_given_thresholds_are_used_and_none_are_fitted(stated) -> None:
    rng = np.random.default_rng(0)
    families = np.repeat(np.arange(20), 10)
    part = part_of(rng.normal(size=200), families, distance=rng.uniform(3.0, 9.0, 200))
    inside = is_outside(part.distance, stated or fit_thresholds(part.distance, part.family.tolist()))
    assert inside.all() if stated else not inside.all()
    fitted = calibration_of(part, stated)
    residual = part.label - part.predicted
    assert fitted == fit_calibration(residual, part.spread, part.family.tolist(), outside=inside)


def test_joined_folds_give_back_their_rows() -> None:
    part = cross_calibrated(synthetic(3))
    whole = HeldOut.joined(part.rows(part.family == family) for family in part.families)
    assert sorted(whole.entry) == sorted(part.entry) and whole.distance.shape == part.distance.shape
    assert whole.scores()["coverage"] == pytest.approx(part.scores()["coverage"])


def test_a_table_falls_into_its_parts() -> None:
    one, other = synthetic(1, n_families=4), synthetic(2, n_families=3)
    named = replace(one, model=np.full(len(one), "mean"), members=np.ones((len(one), 2)))
    first, second, third = HeldOut.joined([one, replace(other, channel=np.full(len(other), "x:y")), named]).parts()
    assert (first.name, first.key, len(first)) == ("network", "gap:gfn1-xtb", len(one))
    assert (second.key, len(second)) == ("x:y", len(other)) and np.isnan(second.members).all()
    assert (third.name, third.members.shape) == ("mean", (len(one), 2))


def test_rows_on_disk_are_number_for_number() -> None:
    draw = np.random.default_rng(0).normal
    far = np.array([[np.nan] * 4, [0.1] * 4, [1 / 3] * 4])
    facts = {"distance": far, "half": 1 / 3, "members": draw(size=(3, 2)), "seed": 2, "left_out": "A"}
    table = HeldOut.of("network", "gap:gfn1-xtb", list("abc"), list("AAB"), draw(size=3), draw(size=3), **facts)
    again = HeldOut.from_json(json.loads(json.dumps(table.to_json())))
    for name, value in vars(table).items():
        np.testing.assert_array_equal(getattr(again, name), value)
        assert getattr(again, name).dtype.kind == value.dtype.kind
    assert again.of_entries({"a", "c"}).entry.tolist() == ["a", "c"]
    nothing = HeldOut.joined([])
    assert len(nothing) == 0 and len(HeldOut.from_json(nothing.to_json())) == 0 and nothing.parts() == []


def test_plots_are_images(tmp_path: Path) -> None:
    part = cross_calibrated(synthetic(4))
    plain = replace(part, model=np.full(len(part), "mean"), distance=np.full_like(part.distance, np.nan))
    uncalibrated = synthetic(5)
    for draw in (parity_plot, risk_coverage_plot, error_distance_plot):
        draw([part, plain, uncalibrated], tmp_path / f"{draw.__name__}.png", "families held out")
        assert (tmp_path / f"{draw.__name__}.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="none has"):
        error_distance_plot([plain], tmp_path / "none.png", "families held out")
