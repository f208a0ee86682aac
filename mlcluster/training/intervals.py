"""Intervals of held-out rows whose width owes nothing to the family that is judged by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mlcluster.model.calibration import Calibration, fit_calibration
from mlcluster.model.domain import fit_thresholds, is_outside
from mlcluster.training.scoring import ArmPredictions


def calibration_of(arm: ArmPredictions, thresholds: dict[str, Any] | None = None) -> Calibration:
    """Calibration on all rows of an arm, each predicted without its family.

    Parameters
    ----------
    arm
        Held-out rows of all folds.
    thresholds
        Of the domain; those that these rows set when None.
    """
    limits = fit_thresholds(arm.remoteness, arm.families) if thresholds is None else thresholds
    residual, outside = arm.label - arm.predicted, is_outside(arm.remoteness, limits)
    return fit_calibration(residual, arm.spread, arm.families, outside=outside)


def cross_calibrated(arm: ArmPredictions, thresholds: dict[str, Any] | None = None) -> ArmPredictions:
    """Give each row the interval of a calibration on the rows of all other families.

    The thresholds of the domain, if not given, are set on all families at once, as no label enters them. A single
    family has nothing to be calibrated on: its rows stay without intervals.
    """
    limits = fit_thresholds(arm.remoteness, arm.families) if thresholds is None else thresholds
    outside, families = is_outside(arm.remoteness, limits), np.array(arm.families)
    half = np.full(len(families), np.nan)
    for name in sorted(set(arm.families)):
        own = families == name
        if not own.all():
            fitted = calibration_of(arm.rows(~own), limits)
            half[own] = fitted.half_width(arm.spread[own], outside[own])
    return replace(arm, half=half)


def with_intervals(arm: ArmPredictions, calibration: Calibration, thresholds: dict[str, Any]) -> ArmPredictions:
    """Give each row the interval of a calibration that knows none of them."""
    outside = is_outside(arm.remoteness, thresholds)
    return replace(arm, half=calibration.half_width(arm.spread, outside))


def pooled_remoteness(arms: Sequence[ArmPredictions]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Remoteness and families of the rows of several channels, each entry once."""
    rows = {
        entry: (row, family)
        for arm in arms
        for entry, row, family in zip(arm.entries, arm.remoteness, arm.families, strict=True)
    }
    return np.stack([row for row, _ in rows.values()]), tuple(family for _, family in rows.values())
