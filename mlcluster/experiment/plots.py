"""Pictures of an experiment: scores with their intervals, parity of the arms, and learning curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mlcluster.experiment.statistics import Estimate, Rows
from mlcluster.labels import Channel

MOST_PANELS = 6
"""Parity panels; more are too small to read."""

_NETWORK, _BASELINE = "C0", "0.55"


def score_plot(estimates: Mapping[str, Estimate], networks: Sequence[str], label: str, path: Path) -> None:
    """Draw each arm's score with its 90 % interval over families, and the value of every seed.

    Parameters
    ----------
    estimates
        By the name of arm or baseline, drawn from top to bottom.
    networks
        Which of them are arms of the experiment; baselines are grey.
    label
        Of the axis.
    path
        PNG to write.
    """
    figure, panel = _figure(7.5, 1.2 + 0.42 * len(estimates))
    for place, (name, known) in enumerate(estimates.items()):
        colour = _NETWORK if name in networks else _BASELINE
        panel.plot([known.lower, known.upper], [place, place], color=colour, linewidth=2, alpha=0.6)
        panel.plot(known.by_seed, [place] * len(known.by_seed), "|", color=colour, markersize=12)
        panel.plot(known.value, place, "o", color=colour)
    panel.set_yticks(range(len(estimates)), list(estimates))
    panel.invert_yaxis()
    panel.set_xlabel(f"{label}\nline: 90 % interval over families; ticks: single seeds")
    panel.grid(axis="x", color="0.9")
    figure.savefig(path, dpi=120)


def parity_plot(arms: Mapping[str, Rows], channel: str, path: Path) -> None:
    """Draw prediction against label for the rows of one seed, a panel an arm, a colour a family."""
    parsed = Channel.parse(channel)
    unit = parsed.definition.unit
    shown = dict(list(arms.items())[:MOST_PANELS])
    ends = np.concatenate([part for rows in shown.values() for part in (rows.label, rows.predicted)])
    margin = 0.05 * (float(np.ptp(ends)) or 1.0)
    low, high = float(ends.min()) - margin, float(ends.max()) + margin
    figure, panels = _figure(3.6 * len(shown), 4.4, len(shown))
    for panel, (name, rows) in zip(np.atleast_1d(panels), shown.items(), strict=True):
        panel.plot([low, high], [low, high], color="0.6", linewidth=1, zorder=0)
        families = np.array(rows.families)
        names = sorted(set(rows.families))
        for number, family in enumerate(names):
            inside = families == family
            # A legend of dozens of families helps nobody.
            legend = family if len(names) <= 10 else None
            panel.scatter(rows.label[inside], rows.predicted[inside], s=8, color=f"C{number % 10}", label=legend)
        panel.set_title(f"{name}\nMAE {np.abs(rows.predicted - rows.label).mean():.3g} {unit}", fontsize=9)
        panel.set(xlim=(low, high), ylim=(low, high), box_aspect=1, xlabel=f"{parsed.target} label ({unit})")
    first = np.atleast_1d(panels)[0]
    first.set_ylabel(f"predicted {parsed.target} ({unit})")
    if first.get_legend_handles_labels()[0]:
        first.legend(fontsize=6, title="family held out", title_fontsize=6)
    figure.savefig(path, dpi=110)


def curve_plot(
    curves: Mapping[str, Sequence[tuple[float, Estimate]]],
    flat: Mapping[str, Estimate],
    labels: tuple[str, str],
    path: Path,
) -> None:
    """Draw a score against the number in which arms differ.

    Parameters
    ----------
    curves
        Points of each line: number and score.
    flat
        Baselines that do not depend on the number, drawn as dashed lines.
    labels
        Of the axes.
    path
        PNG to write.
    """
    figure, panel = _figure(6.0, 4.2)
    for number, (name, points) in enumerate(curves.items()):
        x, known = [point[0] for point in points], [point[1] for point in points]
        y = np.array([one.value for one in known])
        bars = np.array([[one.value - one.lower for one in known], [one.upper - one.value for one in known]])
        panel.errorbar(x, y, bars.clip(min=0), fmt="o-", color=f"C{number % 10}", capsize=3, label=name or None)
    for number, (name, one) in enumerate(flat.items()):
        panel.axhline(one.value, color="0.5", linestyle=("--", ":", "-.")[number % 3], label=name)
    numbers = [x for points in curves.values() for x, _ in points]
    if min(numbers) > 0 and max(numbers) / min(numbers) > 20:
        panel.set_xscale("log")
    panel.set(xlabel=labels[0], ylabel=f"{labels[1]}, 90 % interval over families")
    panel.grid(color="0.9")
    if panel.get_legend_handles_labels()[0]:
        panel.legend(fontsize=8)
    figure.savefig(path, dpi=120)


def _figure(width: float, height: float, columns: int = 1) -> tuple[Any, Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots(1, columns)
