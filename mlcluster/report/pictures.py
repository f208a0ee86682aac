"""Still pictures for reports, as SVG text: a cluster seen along its shortest axis, and intervals on one scale."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from mlcluster.chem.elements import COVALENT_RADIUS, SYMBOLS, is_metal
from mlcluster.geometry.bonds import cluster_bonds
from mlcluster.structure.cluster import Cluster

COLOUR_A, COLOUR_B, COLOUR_MEASURED = "#2563a8", "#b4472f", "#222222"
"""Colours of the two sides, and of measurements."""

_OF_PAGE = {
    "#000000": "currentColor",
    COLOUR_MEASURED: "currentColor",
    "#ffffff": "var(--paper, #ffffff)",
    "#dddddd": "var(--line, #dddddd)",
    "#e6e6e6": "var(--line, #e6e6e6)",
    COLOUR_A: f"var(--side-a, {COLOUR_A})",
    COLOUR_B: f"var(--side-b, {COLOUR_B})",
}
"""Colours of figures, and what stands for them in a page, whose style sheet has these names."""

COLOUR_ALONE = "#e0007a"
"""Colour of what marks an atom without a counterpart in the other cluster."""

# Metals differ at first sight, in lightness too: by more than 25 of CIEDE2000 (tests/report/test_colours.py).
_COLOURS = {
    "Au": "#f5b301",
    "Ag": "#b4bfcc",
    "Cu": "#a8501f",
    "Pt": "#3f5468",
    "Pd": "#2aa198",
    "S": "#e3f04a",
    "P": "#ff8a3d",
    "Cl": "#3fbf4d",
    "Br": "#a33b20",
    "I": "#7b2fa0",
    "C": "#6b6b6b",
    "N": "#3a5fcd",
    "O": "#d9342b",
    "H": "#e6e6e6",
}


def svg_figure(width: float, height: float) -> Any:
    """Empty figure of so many inches, to be written as SVG."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    FigureCanvasSVG(figure)
    return figure


def svg_text(figure: Any) -> Markup:
    """SVG with its text as text, which is a tenth of the size; the same input gives the same bytes."""
    from matplotlib import rc_context

    stream = io.StringIO()
    digest = hashlib.sha256(repr([axes.get_xlabel() for axes in figure.axes]).encode()).hexdigest()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": digest, "font.family": "sans-serif"}):
        figure.savefig(stream, format="svg", bbox_inches="tight", metadata={"Date": None, "Creator": None})
    text = stream.getvalue()
    return Markup(text[text.index("<svg") :])


def page_svg(figure: Any) -> Markup:
    """SVG for the inside of a page: what was black, white and grey follows the scheme of the page, light or dark."""
    text = str(svg_text(figure))
    for colour, of_page in _OF_PAGE.items():
        text = text.replace(f": {colour}", f": {of_page}")
    return Markup(text)


def element_colour(symbol: str) -> str:
    """Colour an element is drawn in."""
    return _COLOURS.get(symbol, "#b58fd1")


def view_axes(cluster: Cluster) -> np.ndarray:
    """Rotation (3, 3) that lays the longest axis of the metal core to the right and the shortest towards the eye."""
    core = cluster.positions[is_metal(cluster.numbers)]
    core = core if len(core) > 2 else cluster.positions
    _, _, axes = np.linalg.svd(core - core.mean(axis=0), full_matrices=True)
    return axes


