"""Tables on a terminal, and the same rows as a file, of what the verbs return."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from mlcluster.units import interval_text, number_text

_LEVEL_STYLE = {"error": "bold red", "warning": "yellow", "info": "dim"}
Renderable = Table | Text


def inspection_tables(results: Sequence[Mapping[str, Any]]) -> Iterator[Renderable]:
    """One table of clusters a file, then what was dropped and what the report says."""
    for result in results:
        if "error" in result:
            continue
        table = _table(result["file"], "cluster", "formula", "atoms", "charge", "multiplicity", "valence electrons")
        table.add_column("copies")
        table.add_column("ligands")
        for cluster in result["clusters"]:
            table.add_row(
                escape(cluster["name"]),
                escape(cluster["formula"]),
                str(cluster["n_atoms"]),
                _signed(cluster.get("charge")),
                _known(cluster.get("multiplicity")),
                escape(_electrons(cluster.get("valence_electrons"))),
                _known(cluster.get("copies"), "-"),
                escape(_ligands(cluster.get("ligands", ()))),
            )
        yield table
        for cluster in result["clusters"]:
            if text := _shape(cluster.get("shape") or {}):
                yield Text(f"  {cluster['name']}: {text}")
            note = (cluster.get("valence_electrons") or {}).get("note")
            if note:
                yield Text(f"  valence electrons of {cluster['name']}: {note}", style="dim")
        for part in result.get("dropped", ()):
            yield Text(f"  dropped: {part['count']} x {part['formula']} ({part['kind']}): {part['why']}", style="dim")
        for entry in result.get("report", ()):
            site = f" at {entry['site']}" if entry.get("site") else ""
            style = _LEVEL_STYLE.get(entry["level"], "")
            yield Text(f"  {entry['level']}{site}: {entry['message']} [{entry['code']}]", style=style)


def prediction_tables(results: Sequence[Mapping[str, Any]]) -> Iterator[Renderable]:
    """One row a value, with its interval and whether the model knows such clusters; reasons below."""
    rows = [row for row in results if "error" not in row]
    if not rows:
        return
    levels = sorted({row["level"] for row in rows})
    interval = f"{levels[0]:.0%} interval" if len(levels) == 1 else "interval"
    table = _table("", "file", "cluster", "target", "method", "value", "unit", interval, "applicability")
    for row in rows:
        known = row["applicability"] == "inside"
        table.add_row(
            *(escape(str(row[key])) for key in ("file", "cluster", "target", "method")),
            number_text(row["value"], row["unit"]),
            row["unit"],
            interval_text(row["lower"], row["upper"], row["unit"]),
            Text(row["applicability"], style="green" if known else "yellow"),
        )
    yield table
    told = {(row["cluster"], row["target"], reason): None for row in rows for reason in row.get("reasons", ())}
    for cluster, target, reason in told:
        yield Text(f"  {cluster}, {target}: {reason}", style="yellow")
    for model in sorted({str(row["model"]) for row in rows}):
        yield Text(f"  model {model}", style="dim")


def comparison_tables(result: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> Iterator[Renderable]:
    """What differs in words, then structure and properties in numbers."""
    for pair in [result] if isinstance(result, Mapping) else result:
        if "error" in pair:
            continue
        yield Text(f"{pair['a']}  ->  {pair['b']}: {pair['relation']}", style="bold")
        for sentence in pair.get("sentences", ()):
            yield Text(f"  {sentence}")
        structure = _table("structure", "quantity", "a", "b", "difference", "unit")
        for row in pair.get("structure", ()):
            values = (number_text(row[key], row["unit"]) for key in ("a", "b", "difference"))
            structure.add_row(escape(row["quantity"]), *values, row["unit"] or "")
        if structure.row_count:
            yield structure
        yield from _property_table(pair.get("properties", ()))


def _property_table(rows: Sequence[Mapping[str, Any]]) -> Iterator[Table]:
    if not rows:
        return
    table = _table("properties", "target", "method", "a", "b", "difference", "interval", "unit", "verdict")
    for row in rows:
        table.add_row(
            row["target"],
            row["method"],
            *(number_text(row[key], row["unit"]) for key in ("a", "b", "difference")),
            f"{interval_text(row['lower'], row['upper'], row['unit'])} ({row['level']:.0%})",
            row["unit"],
            Text("resolved", style="green") if row["resolved"] else Text("not resolved", style="yellow"),
        )
    yield table


def training_tables(result: Mapping[str, Any]) -> Iterator[Renderable]:
    """Scores of a run beside its baselines, a table a split, and where its model is."""
    metrics = result["metrics"]
    for split in dict.fromkeys(key.split("/")[0] for key in metrics if key.count("/") == 3):
        yield score_table(metrics, split)
    others = {key: value for key, value in metrics.items() if key.count("/") != 3}
    if others:
        table = _table("", "metric", "value")
        for name, value in others.items():
            table.add_row(escape(name), number_text(value, ""))
        yield table
    yield Text(f"run {result['run_id']}\nmodel {result['model']}")


def score_table(metrics: Mapping[str, float | None], split: str) -> Table:
    """Held-out scores of one split, an arm a row, from metrics named ``split/channel/arm/score``."""
    arms: dict[tuple[str, str], dict[str, float | None]] = {}
    for key, value in metrics.items():
        start, *rest = key.split("/")
        if start == split and len(rest) == 3:
            arms.setdefault((rest[0], rest[1]), {})[rest[2]] = value
    scores = list(dict.fromkeys(score for values in arms.values() for score in values))
    table = _table(f"scores on {split}", "property", "arm", *scores)
    for (channel, arm), values in arms.items():
        table.add_row(escape(channel), escape(arm), *(number_text(values.get(score), "") for score in scores))
    return table


def evaluation_tables(result: Mapping[str, Any]) -> Iterator[Renderable]:
    """Scores of every arm of a cross-validation."""
    columns = ("arm", "target", "method", "split", "mae", "rmse", "r2", "spearman", "coverage", "n", "seeds")
    table = _table("", *columns)
    for row in result["table"]:
        cells = (row.get(column) for column in columns)
        table.add_row(*(number_text(cell, "") if isinstance(cell, float) else _known(cell, "-") for cell in cells))
    yield table
    yield Text(f"run {result['run_id']}")


def _table(title: str, *columns: str) -> Table:
    table = Table(title=escape(title) or None, title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _shape(shape: Mapping[str, Any]) -> str:
    """Kernel, point group, twist and bridging in one line."""
    group = shape.get("point_group") or {}
    parts = [shape.get("kernel")]
    if group.get("symbol"):
        parts.append(f"{group['of']} {group['symbol']} within {group['tolerance']} angstrom")
    if shape.get("twist") is not None:
        hand = f" ({shape['handedness']})" if shape.get("handedness") else ""
        parts.append(f"twist {shape['twist']:.1f} degrees{hand}")
    modes = shape.get("halide_bridging") or {}
    if modes:
        parts.append("halides: " + ", ".join(f"{count} on {n}" for n, count in modes.items()) + " metals")
    return "; ".join(part for part in parts if part)


def _known(value: object, otherwise: str = "unknown") -> str:
    return otherwise if value is None else escape(str(value))


def _signed(charge: int | None) -> str:
    return "unknown" if charge is None else f"{charge:+d}" if charge else "0"


def _electrons(count: Mapping[str, Any] | None) -> str:
    if not count:
        return "unknown"
    terms = ", ".join(f"{name} {value:+d}" for name, value in count["terms"].items() if value)
    return f"{_known(count['count'])}  ({terms})" if terms else _known(count["count"])


def _ligands(ligands: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(f"{x['count']} {x['name']} {x['formula']}" for x in ligands)
