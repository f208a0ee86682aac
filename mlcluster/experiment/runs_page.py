"""A comparison of runs as one HTML file that opens offline, loads nothing and escapes every name."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from mlcluster.experiment.runs_by_entry import grouped
from mlcluster.experiment.runs_listed import column_names
from mlcluster.report.page import Table, csv_text, render
from mlcluster.report.pictures import page_svg, svg_figure
from mlcluster.units import number_text


def comparison_rows(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows of a whole comparison: ``section``, ``name``, and a column for each run, in full precision."""
    runs = [row["run"] for row in result["runs"]]

    def row(section: str, name: str, values: Sequence[Any]) -> dict[str, Any]:
        return {"section": section, "name": name} | dict(zip(runs, values, strict=True))

    keys = [key for key in result["runs"][0] if key != "run"]
    rows = [row("run", key, [run[key] for run in result["runs"]]) for key in keys]
    for section, found in result["differences"].items():
        rows += [row(section, difference["key"], difference["values"]) for difference in found]
    rows += [row("metric", metric["metric"], metric["values"]) for metric in result["metrics"]]
    for family in result["families"]:
        name = f"{family['split']}/{family['channel']}/{family['family']} (n = {family['n']})"
        rows.append(row("family mae", name, family["mae"]))
    for group in grouped(result["wins"]):
        name = f"{group[0]['split']}/{group[0]['channel']}"
        rows += [row(key, name, [each[key] for each in group]) for key in ("wins", "losses", "ties")]
    for entry in result["predictions"]:
        name = f"{entry['split']}/{entry['channel']}/{entry['entry']} (label {entry['label']:.6g})"
        rows.append(row("prediction", name, entry["predicted"]))
    return rows


def write_page(result: Mapping[str, Any], path: Path) -> Path:
    """Write what `compare_runs` found as a page.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    """
    names = column_names(result["runs"])
    content = base64.b64encode(csv_text(comparison_rows(result)).encode()).decode()
    page = render(
        "runs",
        title=f"{len(names)} runs compared: {', '.join(names[:4])}{' ...' if len(names) > 4 else ''}",
        warnings=result["warnings"],
        runs=_runs(result, names),
        differences=_differences(result, names),
        **_metrics(result, names),
        channels=[_channel(result, group, names) for group in grouped(result["wins"])],
        stem=path.stem,
        csv=content,
    )
    path.write_text(page, encoding="utf-8")
    return path


def _runs(result: Mapping[str, Any], names: Sequence[str]) -> Table:
    keys = ("run", "experiment", "kind", "status", "started", "minutes", "data")
    rows = zip(names, result["runs"], strict=True)
    return Table(["", *keys], [[name, *(_cell(run[key]) for key in keys)] for name, run in rows])


def _differences(result: Mapping[str, Any], names: Sequence[str]) -> list[tuple[str, Table]]:
    return [
        (section.capitalize(), Table(["", *names], [[row["key"], *map(_cell, row["values"])] for row in rows]))
        for section, rows in result["differences"].items()
    ]


def _metrics(result: Mapping[str, Any], names: Sequence[str]) -> dict[str, Table]:
    """Metrics that several runs have, and the others."""
    shared = [row for row in result["metrics"] if sum(value is not None for value in row["values"]) > 1]
    others = [row for row in result["metrics"] if row not in shared]
    return {"shared": _metric_table(shared, names), "others": _metric_table(others, names)}


def _metric_table(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Table:
    best = {(place, row["best"] + 1) for place, row in enumerate(rows) if row["best"] is not None}
    lines = [[row["metric"], *map(_number, row["values"])] for row in rows]
    return Table(["", *names], lines, best=best)


def _channel(result: Mapping[str, Any], wins: Sequence[Mapping[str, Any]], names: Sequence[str]) -> dict[str, Any]:
    """What the page shows of one channel of one split."""
    split, channel, unit = (wins[0][key] for key in ("split", "channel", "unit"))
    families, entries, predictions = (
        [row for row in result[key] if (row["split"], row["channel"]) == (split, channel)]
        for key in ("families", "disagreements", "predictions")
    )

    def numbers(values: Iterable[float | None]) -> list[str]:
        return [number_text(value, unit) for value in values]

    errors = [
        [name, *numbers([row["mae"]]), *(str(row[key]) for key in ("wins", "losses", "ties"))]
        for name, row in zip(names, wins, strict=True)
    ]
    best = {(place, row["best"] + 2) for place, row in enumerate(families) if row["best"] is not None}
    by_family = [[row["family"], str(row["n"]), *numbers(row["mae"])] for row in families]
    by_entry = [
        [row["entry"], row["family"], *numbers((row["label"], *row["predicted"], row["spread"]))] for row in entries
    ]
    return {
        "title": f"{channel}, {split}: {len(predictions)} clusters of {len(families)} families",
        "errors": Table(["run", f"MAE ({unit})", f"families better than {names[0][0]}", "worse", "equal"], errors),
        "parity": parity_picture(predictions, names, unit),
        "by_family": family_picture(families, names, unit),
        "families": Table(["family held out", "n", *names], by_family, best=best),
        "disagreement": disagreement_picture(entries, names, unit),
        "entries": Table(["cluster", "family", f"label ({unit})", *names, "spread"], by_entry),
    }


def _cell(value: object) -> str:
    return "-" if value is None else str(value)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


MOST_PANELS = 4
"""Runs drawn side by side; more would be too small to read."""


def parity_picture(rows: Sequence[Mapping[str, Any]], names: Sequence[str], unit: str) -> Markup:
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
    return page_svg(figure)


def family_picture(rows: Sequence[Mapping[str, Any]], names: Sequence[str], unit: str) -> Markup:
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
    return page_svg(figure)


def disagreement_picture(rows: Sequence[Mapping[str, Any]], names: Sequence[str], unit: str) -> Markup:
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
    return page_svg(figure)


def _legend(panel: Any) -> None:
    legend = panel.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0)
    for entry in legend.get_texts():
        entry.set_parse_math(False)  # a dollar sign in a name is a dollar sign


def _short(name: str, most: int = 44) -> str:
    return name if len(name) <= most else f"{name[: most - 3]}..."
