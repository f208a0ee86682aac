"""Pictures of a comparison of runs, as SVG text: parity, errors on each family, and the largest disagreements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mlcluster.report.pictures import svg_figure, svg_text

MOST_PANELS = 4
"""Runs drawn side by side; more would be too small to read."""


def parity_picture(rows: Sequence[Mapping[str, Any]], names: Sequence[str], unit: str) -> str:
    """Prediction against label for each run, the same entries in the same colours of their families.

    Parameters
    ----------
    rows
        Of one channel: ``label``, ``predicted`` (one a run) and ``family``.
    names
        Of the runs.
    unit
        Of all values.
    """
    shown = min(len(names), MOST_PANELS)
    label = np.array([row["label"] for row in rows])
    predicted = np.array([row["predicted"][:shown] for row in rows])
    families = np.array([row["family"] for row in rows])
    low, high = min(label.min(), predicted.min()), max(label.max(), predicted.max())
    margin = 0.05 * (high - low or 1.0)
    figure = svg_figure(3.1 * shown, 3.5)
    for number, panel in enumerate(figure.subplots(1, shown, squeeze=False, sharey=True)[0]):
        panel.plot([low, high], [low, high], color="0.6", linewidth=1, zorder=0)
        for colour, family in enumerate(sorted(set(families.tolist()))):
            mine = families == family
            panel.scatter(
                label[mine], predicted[mine, number], s=13, color=f"C{colour % 10}", label=family, linewidths=0
            )
        mae = np.abs(predicted[:, number] - label).mean()
        panel.set_title(f"{names[number]}\nMAE {mae:.3g} {unit}", fontsize=9, parse_math=False)
        panel.set_xlim(low - margin, high + margin)
        panel.set_ylim(low - margin, high + margin)
        panel.set_box_aspect(1)
        panel.set_xlabel(f"label ({unit})")
        if number == 0:
            panel.set_ylabel(f"predicted ({unit})")
    return svg_text(figure)


def family_picture(rows: Sequence[Mapping[str, Any]], names: Sequence[str], unit: str) -> str:
    """Mean absolute error of every run on each family; a line joins the runs.

    Parameters
    ----------
    rows
        Of one channel: ``family``, ``n`` and ``mae`` (one a run).
    names
        Of the runs.
    unit
        Of the errors.
    """
    figure = svg_figure(7.2, 1.1 + 0.3 * len(rows))
    panel = figure.subplots()
    ordered = sorted(rows, key=lambda row: row["mae"][0])
    for place, row in enumerate(ordered):
        panel.plot([min(row["mae"]), max(row["mae"])], [place, place], color="0.75", linewidth=2, zorder=0)
    for number, name in enumerate(names):
        values = [row["mae"][number] for row in ordered]
        panel.scatter(values, range(len(ordered)), s=34, color=f"C{number % 10}", label=name)
    panel.set_yticks(range(len(ordered)), [f"{row['family']} ({row['n']})" for row in ordered], parse_math=False)
    panel.set_xlim(left=0)
    panel.set_xlabel(f"mean absolute error on the family held out ({unit})")
    panel.grid(axis="x", color="0.9")
    _legend(panel)
    return svg_text(figure)


def disagreement_picture(rows: Sequence[Mapping[str, Any]], names: Sequence[str], unit: str) -> str:
    """Label and predictions of the clusters the runs disagree on most.

    Parameters
    ----------
    rows
        Of one channel: ``entry``, ``label`` and ``predicted`` (one a run).
    names
        Of the runs.
    unit
        Of all values.
    """
    figure = svg_figure(7.2, 1.1 + 0.3 * len(rows))
    panel = figure.subplots()
    ordered = list(reversed(rows))
    for place, row in enumerate(ordered):
        panel.plot([min(row["predicted"]), max(row["predicted"])], [place, place], color="0.75", linewidth=2, zorder=0)
    for number, name in enumerate(names):
        values = [row["predicted"][number] for row in ordered]
        panel.scatter(values, range(len(ordered)), s=30, color=f"C{number % 10}", label=name)
    labels = [row["label"] for row in ordered]
    panel.scatter(labels, range(len(ordered)), s=36, marker="D", color="black", label="label", zorder=3)
    panel.set_yticks(range(len(ordered)), [_short(row["entry"]) for row in ordered], parse_math=False)
    panel.set_xlabel(unit)
    panel.grid(axis="x", color="0.9")
    _legend(panel)
    return svg_text(figure)


def _legend(panel: Any) -> None:
    legend = panel.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0)
    for entry in legend.get_texts():
        entry.set_parse_math(False)  # a dollar sign in a name is a dollar sign


def _short(name: str, most: int = 44) -> str:
    return name if len(name) <= most else f"{name[: most - 3]}..."
