"""Which pictures an experiment gets: scores, parity, and a curve where arms differ in one number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlcluster.experiment.held_out import Judged
from mlcluster.experiment.plots import curve_plot, parity_plot, score_plot
from mlcluster.experiment.question import LOWER_IS_BETTER, Experiment
from mlcluster.experiment.statistics import Estimate


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
        # A baseline that says the same in every arm does not depend on the number.
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
