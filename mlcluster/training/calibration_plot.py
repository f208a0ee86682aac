"""Calibration plots: how far errors reach into, and out of, the intervals that were stated for them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mlcluster.model.calibration import LEVEL, Z_LEVEL
from mlcluster.training.scoring import ArmPredictions, Array

_FURTHEST = 3.0
"""Errors beyond so many half-widths are drawn at the edge."""


def relative_errors(arm: ArmPredictions) -> Array:
    """Absolute errors over the half-widths of their intervals, in rising order, (N,); at most 1 where one holds."""
    return np.sort(np.abs(arm.predicted - arm.label) / np.maximum(arm.half, 1e-12))


def calibration_plot(arms: Sequence[ArmPredictions], path: Path, title: str) -> None:
    """Draw for each arm the share of rows whose error is at most so many half-widths, and write an image.

    A calibrated arm passes through the nominal level at 1; where its errors are normal it follows the grey line all the
    way. Dots are the shares of single families at 1.

    Parameters
    ----------
    arms
        Predictions of one channel.
    path
        Image to write; the suffix is its format.
    title
        Says what was held out.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from scipy.stats import norm

    figure = Figure(figsize=(5.6, 5.2), layout="constrained")
    FigureCanvasAgg(figure)
    panel = figure.subplots()
    scale = np.linspace(0, _FURTHEST, 200)
    panel.plot(scale, 2 * norm.cdf(Z_LEVEL * scale) - 1, color="0.7", linewidth=1, label="normal errors")
    panel.axvline(1, color="0.8", linewidth=1, linestyle="--")
    panel.axhline(LEVEL, color="0.8", linewidth=1, linestyle="--")
    for number, arm in enumerate(arms):
        errors = relative_errors(arm)
        share = np.arange(1, len(errors) + 1) / len(errors)
        label = f"{arm.arm}: {np.mean(arm.inside()):.0%} inside, {LEVEL:.0%} stated"
        panel.step(np.minimum(errors, _FURTHEST), share, where="post", color=f"C{number}", label=label)
        inside = [np.mean(arm.of_family(family).inside()) for family in sorted(set(arm.families))]
        shift = 1 + 0.04 * (number - (len(arms) - 1) / 2)
        panel.scatter(np.full(len(inside), shift), inside, s=14, color=f"C{number}", alpha=0.6, zorder=3)
    panel.set_xlim(0, _FURTHEST)
    panel.set_ylim(0, 1.02)
    panel.set_xlabel("error over half-width of the interval")
    panel.set_ylabel("share of rows")
    panel.set_title(f"{arms[0].channel}, n = {len(arms[0].label)}", fontsize=10)
    panel.legend(fontsize=8, loc="lower right")
    figure.suptitle(title, fontsize=11)
    figure.savefig(path, dpi=130)
