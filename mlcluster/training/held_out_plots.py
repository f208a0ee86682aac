"""Plots of held-out rows: prediction against label, and error against interval, share kept and latent distance."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mlcluster.labels.methods import Channel
from mlcluster.model.calibration import LEVEL, Z_LEVEL
from mlcluster.model.held_out import Array, HeldOut
from mlcluster.model.scores import ranking_of_errors

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_NAMED = 20
"""With more families than this a legend would hide the points."""

MOST_BARS = 150
"""With more rows than this the bars of the intervals would hide the points."""

_FURTHEST = 3.0
"""Errors beyond so many half-widths are drawn at the edge."""


def parity_plot(parts: Sequence[HeldOut], path: Path, title: str) -> None:
    """Draw prediction against label, a panel a model, and write an image; its suffix is the format.

    Where there are few rows their intervals are drawn.

    Parameters
    ----------
    parts
        Predictions of one channel for the same rows.
    path
        Image to write.
    title
        Says what was held out.
    """
    channel = Channel.parse(parts[0].key)
    unit = channel.definition.unit
    columns = [part.in_unit() for part in parts]
    ends = np.concatenate([np.concatenate([label, predicted]) for label, predicted, _, _ in columns])
    margin = 0.05 * (np.ptp(ends) or 1.0)
    low, high = float(ends.min()) - margin, float(ends.max()) + margin

    figure = _figure(4.2 * len(parts), 5.4)
    panels = figure.subplots(1, len(parts), squeeze=False, sharex=True, sharey=True)[0]
    for panel, part, (label, predicted, lower, upper) in zip(panels, parts, columns, strict=True):
        panel.plot([low, high], [low, high], color="0.6", linewidth=1, zorder=0)
        families = part.family
        for number, family in enumerate(part.families):
            rows = families == family
            colour = f"C{number % 10}"
            if len(label) <= MOST_BARS:
                bars = np.stack([predicted - lower, upper - predicted])[:, rows].clip(min=0)
                panel.errorbar(label[rows], predicted[rows], bars, fmt="none", ecolor=colour, alpha=0.25, zorder=1)
            panel.scatter(label[rows], predicted[rows], s=10, color=colour, label=family, zorder=2)
        scores = part.scores()
        panel.set_title(f"{part.name}\nMAE {scores['mae']:.3g} {unit}, n = {int(scores['n'])}", fontsize=10)
        panel.set_xlim(low, high)
        panel.set_ylim(low, high)
        panel.set_box_aspect(1)
        panel.set_xlabel(f"{channel.target} label, {channel.method} ({unit})")
    panels[0].set_ylabel(f"predicted {channel.target} ({unit})")
    if len(parts[0].families) <= MOST_NAMED:
        panels[0].legend(fontsize=8, title="family held out", title_fontsize=8)
    figure.suptitle(title, fontsize=11)
    figure.savefig(path, dpi=130)


def risk_coverage_plot(parts: Sequence[HeldOut], path: Path, title: str) -> None:
    """Draw the mean error of the rows kept when the most doubtful are dropped first; parameters as `parity_plot`.

    Each model or baseline is ranked by the width of its intervals, solid, and by latent distance, dashed, where it has
    one. Dotted is the best possible order of the first, which its own errors give.
    """
    figure = _figure(6.4, 4.8)
    panel = figure.subplots()
    for number, part in enumerate(parts):
        label, predicted, _, _ = part.in_unit()
        error = np.abs(predicted - label)
        orders: list[tuple[str, Array, str]] = [
            ("by width", part.doubt, "-"),
            ("by distance", part.latent_distance, "--"),
        ]
        if number == 0:
            orders.append(("best order", error, ":"))
        for name, doubt, style in orders:
            if np.isfinite(doubt).all():
                kept, risk = ranking_of_errors(error, doubt, part.family.tolist())
                panel.plot(kept, risk, style, color=f"C{number}", linewidth=1.3, label=f"{part.name}, {name}")
    channel = Channel.parse(parts[0].key)
    panel.set_xlim(0, 1)
    panel.set_ylim(bottom=0)
    panel.set_xlabel("share of rows kept, each family weighing the same")
    panel.set_ylabel(f"mean error of those kept ({channel.definition.unit})")
    panel.legend(fontsize=8)
    figure.suptitle(f"{title}\n{parts[0].key}, n = {len(parts[0].label)}", fontsize=11)
    figure.savefig(path, dpi=130)


def error_distance_plot(parts: Sequence[HeldOut], path: Path, title: str) -> None:
    """Draw error against latent distance, a panel for each model that has one; parameters as `parity_plot`.

    The line is the mean error of as many neighbouring rows as a tenth of all.

    Raises
    ------
    ValueError
        If none has a latent distance.
    """
    known = [part for part in parts if np.isfinite(part.latent_distance).all()]
    if not known:
        raise ValueError("none has a latent distance")
    figure = _figure(6.4 * len(known), 4.8)
    for panel, part in zip(figure.subplots(1, len(known), squeeze=False)[0], known, strict=True):
        label, predicted, _, _ = part.in_unit()
        error, families, distance = np.abs(predicted - label), part.family, part.latent_distance
        for number, family in enumerate(part.families):
            rows = families == family
            panel.scatter(distance[rows], error[rows], s=8, color=f"C{number % 10}", alpha=0.6, label=family)
        order, window = np.argsort(distance), max(len(error) // 10, 1)
        mean = np.ones(window) / window
        smooth = [np.convolve(values[order], mean, mode="valid") for values in (distance, error)]
        panel.plot(*smooth, color="black", linewidth=1.3)
        panel.set_ylim(bottom=0)
        panel.set_xlabel("latent distance (training families lie 1 apart)")
        panel.set_ylabel(f"error ({Channel.parse(part.key).definition.unit})")
        panel.set_title(f"{part.name}, {part.key}, n = {len(error)}", fontsize=10)
        if len(part.families) <= MOST_NAMED:
            panel.legend(fontsize=7, title="family held out", title_fontsize=7)
    figure.suptitle(title, fontsize=11)
    figure.savefig(path, dpi=130)


def relative_errors(part: HeldOut) -> Array:
    """Absolute errors over the half-widths of their intervals, in rising order, (N,); at most 1 where one holds."""
    return np.sort(np.abs(part.predicted - part.label) / np.maximum(part.half, 1e-12))


def calibration_plot(parts: Sequence[HeldOut], path: Path, title: str) -> None:
    """Draw for each model the share of rows whose error is at most so many half-widths, and write an image.

    A calibrated model passes through the nominal level at 1; where its errors are normal it follows the grey line all
    the way. Dots are the shares of single families at 1.

    Parameters
    ----------
    parts
        Predictions of one channel.
    path
        Image to write; the suffix is its format.
    title
        Says what was held out.
    """
    from scipy.stats import norm

    figure = _figure(5.6, 5.2)
    panel = figure.subplots()
    scale = np.linspace(0, _FURTHEST, 200)
    panel.plot(scale, 2 * norm.cdf(Z_LEVEL * scale) - 1, color="0.7", linewidth=1, label="normal errors")
    panel.axvline(1, color="0.8", linewidth=1, linestyle="--")
    panel.axhline(LEVEL, color="0.8", linewidth=1, linestyle="--")
    for number, part in enumerate(parts):
        errors = relative_errors(part)
        share = np.arange(1, len(errors) + 1) / len(errors)
        label = f"{part.name}: {np.mean(part.inside()):.0%} inside, {LEVEL:.0%} stated"
        panel.step(np.minimum(errors, _FURTHEST), share, where="post", color=f"C{number}", label=label)
        inside = [np.mean(part.inside()[part.family == family]) for family in part.families]
        shift = 1 + 0.04 * (number - (len(parts) - 1) / 2)
        panel.scatter(np.full(len(inside), shift), inside, s=14, color=f"C{number}", alpha=0.6, zorder=3)
    panel.set_xlim(0, _FURTHEST)
    panel.set_ylim(0, 1.02)
    panel.set_xlabel("error over half-width of the interval")
    panel.set_ylabel("share of rows")
    panel.set_title(f"{parts[0].key}, n = {len(parts[0].label)}", fontsize=10)
    panel.legend(fontsize=8, loc="lower right")
    figure.suptitle(title, fontsize=11)
    figure.savefig(path, dpi=130)


def _figure(width: float, height: float) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure
