"""Intervals of held-out rows: nested calibration, verdicts and plots of rows whose errors are known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mlcluster.model.domain import CRITERIA, STATED
from mlcluster.training.intervals import calibration_of, cross_calibrated, pooled_remoteness, with_intervals
from mlcluster.training.plots import error_distance_plot, parity_plot, risk_coverage_plot
from mlcluster.training.scoring import ArmPredictions, joined

DISTANCE = CRITERIA.index("latent distance")


def arm_of(residual, families, distance=None, spread=None) -> ArmPredictions:
    """Predictions of 1 eV that are wrong by `residual`."""
    n = len(residual)
    remote = np.zeros((n, len(CRITERIA)))
    remote[:, DISTANCE] = np.nan if distance is None else distance
    return ArmPredictions(
        arm="network",
        channel="gap:gfn1-xtb",
        entries=tuple(f"entry {k}" for k in range(n)),
        families=tuple(np.asarray(families).astype(str).tolist()),
        label=1.0 + np.asarray(residual, dtype=float),
        predicted=np.ones(n),
        spread=np.zeros(n) if spread is None else np.asarray(spread, dtype=float),
        remoteness=remote,
        half=np.full(n, np.nan),
    )


def synthetic(seed: int, n_families: int = 13) -> ArmPredictions:
    """Families that share a shift, of sizes as uneven as those of the bundled models."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 60, n_families)
    families = np.repeat(np.arange(n_families), sizes)
    shift = 0.3 * rng.normal(size=n_families)
    residual = shift[families] + 0.05 * rng.normal(size=len(families))
    return arm_of(residual, families, distance=rng.exponential(size=n_families)[families])


def test_an_interval_owes_nothing_to_the_labels_of_its_family() -> None:
    arm = synthetic(0)
    own = np.array([family == "3" for family in arm.families])
    other = replace(arm, label=np.where(own, arm.label + 5.0, arm.label))
    first, second = cross_calibrated(arm), cross_calibrated(other)
    assert (first.half[own] == second.half[own]).all()
    assert (first.half[~own] < second.half[~own]).all(), "while all others learn from it"


def test_nested_coverage_of_families_is_as_stated() -> None:
    scores = [cross_calibrated(synthetic(seed)).scores() for seed in range(60)]
    share = np.array([score["coverage_over_families"] for score in scores])
    assert 0.9 - 3 * share.std() / 60**0.5 <= share.mean() <= 0.97
    contains = [s["coverage_over_families_low"] <= 0.9 <= s["coverage_over_families_high"] for s in scores]
    assert np.mean(contains) > 0.9


def test_before_calibration_there_is_no_coverage() -> None:
    arm = synthetic(1)
    assert "coverage" not in arm.scores() and "width" in cross_calibrated(arm).scores()
    alone = cross_calibrated(arm_of([0.1, 0.2], ["a", "a"]))
    assert np.isnan(alone.half).all() and "coverage" not in alone.scores()


def test_rows_outside_have_wider_intervals() -> None:
    rng = np.random.default_rng(0)
    families = np.repeat(np.arange(20), 10)
    distance = np.tile([0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 3.0], 20)
    arm = arm_of(rng.normal(size=200) * distance, families, distance=distance)
    fitted = calibration_of(arm, STATED)
    assert fitted.factor_origin == "held-out families" and fitted.outside_factor > 2
    half = with_intervals(arm, fitted, STATED).half
    assert (
        half[distance > 2] == pytest.approx(fitted.outside_factor * half[0]) and (half[distance < 2] == half[0]).all()
    )
    assert cross_calibrated(arm, STATED).scores()["ranking_by_width"] > 0.2


def test_each_entry_counts_once_among_channels() -> None:
    arm = synthetic(2)
    rows, families = pooled_remoteness([arm, replace(arm, channel="gap:dft-pbe-lanl2dz")])
    assert rows.shape == (len(arm.entries), 4) and families == arm.families


def test_joined_folds_give_back_their_rows() -> None:
    arm = cross_calibrated(synthetic(3))
    parts = [arm.of_family(family) for family in sorted(set(arm.families))]
    whole = joined(parts)
    assert sorted(whole.entries) == sorted(arm.entries) and whole.remoteness.shape == arm.remoteness.shape
    assert whole.scores()["coverage"] == pytest.approx(arm.scores()["coverage"])


def test_plots_are_images(tmp_path: Path) -> None:
    arm = cross_calibrated(synthetic(4))
    plain = replace(arm, arm="mean", remoteness=np.full_like(arm.remoteness, np.nan))
    uncalibrated = synthetic(5)
    for draw in (parity_plot, risk_coverage_plot, error_distance_plot):
        draw([arm, plain, uncalibrated], tmp_path / f"{draw.__name__}.png", "families held out")
        assert (tmp_path / f"{draw.__name__}.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="no arm"):
        error_distance_plot([plain], tmp_path / "none.png", "families held out")
