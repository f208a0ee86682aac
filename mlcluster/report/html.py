"""The report of a comparison: words, two 3D views, differences, intervals, distributions, caveats, provenance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mlcluster.comparison.compare import Comparison
from mlcluster.comparison.measured import measured_differences
from mlcluster.comparison.property_differences import PropertyDifference
from mlcluster.labels.targets import get_target
from mlcluster.labels.transforms import LOG10
from mlcluster.report.caveats import caveats
from mlcluster.report.distances import bond_panels, radial_panels
from mlcluster.report.page import Tables, asset, embedded_json, page, text
from mlcluster.report.pictures import (
    COLOUR_A,
    COLOUR_B,
    COLOUR_MEASURED,
    cluster_picture,
    distribution_picture,
    interval_picture,
    view_axes,
)
from mlcluster.report.provenance import provenance_rows
from mlcluster.report.scene import rotation_onto_a, scene_of, viewer_library
from mlcluster.units import interval_text, number_text


def write_comparison(comparison: Comparison, path: Path, *, note: str | None = None) -> Path:
    """Write the report of one comparison.

    Parameters
    ----------
    note
        Caveat shown on top.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    """
    kind = f" ({comparison.isomer_kind})" if comparison.isomer_kind else ""
    title = f"{comparison.a.name} and {comparison.b.name}: {comparison.relation}{kind}"
    tables = Tables(path.stem)
    body = [
        f"<h1>{text(title)}</h1>",
        f'<p class="lead">A {text(comparison.a.formula)}, charge {_charge(comparison.a.charge)}; '
        f"B {text(comparison.b.formula)}, charge {_charge(comparison.b.charge)}</p>",
        f'<p class="note">{text(note)}</p>' if note else "",
        "<ul>" + "".join(f"<li>{text(sentence)}</li>" for sentence in comparison.sentences) + "</ul>",
        *_views(comparison),
        *_properties(comparison, tables),
        *_measured(comparison, tables),
        *_origin(comparison, tables),
        *_structure(comparison, tables),
        "<h2>How to read this</h2>",
        "<ul>" + "".join(f"<li>{text(caveat)}</li>" for caveat in caveats(comparison)) + "</ul>",
        *_provenance(comparison, tables),
    ]
    behind = (
        embedded_json("tables", tables.content),
        embedded_json("scene", scene_of(comparison)),
        viewer_library(),
        f"<script>{asset('comparison.js')}</script>",
    )
    path.write_text(page(title, body, style=asset("comparison.css"), behind=behind), encoding="utf-8")
    return path


def _charge(charge: int | None) -> str:
    return "unknown" if charge is None else f"{charge:+d}" if charge else "0"


def _views(comparison: Comparison) -> list[str]:
    a, b = comparison.a, comparison.b
    axes = view_axes(a), view_axes(a) @ rotation_onto_a(comparison)
    match = comparison.match
    alone: list[list[int]] = [[], []] if match is None else [match.only_a.tolist(), match.only_b.tolist()]
    options = [("part", "part"), ("element", "element"), ("partner", "partner in the other")]
    for channel in comparison.origin.terms:
        options.append((f"share {channel}", f"part's share of B - A, {channel}"))
        options.append((f"atom {channel}", f"atom's contribution, {channel}"))
    chosen = "".join(f'<option value="{text(value)}">{text(name)}</option>' for value, name in options)
    boxes = "".join(
        f'<div><h3>{letter}: {text(cluster.name)}</h3><div class="view" id="view-{side}">'
        f"{cluster_picture(cluster, axes[side], highlight=alone[side])}</div></div>"
        for side, (letter, cluster) in enumerate((("A", a), ("B", b)))
    )
    return [
        "<h2>Structures</h2>",
        f'<div class="tools" id="tools" hidden><label>Colour by <select id="colour">{chosen}</select></label>'
        '<label><input type="checkbox" id="hydrogen"> hydrogens</label>'
        '<button type="button" id="reset">Reset view</button></div>',
        f'<div class="pair">{boxes}</div><div class="legend" id="legend"></div>',
        '<p class="lead">B lies on A as far as a rotation can lay it, and both turn together. Without scripts the '
        "pictures stand still: metals and the atoms bonded to them, ringed in red where one has no partner.</p>",
    ]


def _properties(comparison: Comparison, tables: Tables) -> list[str]:
    parts = ["<h2>Predicted properties</h2>"]
    if not comparison.properties:
        return [*parts, "<p>No property is predicted for both.</p>"]
    cells = [
        (
            text(f"{row.target.replace('_', ' ')} ({row.method})"),
            *(number_text(value, row.unit) for value in (row.a, row.b)),
            number_text(row.difference, row.unit, signed=True),
            text(interval_text(row.lower, row.upper, row.unit)),
            text(row.unit),
            f"{row.p_increase:.2f}",
            _verdict(row),
            text(f"{row.basis}; {row.note}"),
        )
        for row in comparison.properties
    ]
    level = f"{comparison.properties[0].level:.0%} interval"
    headings = ("property", "A", "B", "B - A", level, "unit", "P(B > A)", "verdict", "basis")
    rows = [asdict(row) for row in comparison.properties]
    parts.append(tables.add("properties", headings, rows, cells, numbers=(1, 2, 3, 6)))
    return [*parts, *_intervals(comparison)]


def _verdict(row: PropertyDifference) -> str:
    return '<span class="yes">resolved</span>' if row.resolved else '<span class="no">not resolved</span>'


def _intervals(comparison: Comparison) -> list[str]:
    """One picture a target: predictions with their intervals, measurements apart below them."""
    pictures = []
    predictions = [("A", COLOUR_A, p) for p in comparison.predictions_a]
    predictions += [("B", COLOUR_B, p) for p in comparison.predictions_b]
    for target in dict.fromkeys(p.target for _, _, p in predictions):
        rows = [
            (f"{side} from the {p.basis}: {p.method}", p.value, p.lower, p.upper, colour)
            for method in dict.fromkeys(p.method for _, _, p in predictions if p.target == target)
            for side, colour, p in predictions
            if (p.target, p.method) == (target, method)
        ]
        rows += [
            (f"{v.side.upper()} measured: {v.record}", v.value, v.value, v.value, COLOUR_MEASURED)
            for v in comparison.measured
            if v.target == target
        ]
        unit = next(p.unit for _, _, p in predictions if p.target == target)
        title = f"{target.replace('_', ' ')} ({unit})"
        picture = interval_picture(rows, title, logarithmic=get_target(target).transform is LOG10)
        pictures.append(f'<div class="chart">{picture}</div>')
    return pictures


def _measured(comparison: Comparison, tables: Tables) -> list[str]:
    if not comparison.measured:
        return []
    cells = [
        (
            v.side.upper(),
            text(v.record),
            text(v.match),
            text(f"{v.target.replace('_', ' ')} ({v.method})"),
            {"lower": "at least ", "upper": "at most "}.get(v.bound or "", "") + number_text(v.value, v.unit),
            text(v.unit),
            text(v.medium or ""),
            text(v.source),
        )
        for v in comparison.measured
    ]
    headings = ("", "compound", "match", "property", "value", "unit", "medium", "source")
    differences = [
        f"<li>{text(row['target'].replace('_', ' '))} ({text(row['method'])}), measured: "
        f"{number_text(row['difference'], row['unit'], signed=True)} {text(row['unit'])} from A to B</li>"
        for row in measured_differences(comparison.measured)
    ]
    return [
        '<div class="apart"><h3>Measured, from the literature table: shown beside the predictions, part of none</h3>',
        tables.add("measured", headings, [asdict(v) for v in comparison.measured], cells, numbers=(4,)),
        f"<ul>{''.join(differences)}</ul>" if differences else "",
        "</div>",
    ]


def _origin(comparison: Comparison, tables: Tables) -> list[str]:
    rows = comparison.origin.to_rows()
    cells = [
        (
            text(f"{row['target'].replace('_', ' ')} ({row['method']})"),
            text(row["term"].replace("_", " ")),
            "part" if row["kind"] == "part" else "whole cluster",
            *(f"{row[key]:+.4f}" for key in ("a", "b", "difference")),
            text(row["unit"]),
        )
        for row in rows
    ]
    return [
        "<h2>Where the predicted differences come from</h2>",
        "<p>Contributions of the parts and of what belongs to the whole cluster. They sum to the prediction and to the "
        "difference, in the space the model works in.</p>",
        tables.add(
            "contributions", ("property", "term", "kind", "A", "B", "B - A", "unit"), rows, cells, numbers=(3, 4, 5)
        ),
    ]


def _structure(comparison: Comparison, tables: Tables) -> list[str]:
    headings = ("quantity", "A", "B", "B - A", "unit")

    def cells(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
        return [
            (
                text(row["quantity"]),
                *(text(number_text(row[key], row["unit"])) for key in ("a", "b", "difference")),
                text(row["unit"] or ""),
            )
            for row in rows
        ]

    shown = [number_text(row["a"], row["unit"]) != number_text(row["b"], row["unit"]) for row in comparison.structure]
    differing = [row for row, differs in zip(comparison.structure, shown, strict=True) if differs]
    alike = [row for row, differs in zip(comparison.structure, shown, strict=True) if not differs]
    first = tables.add("differences", headings, differing, cells(differing), numbers=(1, 2, 3))
    rest = tables.add("anatomy", headings, comparison.structure, cells(alike), numbers=(1, 2, 3))
    table = f"{first}<details><summary>{len(alike)} quantities are alike</summary>{rest}</details>"
    panels: Sequence[tuple[str, str, list]] = (
        ("Bond lengths", "angstrom", bond_panels(comparison.a, comparison.b)),
        ("Radial distances", "angstrom", radial_panels(comparison.a, comparison.b)),
    )
    pictures = [
        f'<h3>{title}: A <span style="color:{COLOUR_A}">solid</span>, B <span style="color:{COLOUR_B}">dashed</span>'
        f'</h3><div class="chart">{distribution_picture(rows, unit)}</div>'
        for title, unit, rows in panels
        if rows
    ]
    return ["<h2>Anatomy</h2>", table, *pictures]


def _provenance(comparison: Comparison, tables: Tables) -> list[str]:
    rows = provenance_rows(comparison)
    cells = [(text(row["what"]), f"<code>{text(row['value'])}</code>") for row in rows]
    return ["<footer><h2>Provenance</h2>", tables.add("provenance", ("what", "value"), rows, cells), "</footer>"]
