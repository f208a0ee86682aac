"""Plots of held-out rows: prediction against label, error against the share kept, error against latent distance."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mlcluster.labels import Channel
from mlcluster.model.coverage import ranking_of_errors
from mlcluster.training.scoring import ArmPredictions, Array

MOST_NAMED = 20
"""With more families than this a legend would hide the points."""

MOST_BARS = 150
"""With more rows than this the bars of the intervals would hide the points."""


def parity_plot(arms: Sequence[ArmPredictions], path: Path, title: str) -> None:
    """Draw prediction against label, a panel an arm, and write an image; its suffix is the format.

    Where there are few rows their intervals are drawn.

    Parameters
    ----------
    arms
        Predictions of one channel for the same rows.
    path
        Image to write.
    title
        Says what was held out.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    channel = Channel.parse(arms[0].channel)
    unit = channel.definition.unit
    columns = [arm.in_unit() for arm in arms]
    ends = np.concatenate([np.concatenate([label, predicted]) for label, predicted, _, _ in columns])
    margin = 0.05 * (np.ptp(ends) or 1.0)
    low, high = float(ends.min()) - margin, float(ends.max()) + margin

    figure = Figure(figsize=(4.2 * len(arms), 5.4), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, len(arms), squeeze=False, sharex=True, sharey=True)[0]
    for panel, arm, (label, predicted, lower, upper) in zip(panels, arms, columns, strict=True):
        panel.plot([low, high], [low, high], color="0.6", linewidth=1, zorder=0)
        families = np.array(arm.families)
        for number, family in enumerate(sorted(set(arm.families))):
            rows = families == family
            colour = f"C{number % 10}"
            if len(label) <= MOST_BARS:
                bars = np.stack([predicted - lower, upper - predicted])[:, rows].clip(min=0)
                panel.errorbar(label[rows], predicted[rows], bars, fmt="none", ecolor=colour, alpha=0.25, zorder=1)
            panel.scatter(label[rows], predicted[rows], s=10, color=colour, label=family, zorder=2)
        scores = arm.scores()
        panel.set_title(f"{arm.arm}\nMAE {scores['mae']:.3g} {unit}, n = {int(scores['n'])}", fontsize=10)
        panel.set_xlim(low, high)
        panel.set_ylim(low, high)
        panel.set_box_aspect(1)
        panel.set_xlabel(f"{channel.target} label, {channel.method} ({unit})")
    panels[0].set_ylabel(f"predicted {channel.target} ({unit})")
    if len(set(arms[0].families)) <= MOST_NAMED:
        panels[0].legend(fontsize=8, title="family held out", title_fontsize=8)
    figure.suptitle(title, fontsize=11)
    figure.savefig(path, dpi=130)


def risk_coverage_plot(arms: Sequence[ArmPredictions], path: Path, title: str) -> None:
    """Draw the mean error of the rows kept when the most doubtful are dropped first; parameters as `parity_plot`.

    Each arm is ranked by the width of its intervals, solid, and by latent distance, dashed, where it has one. Dotted is
    the best possible order of the first arm, which its own errors give.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.8), layout="constrained")
    FigureCanvasAgg(figure)
    panel = figure.subplots()
    for number, arm in enumerate(arms):
        label, predicted, _, _ = arm.in_unit()
        error = np.abs(predicted - label)
        orders: list[tuple[str, Array, str]] = [("by width", arm.doubt, "-"), ("by distance", arm.distance, "--")]
        if number == 0:
            orders.append(("best order", error, ":"))
        for name, doubt, style in orders:
            if np.isfinite(doubt).all():
                kept, risk = ranking_of_errors(error, doubt, arm.families)
                panel.plot(kept, risk, style, color=f"C{number}", linewidth=1.3, label=f"{arm.arm}, {name}")
    channel = Channel.parse(arms[0].channel)
    panel.set_xlim(0, 1)
    panel.set_ylim(bottom=0)
    panel.set_xlabel("share of rows kept, each family weighing the same")
    panel.set_ylabel(f"mean error of those kept ({channel.definition.unit})")
    panel.legend(fontsize=8)
    figure.suptitle(f"{title}\n{arms[0].channel}, n = {len(arms[0].label)}", fontsize=11)
    figure.savefig(path, dpi=130)


def error_distance_plot(arms: Sequence[ArmPredictions], path: Path, title: str) -> None:
    """Draw error against latent distance, a panel for each arm that has one; parameters as `parity_plot`.

    The line is the mean error of as many neighbouring rows as a tenth of all.

    Raises
    ------
    ValueError
        If no arm has a latent distance.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    known = [arm for arm in arms if np.isfinite(arm.distance).all()]
    if not known:
        raise ValueError("no arm has a latent distance")
    figure = Figure(figsize=(6.4 * len(known), 4.8), layout="constrained")
    FigureCanvasAgg(figure)
    for panel, arm in zip(figure.subplots(1, len(known), squeeze=False)[0], known, strict=True):
        label, predicted, _, _ = arm.in_unit()
        error, families = np.abs(predicted - label), np.array(arm.families)
        for number, family in enumerate(sorted(set(arm.families))):
            rows = families == family
            panel.scatter(arm.distance[rows], error[rows], s=8, color=f"C{number % 10}", alpha=0.6, label=family)
        order, window = np.argsort(arm.distance), max(len(error) // 10, 1)
        mean = np.ones(window) / window
        smooth = [np.convolve(values[order], mean, mode="valid") for values in (arm.distance, error)]
        panel.plot(*smooth, color="black", linewidth=1.3)
        panel.set_ylim(bottom=0)
        panel.set_xlabel("latent distance (training families lie 1 apart)")
        panel.set_ylabel(f"error ({Channel.parse(arm.channel).definition.unit})")
        panel.set_title(f"{arm.arm}, {arm.channel}, n = {len(error)}", fontsize=10)
        if len(set(arm.families)) <= MOST_NAMED:
            panel.legend(fontsize=7, title="family held out", title_fontsize=7)
    figure.suptitle(title, fontsize=11)
    figure.savefig(path, dpi=130)