def cluster_picture(cluster: Cluster, axes: np.ndarray | None = None, *, highlight: Sequence[int] = ()) -> Markup:
    """SVG of the metals and what is bonded to them, nearer atoms drawn over farther ones.

    Parameters
    ----------
    axes
        Rows are the directions right, up and towards the eye, (3, 3); from the metal core by default.
    highlight
        Atoms to ring in `COLOUR_ALONE`.
    """
    bonds = cluster_bonds(cluster.numbers, cluster.positions)
    metal = is_metal(cluster.numbers)
    shown = metal.copy()
    shown[bonds.second[metal[bonds.first]]] = True
    if not metal.any():
        shown[:] = True
    axes = view_axes(cluster) if axes is None else axes
    points = (cluster.positions - cluster.positions[shown].mean(axis=0)) @ axes.T
    figure = svg_figure(4.6, 3.6)
    panel = figure.add_axes((0, 0, 1, 1))
    ringed = set(highlight)
    deepest, nearest = points[shown, 2].min(), points[shown, 2].max()
    for a, b in zip(bonds.first.tolist(), bonds.second.tolist(), strict=True):
        if a < b and shown[a] and shown[b]:
            height = points[[a, b], 2].mean()
            panel.plot(*points[[a, b], :2].T, color="#9aa0a6", lw=1.6, zorder=height, solid_capstyle="round")
    for i in np.flatnonzero(shown).tolist():
        depth = (points[i, 2] - deepest) / max(nearest - deepest, 1e-9)
        symbol = SYMBOLS[cluster.numbers[i]]
        size = (60.0 if metal[i] else 34.0) * COVALENT_RADIUS[cluster.numbers[i]] * (0.75 + 0.5 * depth)
        edge = (COLOUR_ALONE, 2.6) if i in ringed else ("#333333", 0.6)
        place, height = points[i, :2], points[i, 2] + 0.1
        face = element_colour(symbol)
        panel.scatter(*place, s=size * 2.2, c=face, edgecolors=edge[0], linewidths=edge[1], zorder=height)
    panel.set_aspect("equal")
    panel.margins(0.08)
    panel.axis("off")
    return svg_text(figure)


def interval_picture(
    rows: Sequence[tuple[str, float, float, float, str]], unit: str, *, logarithmic: bool = False
) -> Markup:
    """SVG of values with intervals on one scale.

    Parameters
    ----------
    rows
        Label, value, lower end, upper end and a colour each; a measurement has equal ends and is drawn as a diamond.
    unit
        Unit of all of them.
    logarithmic
        Whether the scale is.
    """
    figure = svg_figure(6.4, 0.55 + 0.42 * len(rows))
    panel = figure.add_subplot()
    for height, (_, value, lower, upper, colour) in enumerate(reversed(rows)):
        panel.plot([lower, upper], [height, height], color=colour, lw=3, alpha=0.45, solid_capstyle="butt")
        panel.plot([value], [height], "D" if lower == upper else "o", color=colour, ms=7)
    panel.set_yticks(range(len(rows)), [row[0] for row in reversed(rows)])
    panel.set_ylim(-0.6, len(rows) - 0.4)
    if logarithmic:
        panel.set_xscale("log")
    panel.set_xlabel(unit)
    panel.grid(axis="x", color="#dddddd")
    for side in ("top", "right", "left"):
        panel.spines[side].set_visible(False)
    return page_svg(figure)


def distribution_picture(panels: Sequence[tuple[str, Sequence[float], Sequence[float]]], unit: str) -> Markup:
    """SVG of distributions of A (blue) and B (red), a panel each.

    Parameters
    ----------
    panels
        Title, values of A and values of B.
    unit
        Of all of them.
    """
    columns = min(3, len(panels))
    rows = -(-len(panels) // columns)
    figure = svg_figure(3.1 * columns, 2.2 * rows)
    for k, (title, a, b) in enumerate(panels):
        panel = figure.add_subplot(rows, columns, k + 1)
        every = np.concatenate([np.asarray(a, dtype=float), np.asarray(b, dtype=float)])
        edges = np.linspace(every.min() - 0.05, every.max() + 0.05, 31)
        for values, colour, style in ((a, COLOUR_A, "-"), (b, COLOUR_B, "--")):
            counts, _ = np.histogram(values, edges)
            panel.stairs(counts, edges, color=colour, lw=1.5, ls=style, fill=False)
        panel.set_title(title, fontsize=9)
        panel.set_xlabel(unit, fontsize=8)
        panel.tick_params(labelsize=8)
        for side in ("top", "right"):
            panel.spines[side].set_visible(False)
    figure.subplots_adjust(hspace=0.75, wspace=0.3)
    return page_svg(figure)
