"""Plots of the bench: data, fit and weighted residuals, as SVG or PNG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mlcluster.errors import InputError
from mlcluster.photophysics.bench_result import Panel
from mlcluster.runs import check_place

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SUFFIXES = (".svg", ".png")
FIT = ", fit"
"""End of the label of a curve that belongs to the data with the same label."""

_WIDTH, _HEIGHT, _RESIDUAL_SHARE = 6.5, 3.6, 0.32


def check_plot_name(path: str | Path | None) -> None:
    """Refuse a name that cannot be drawn to, before any work is done.

    Raises
    ------
    InputError
        If it is neither SVG nor PNG, or its directory is missing.
    """
    if path is None:
        return
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise InputError("a plot is SVG or PNG.", found=path, expected=" or ".join(SUFFIXES))
    check_place(path)


def draw(panels: Sequence[Panel], path: str | Path) -> None:
    """Draw panels below each other, residuals under the panel they belong to.

    Raises
    ------
    InputError
        If the name is neither SVG nor PNG, or its directory is missing.
    """
    check_plot_name(path)
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    ratios = []
    for panel in panels:
        ratios += [1.0] if panel.residuals is None else [1.0, _RESIDUAL_SHARE]
    figure = Figure(figsize=(_WIDTH, _HEIGHT * sum(ratios)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(ratios), 1, squeeze=False, height_ratios=ratios)[:, 0]
    row = 0
    for panel in panels:
        _panel(axes[row], panel)
        row += 1
        if panel.residuals is not None:
            below = axes[row]
            below.sharex(axes[row - 1])
            below.axhline(0.0, color="0.6", linewidth=0.8)
            below.plot(*panel.residuals, ".", markersize=3, color="0.2")
            below.set(xlabel=panel.x_label, ylabel="residual / s.d.")
            axes[row - 1].set_xlabel("")
            _scale_x(below, panel)
            row += 1
    figure.savefig(path, dpi=150, metadata={"Date": None} if str(path).lower().endswith(".svg") else None)


def _panel(axes: Axes, panel: Panel) -> None:
    # A curve of several has the colour of the data it was fitted to.
    names = list(dict.fromkeys(series.label.removesuffix(FIT) for series in panel.series))
    for series in panel.series:
        colour = f"C{names.index(series.label.removesuffix(FIT))}"
        if series.style == "sticks":
            axes.vlines(series.x, 0.0, series.y, color=colour, linewidth=1.2, label=series.label)
        elif series.style == "line":
            axes.plot(series.x, series.y, "-", color=colour, linewidth=1.4, label=series.label)
        else:
            axes.plot(series.x, series.y, ".", color=colour, markersize=4, label=series.label)
    axes.set(xlabel=panel.x_label, ylabel=panel.y_label)
    _scale_x(axes, panel)
    if panel.log_y:
        axes.set_yscale("log")
    if len(panel.series) > 1:
        axes.legend(frameon=False, fontsize="small")


def _scale_x(axes: Axes, panel: Panel) -> None:
    if panel.log_x:
        axes.set_xscale("symlog", linthresh=1.0)
