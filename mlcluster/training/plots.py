"""Parity plots: prediction against label, one panel an arm, with the interval of each point where there are few."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mlcluster.labels import Channel
from mlcluster.training.scoring import ArmPredictions

MOST_BARS = 150
"""With more rows than this the bars of the intervals would hide the points."""


def parity_plot(arms: Sequence[ArmPredictions], path: Path, title: str) -> None:
    """Draw the same rows for each arm and write an image; the suffix of `path` is its format.

    Parameters
    ----------
    arms
        Predictions of one channel.
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
    panels[0].legend(fontsize=8, title="family held out", title_fontsize=8)
    figure.suptitle(title, fontsize=11)
    figure.savefig(path, dpi=130)
