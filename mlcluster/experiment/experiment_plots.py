"""Pictures of an experiment: scores with intervals, parity, and a curve where models differ in one number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mlcluster.experiment.judged_rows import Judged
from mlcluster.experiment.question import LOWER_IS_BETTER, Experiment
from mlcluster.experiment.statistics import Estimate, Rows
from mlcluster.labels import Channel


def draw(experiment: Experiment, judged: Judged, table: Mapping[str, Any], mark: str = "") -> dict[str, str]:
    """Draw the plots of a deciding score.

    Parameters
    ----------
    experiment
        Beside whose ``experiment.yaml`` they are written, in ``plots/``.
    judged, table
        Rows of one channel and split, and what was made of them.
    mark
        Ends the name of each file.

    Returns
    -------
    dict[str, str]
        Paths relative to the experiment by what they show.
    """
    folder = experiment.directory / "plots"
    folder.mkdir(exist_ok=True)
    unit = f" ({table['unit']})" if table["score"] in ("mae", "rmse", "mae_over_families") else ""
    label = f"{table['score']} of {table['channel']} on {table['split']}{unit}"
    arms = [row["name"] for row in table["arms"] if row["kind"] == "arm"]
    score_plot(table["scores"], arms, label, folder / f"scores{mark}.png")
    plots = {f"Scores on {judged.split}": f"plots/scores{mark}.png"}
    ranked = sorted(arms, key=lambda arm: table["scores"][arm].value, reverse=not LOWER_IS_BETTER[table["score"]])
    baselines = [row["name"] for row in table["arms"] if row["kind"] == "baseline"]
    shown = [*ranked[:4], *baselines][:6]
    parity_plot(
        {name: next(iter(judged.of(name).values())) for name in shown}, judged.channel, folder / f"parity{mark}.png"
    )
    plots[f"Parity on {judged.split}, first seed"] = f"plots/parity{mark}.png"
    if curve := _curve(experiment, table):
        key, curves = curve
        # A baseline that says the same in every model does not depend on the number.
        flat = {name: table["scores"][name] for name in baselines if name == judged.baselines[name].predictor}
        curves |= _baseline_curves(experiment, judged, table, key)
        curve_plot(curves, flat, (key, label), folder / f"curve{mark}.png")
        plots[f"{table['score']} on {judged.split} against {key}"] = f"plots/curve{mark}.png"
    return plots


def _curve(
    experiment: Experiment, table: Mapping[str, Any]
) -> tuple[str, dict[str, list[tuple[float, Estimate]]]] | None:
    """Points of a learning curve where the grid has one key with several numbers; None elsewhere."""
    varied = [key for key, values in experiment.question.grid.items() if len(values) > 1]
    numeric = [arm for arm in experiment.arms if arm.name in table["scores"]]
    if len(varied) != 1 or any(varied[0] not in arm.numbers for arm in numeric):
        return None
    curves: dict[str, list[tuple[float, Estimate]]] = {}
    for arm in numeric:
        curves.setdefault(arm.group, []).append((arm.numbers[varied[0]], table["scores"][arm.name]))
    return varied[0], {name: sorted(points, key=lambda point: point[0]) for name, points in curves.items()}


def _baseline_curves(
    experiment: Experiment, judged: Judged, table: Mapping[str, Any], key: str
) -> dict[str, list[tuple[float, Estimate]]]:
    numbers = {arm.name: arm.numbers[key] for arm in experiment.arms}
    curves: dict[str, list[tuple[float, Estimate]]] = {}
    for name, base in judged.baselines.items():
        own = {numbers[arm] for arm in base.arms}
        if name in table["scores"] and name != base.predictor and len(own) == 1:
            curves.setdefault(base.predictor, []).append((own.pop(), table["scores"][name]))
    return {name: sorted(points, key=lambda point: point[0]) for name, points in curves.items()}


MOST_PANELS = 6
"""Parity panels; more are too small to read."""

_NETWORK, _BASELINE = "C0", "0.55"


def score_plot(estimates: Mapping[str, Estimate], networks: Sequence[str], label: str, path: Path) -> None:
    """Draw each arm's score with its 90 % interval over families, and the value of every seed.

    Parameters
    ----------
    estimates
        By the name of model or baseline, drawn from top to bottom.
    networks
        Which of them are models of the experiment; baselines are grey.
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
    """Draw prediction against label for the rows of one seed, a panel a model, a colour a family."""
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
    """Draw a score against the number in which models differ.

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
