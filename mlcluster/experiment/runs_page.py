"""A comparison of runs as one HTML file that opens offline, loads nothing and escapes every name."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mlcluster.experiment.runs import column_names
from mlcluster.experiment.runs_by_entry import grouped
from mlcluster.experiment.runs_plots import disagreement_picture, family_picture, parity_picture
from mlcluster.report.page import Table, csv_text, render
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
