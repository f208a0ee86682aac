"""A comparison of runs as one HTML file that opens offline, loads nothing and escapes every name."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mlcluster.experiment.runs import column_names
from mlcluster.experiment.runs_by_entry import grouped
from mlcluster.experiment.runs_plots import disagreement_picture, family_picture, parity_picture
from mlcluster.report.page import asset, page, text
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
