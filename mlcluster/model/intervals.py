"""Intervals of held-out rows whose width owes nothing to the family that is judged by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from mlcluster.model.calibration import Calibration, fit_calibration
from mlcluster.model.domain import fit_thresholds, is_outside
from mlcluster.model.held_out import HeldOut


def calibration_of(part: HeldOut, thresholds: Mapping[str, Any] | None = None) -> Calibration:
    """Calibration on all rows of one model and channel, each predicted without its family.

    Parameters
    ----------
    part
        Held-out rows of all folds.
    thresholds
        Of the domain; those that these rows set when None.
    """
    limits = fit_thresholds(part.distance, part.family.tolist()) if thresholds is None else thresholds
    residual, outside = part.label - part.predicted, is_outside(part.distance, limits)
    return fit_calibration(residual, part.spread, part.family.tolist(), outside=outside)


def cross_calibrated(part: HeldOut, thresholds: Mapping[str, Any] | None = None) -> HeldOut:
    """Give each row of one model and channel the interval of a calibration on the rows of all other families.

    The thresholds of the domain, if not given, are set on all families at once, as no label enters them. A single
    family has nothing to be calibrated on: its rows stay without intervals.
    """
    limits = fit_thresholds(part.distance, part.family.tolist()) if thresholds is None else thresholds
    outside = is_outside(part.distance, limits)
    half = np.full(len(part), np.nan)
    for name in part.families:
        own = part.family == name
        if not own.all():
            fitted = calibration_of(part.rows(~own), limits)
            half[own] = fitted.half_width(part.spread[own], outside[own])
    return replace(part, half=half)


def with_intervals(part: HeldOut, calibration: Calibration, thresholds: Mapping[str, Any]) -> HeldOut:
    """Give each row the interval of a calibration that knows none of them."""
    outside = is_outside(part.distance, thresholds)
    return replace(part, half=calibration.half_width(part.spread, outside))
