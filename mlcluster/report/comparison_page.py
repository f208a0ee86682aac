"""The report of a comparison: words, two 3D views, differences, intervals, distributions, caveats, provenance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from markupsafe import Markup

from mlcluster.comparison.compare import Comparison
from mlcluster.comparison.measured import measured_differences
from mlcluster.comparison.property_differences import PropertyDifference
from mlcluster.labels.targets import LOG10, get_target
from mlcluster.prediction.prediction import Prediction, quantity_of
from mlcluster.prediction.prediction_sentences import AVERAGE
from mlcluster.report.caveats import caveats, provenance_rows
from mlcluster.report.page import Table, Tables, render
from mlcluster.report.pictures import (
    COLOUR_A,
    COLOUR_B,
    COLOUR_MEASURED,
    cluster_picture,
    distribution_picture,
    interval_picture,
    view_axes,
)
from mlcluster.report.scene import bond_panels, radial_panels, rotation_onto_a, scene_of, viewer_library
from mlcluster.units import interval_text, number_text

_VERDICTS = {
    True: Markup('<span class="yes">resolved</span>'),
    False: Markup('<span class="no">not resolved</span>'),
}


def write_comparison(comparison: Comparison, path: Path, *, note: str | None = None) -> Path:
    """Write the report of one comparison.

    Parameters
    ----------
    comparison
        What to show.
    path
        The page to write.
    note
        Caveat shown on top.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    """
    path.write_text(comparison_page(comparison, path.stem, note=note), encoding="utf-8")
    return path


def comparison_page(comparison: Comparison, stem: str, *, note: str | None = None) -> str:
    """Text of the page that `write_comparison` writes; names of its tables begin with `stem`."""
    kind = f" ({comparison.isomer_kind})" if comparison.isomer_kind else ""
    tables = Tables(stem)
    a, b = _sides(comparison)
    content = {
        **_properties(comparison, tables),
        "measured": _measured(comparison, tables) if comparison.measured else None,
        "contributions": _contributions(comparison, tables),
        **_structure(comparison, tables),
        "provenance": _provenance(comparison, tables),
    }
    return render(
        "comparison",
        title=f"{comparison.a.name} and {comparison.b.name}: {comparison.relation}{kind}",
        a=a,
        b=b,
        note=note,
        sentences=comparison.sentences,
        details=comparison.details,
        colourings=_colourings(comparison),
        intervals=_intervals(comparison) if comparison.properties else [],
        measured_differences=_measured_differences(comparison),
        distributions=_distributions(comparison),
        caveats=caveats(comparison),
        csv=tables.content,
        scene=scene_of(comparison),
        viewer=viewer_library(),
        **content,
    )


def _sides(comparison: Comparison) -> list[dict[str, Any]]:
    """Name, formula, charge and still picture of both clusters, B turned onto A."""
    a, match = comparison.a, comparison.match
    axes = view_axes(a), view_axes(a) @ rotation_onto_a(comparison)
    alone: list[list[int]] = [[], []]
    if match is not None:
        alone = [[*match.only_a, *match.donors_only_a], [*match.only_b, *match.donors_only_b]]
    return [
        {
            "name": cluster.name,
            "formula": cluster.formula,
            "charge": "unknown" if cluster.charge is None else f"{cluster.charge:+d}" if cluster.charge else "0",
            "picture": cluster_picture(cluster, axes[side], highlight=[int(atom) for atom in alone[side]]),
        }
        for side, cluster in enumerate((a, comparison.b))
    ]


def _colourings(comparison: Comparison) -> list[tuple[str, str]]:
    found = [("element", "element"), ("part", "part"), ("partner", "partner in the other")]
    for channel in comparison.origin.terms:
        found.append((f"share {channel}", f"part's share of B - A, {channel}"))
        found.append((f"atom {channel}", f"contribution per atom, {channel}"))
    return found


def _properties(comparison: Comparison, tables: Tables) -> dict[str, Table | None]:
    """Differences that are resolved, and those that are not; a value that no model knows is none."""

    def line(row: PropertyDifference) -> tuple[str, ...]:
        numbers = (
            *(number_text(value, row.unit) for value in (row.a, row.b)),
            number_text(row.difference, row.unit, signed=True),
            interval_text(row.lower, row.upper, row.unit),
        )
        return (
            quantity_of(row.target, row.method, row.basis),
            *(("-", "-", "-", AVERAGE) if row.informative is False and not row.resolved else numbers),
            row.unit,
            f"{row.p_increase:.2f}",
            _VERDICTS[row.resolved],
            row.note,
        )

    rows = comparison.properties
    found: dict[str, Table | None] = {"properties": None, "unresolved": None}
    if not rows:
        return found
    level = f"{rows[0].level:.0%} interval"
    headings = ("property", "A", "B", "B - A", level, "unit", "P(B > A)", "verdict", "note")
    name = "properties"
    for key, verdict in (("properties", True), ("unresolved", False)):
        lines = [line(row) for row in rows if row.resolved is verdict]
        if lines:
            found[key] = tables.add(name, headings, [asdict(row) for row in rows], lines, numbers=(1, 2, 3, 6))
            name = "not_resolved"
    return found


def _intervals(comparison: Comparison) -> list[Markup]:
    """One picture per target: predictions with their intervals, measurements apart below them."""
    pictures = []
    predictions = [("A", COLOUR_A, p) for p in comparison.predictions_a]
    predictions += [("B", COLOUR_B, p) for p in comparison.predictions_b]
    for target in dict.fromkeys(p.target for _, _, p in predictions):
        rows = [
            (f"{side}: {p.quantity}{_unknown(p)}", p.value, p.lower, p.upper, colour)
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
        pictures.append(interval_picture(rows, title, logarithmic=get_target(target).transform is LOG10))
    return pictures


def _unknown(prediction: Prediction) -> str:
    return f" ({AVERAGE})" if prediction.informative is False else ""


def _measured(comparison: Comparison, tables: Tables) -> Table:
    lines = [
        (
            v.side.upper(),
            v.record,
            v.match,
            f"{v.target.replace('_', ' ')} ({v.method})",
            {"lower": "at least ", "upper": "at most "}.get(v.bound or "", "") + number_text(v.value, v.unit),
            v.unit,
            v.medium or "",
            v.source,
        )
        for v in comparison.measured
    ]
    headings = ("", "compound", "match", "property", "value", "unit", "medium", "source")
    return tables.add("measured", headings, [asdict(v) for v in comparison.measured], lines, numbers=(4,))


def _measured_differences(comparison: Comparison) -> list[str]:
    return [
        f"{row['target'].replace('_', ' ')} ({row['method']}), measured: "
        f"{number_text(row['difference'], row['unit'], signed=True)} {row['unit']} from A to B"
        for row in measured_differences(comparison.measured)
    ]


def _contributions(comparison: Comparison, tables: Tables) -> Table:
    rows = comparison.origin.to_rows()
    lines = [
        (
            f"{row['target'].replace('_', ' ')} ({row['method']})",
            row["term"].replace("_", " "),
            "part" if row["kind"] == "part" else "whole cluster",
            *(f"{row[key]:+.4f}" for key in ("a", "b", "difference")),
            row["unit"],
        )
        for row in rows
    ]
    headings = ("property", "term", "kind", "A", "B", "B - A", "unit")
    return tables.add("contributions", headings, rows, lines, numbers=(3, 4, 5))


def _structure(comparison: Comparison, tables: Tables) -> dict[str, Table]:
    """Quantities that differ as they are shown, and those that do not."""

    def line(row: Mapping[str, Any]) -> tuple[str, ...]:
        values = (number_text(row[key], row["unit"]) for key in ("a", "b", "difference"))
        return (row["quantity"], *values, row["unit"] or "")

    lines = [(row, line(row)) for row in comparison.structure]
    differing = [(row, shown) for row, shown in lines if shown[1] != shown[2]]
    alike = [shown for _, shown in lines if shown[1] == shown[2]]
    headings = ("quantity", "A", "B", "B - A", "unit")
    rows, shown = [row for row, _ in differing], [line for _, line in differing]
    return {
        "differing": tables.add("differences", headings, rows, shown, numbers=(1, 2, 3)),
        "alike": tables.add("anatomy", headings, comparison.structure, alike, numbers=(1, 2, 3)),
    }


def _distributions(comparison: Comparison) -> list[tuple[str, Markup]]:
    panels: Sequence[tuple[str, list]] = (
        ("Bond lengths", bond_panels(comparison.a, comparison.b)),
        ("Radial distances", radial_panels(comparison.a, comparison.b)),
    )
    return [(title, distribution_picture(rows, "angstrom")) for title, rows in panels if rows]


def _provenance(comparison: Comparison, tables: Tables) -> Table:
    rows = provenance_rows(comparison)
    code = Markup("<code>{}</code>")
    return tables.add("provenance", ("what", "value"), rows, [(row["what"], code.format(row["value"])) for row in rows])
