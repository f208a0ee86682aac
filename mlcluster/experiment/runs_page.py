"""A comparison of runs as one HTML file that opens offline, loads nothing and escapes every name."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mlcluster.experiment.runs_by_entry import grouped
from mlcluster.experiment.runs_listed import column_names
from mlcluster.report.page import asset, page, text
from mlcluster.report.pictures import svg_figure, svg_text
from mlcluster.units import number_text

_BEST = "td.best { font-weight: 700; }\n"


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
    title = f"{len(names)} runs compared: {', '.join(names[:4])}{' ...' if len(names) > 4 else ''}"
    body = [f"<h1>{text(title)}</h1>", *_head(result, names), *_differences(result, names), *_metrics(result, names)]
    body += [part for group in grouped(result["wins"]) for part in _channel(result, group, names)]
    body.append(f"<footer>{_csv_link(result, path.stem)}</footer>")
    path.write_text(page(title, body, style=asset("comparison.css") + _BEST), encoding="utf-8")
    return path


def _head(result: Mapping[str, Any], names: Sequence[str]) -> Iterator[str]:
    for warning in result["warnings"]:
        yield f'<p class="note">{text(warning)}</p>'
    keys = ("run", "experiment", "kind", "status", "started", "minutes", "data")
    yield _table(["", *keys], [[name, *(_cell(run[k]) for k in keys)] for name, run in _zip(names, result["runs"])])


def _differences(result: Mapping[str, Any], names: Sequence[str]) -> Iterator[str]:
    yield "<h2>What differs</h2>"
    for section, rows in result["differences"].items():
        if not rows:
            yield f"<p>{text(section.capitalize())}: no difference.</p>"
            continue
        yield f"<h3>{text(section.capitalize())}</h3>"
        yield _table(["", *names], [[row["key"], *map(_cell, row["values"])] for row in rows])


def _metrics(result: Mapping[str, Any], names: Sequence[str]) -> Iterator[str]:
    yield "<h2>Metrics</h2>"
    shared = [row for row in result["metrics"] if sum(value is not None for value in row["values"]) > 1]
    others = [row for row in result["metrics"] if row not in shared]
    yield _metric_table(shared, names) if shared else "<p>No metric that two of them have.</p>"
    if others:
        summary = f"<summary>{len(others)} metrics of one run only</summary>"
        yield f"<details>{summary}{_metric_table(others, names)}</details>"


def _metric_table(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> str:
    best = {(place, row["best"] + 1) for place, row in enumerate(rows) if row["best"] is not None}
    cells = [[row["metric"], *(_number(value) for value in row["values"])] for row in rows]
    return _table(["", *names], cells, strong=best)


def _channel(result: Mapping[str, Any], wins: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Iterator[str]:
    split, channel, unit = (wins[0][key] for key in ("split", "channel", "unit"))
    families, entries, predictions = (
        [row for row in result[key] if (row["split"], row["channel"]) == (split, channel)]
        for key in ("families", "disagreements", "predictions")
    )
    yield f"<h2>{text(channel)}, {text(split)}: {len(predictions)} clusters of {len(families)} families</h2>"
    rows = [
        [name, number_text(row["mae"], unit), *(str(row[key]) for key in ("wins", "losses", "ties"))]
        for name, row in _zip(names, wins)
    ]
    heads = ["run", f"MAE ({unit})", f"families better than {names[0][0]}", "worse", "equal"]
    yield _table(heads, rows)
    yield f'<div class="chart">{parity_picture(predictions, names, unit)}</div>'
    yield f'<div class="chart">{family_picture(families, names, unit)}</div>'
    best = {(place, row["best"] + 2) for place, row in enumerate(families) if row["best"] is not None}
    cells = [[row["family"], str(row["n"]), *(number_text(mae, unit) for mae in row["mae"])] for row in families]
    yield _table(["family held out", "n", *names], cells, strong=best)
    yield "<h3>Clusters they disagree on most</h3>"
    yield f'<div class="chart">{disagreement_picture(entries, names, unit)}</div>'
    cells = [
        [
            row["entry"],
            row["family"],
            *(number_text(value, unit) for value in (row["label"], *row["predicted"], row["spread"])),
        ]
        for row in entries
    ]
    yield _table(["cluster", "family", f"label ({unit})", *names, "spread"], cells)


def _zip(names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    return zip(names, rows, strict=True)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, strong: Collection[tuple[int, int]] = ()) -> str:
    head = "".join(f"<th>{text(name)}</th>" for name in heads)
    lines = "".join(
        "<tr>"
        + "".join(
            f"<td{' class=best' if (place, column) in strong else ''}>{text(cell)}</td>"
            for column, cell in enumerate(row)
        )
        + "</tr>"
        for place, row in enumerate(rows)
    )
    return f'<div class="scroll"><table><tr>{head}</tr>{lines}</table></div>'


def _csv_link(result: Mapping[str, Any], stem: str) -> str:
    rows = comparison_rows(result)
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]))
    writer.writeheader()
    writer.writerows({key: _plain(value) for key, value in row.items()} for row in rows)
    content = base64.b64encode(stream.getvalue().encode()).decode()
    return f'<a download="{text(stem)}.csv" href="data:text/csv;base64,{content}">All of this as CSV</a>'


def _plain(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula: names come from files."""
    return f"'{value}" if isinstance(value, str) and value[:1] in tuple("=@+-\t\r") else value


def _cell(value: object) -> str:
    return "-" if value is None else str(value)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


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
