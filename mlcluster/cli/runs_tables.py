"""What the run verbs return, on a terminal of 80 columns: sentences first, then tables and lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from mlcluster.report.measured_tables import narrow_table, paragraph
from mlcluster.report.score_sentences import score_sentences
from mlcluster.report.tables import heading, other_metrics, score_tables

_SHOWN = 40
_METRICS_SHOWN = 2
_SENTENCES = 3
"""Of scores: a cross-validation with many seeds has one for each."""


def list_tables(rows: Sequence[Mapping[str, Any]], most: int | None = None) -> Iterator[Table | Text]:
    """What there is in words, then one row a run."""
    if not rows:
        yield from paragraph("No run of this kind is recorded. Next: mlcluster train CONFIG")
        return
    shown = rows[: most or _SHOWN]
    yield from paragraph(" ".join(_counted(shown, len(rows))))
    yield from paragraph(f"Next: mlcluster runs show {rows[0]['run'][:12]} sets its errors beside those of the mean.")
    yield Text("")
    yield from _run_rows(shown)


def _run_rows(shown: Sequence[Mapping[str, Any]]) -> Iterator[Table | Text]:
    counts: dict[str, int] = {}
    for row in shown:
        for key in row["metrics"]:
            counts[key] = counts.get(key, 0) + 1
    keys = sorted(counts, key=lambda key: -counts[key])[:_METRICS_SHOWN]
    numbered = [f"({number})" for number in range(1, len(keys) + 1)]
    fixed = (("run", 12), ("name", 17), ("kind", 10), ("started", 10))
    table = narrow_table(*fixed, *((number, 7) for number in numbered))
    for column in table.columns:
        column.overflow = "ellipsis"
    for row in shown:
        kind = [row["kind"] or "-", "" if row["status"] == "finished" else row["status"]]
        kind.append(f"{row['children']} children" if row["children"] else "")
        cells = (row["run"][:12], row["name"], ", ".join(filter(None, kind)), row["started"][:16].replace("T", " "))
        table.add_row(*map(_cell, cells), *(_number(row["metrics"].get(key)) for key in keys))
    yield table
    for number, key in zip(numbered, keys, strict=True):
        yield from paragraph(f"{number} {key}", "  ")


def _counted(shown: Sequence[Mapping[str, Any]], n: int) -> Iterator[str]:
    of = "" if len(shown) == n else f" of {n}"
    yield f"{len(shown)}{of} run{'' if n == 1 else 's'}, newest first."
    experiments = list(dict.fromkeys(row["experiment"] for row in shown))
    if len(experiments) <= _SENTENCES:
        yield f"Experiment{'' if len(experiments) == 1 else 's'}: {', '.join(experiments)}."
    open_ones = sum(row["status"] != "finished" for row in shown)
    if open_ones:
        yield f"{open_ones} did not finish."
    if len({row["data"] for row in shown}) > 1:
        yield "They did not all have the same data and splits, so that not all errors can be compared."
    if len(shown) < n:
        yield "--limit or --json shows more."


def run_tables(result: Mapping[str, Any]) -> Iterator[Table | Text]:
    """One run: what it was and what its scores mean in words, then everything about it."""
    run, metrics = result["run"], {key: each for key, each in result["metrics"].items() if "/family " not in key}
    took = "" if result["minutes"] is None else f", {result['minutes']:g} minutes"
    kind = f"{result['kind'] or 'run'}, {result['status']}, begun {result['started'][:16].replace('T', ' ')}{took}"
    told = [f"Run {run} is {result['name']} of experiment {result['experiment']} ({kind})."]
    told += [f"It belongs to run {result['parent']}."] if result["parent"] else []
    scored = score_sentences(metrics)
    told += scored[:_SENTENCES]
    if len(scored) > _SENTENCES:
        told.append(f"{len(scored) - _SENTENCES} more tables are below.")
    yield from paragraph(" ".join(told))
    finished = result["kind"] == "train" and result["status"] == "finished"
    yield from paragraph(
        f"Next: mlcluster runs {'card' if finished else 'compare'} {run[:12]}{'' if finished else ' OTHER'}"
    )
    yield Text("")
    yield from score_tables(metrics)
    yield from other_metrics(metrics)
    if len(metrics) < len(result["metrics"]):
        yield Text(f"and {len(result['metrics']) - len(metrics)} of single families; --json shows them.")
    for name in ("tags", "parameters"):
        yield from heading(name.capitalize())
        for key, value in result[name].items():
            yield from paragraph(f"{key}: {value}", "  ")
    yield from heading("Files")
    yield from paragraph(", ".join(result["files"]), "  ")
    if result["children"]:
        yield from heading("Runs that belong to it")
        yield from _run_rows([child | {"children": 0, "metrics": {}} for child in result["children"][:_SHOWN]])


def _cell(value: object) -> str:
    return "-" if value is None else escape(str(value))


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
