"""One self-contained HTML file: opens offline, holds no script, and escapes every name that comes from a file."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from mlcluster import __version__
from mlcluster.comparison.compare import Comparison
from mlcluster.geometry.superposition import superpose
from mlcluster.report.pictures import cluster_picture, interval_picture, view_axes
from mlcluster.units import interval_text, number_text

_STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; padding: 1.5rem; max-width: 72rem; color: #1d2125;
  background: #fff; }
h1 { font-size: 1.6rem; margin: 0 0 .3rem; } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1rem; margin: .2rem 0; } .lead { color: #555; margin: 0 0 1rem; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 1rem; }
.pair > div { border: 1px solid #ddd; border-radius: .5rem; padding: .8rem; }
svg { max-width: 100%; height: auto; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; margin: .5rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .8rem .25rem 0; text-align: left; border-bottom: 1px solid #e5e5e5; white-space: nowrap; }
td.number { text-align: right; } .yes { color: #14713d; font-weight: 600; } .no { color: #9a5b00; font-weight: 600; }
.note { background: #fff7e0; border-left: 4px solid #e0b000; padding: .6rem 1rem; margin: 1rem 0; }
footer { margin-top: 2.5rem; color: #555; font-size: .85rem; } code { overflow-wrap: anywhere; }
"""
_COLOUR_A, _COLOUR_B, _COLOUR_MEASURED = "#2563a8", "#b4472f", "#222222"


def write_comparison(
    comparison: Comparison,
    path: Path,
    *,
    note: str | None = None,
    measured: Mapping[str, Sequence[tuple[str, float]]] | None = None,
) -> Path:
    """Write the report of one comparison.

    Parameters
    ----------
    note
        Caveat shown on top.
    measured
        Published values to show beside the predictions, by target: name and value in the target's unit. They are
        drawn apart and take part in nothing.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    """
    a, b = comparison.a, comparison.b
    title = f"{a.name} and {b.name}: {comparison.relation}"
    only_a = comparison.match.only_a.tolist() if comparison.match else []
    only_b = comparison.match.only_b.tolist() if comparison.match else []
    body = [
        f"<h1>{_text(title)}</h1>",
        f'<p class="lead">{_text(a.formula)} against {_text(b.formula)}</p>',
        f'<p class="note">{_text(note)}</p>' if note else "",
        "<ul>" + "".join(f"<li>{_text(sentence)}</li>" for sentence in comparison.sentences) + "</ul>",
        '<div class="pair">',
        f"<div><h3>A: {_text(a.name)}</h3>{cluster_picture(a, view_axes(a), highlight=only_a)}</div>",
        f"<div><h3>B: {_text(b.name)}</h3>{cluster_picture(b, _axes_of_b(comparison), highlight=only_b)}</div>",
        "</div>",
        '<p class="lead">Metals and the atoms bonded to them; ringed in red where one has no partner.</p>',
        *_properties(comparison, measured or {}),
        "<h2>Structure</h2>",
        _table(
            ("quantity", "A", "B", "B - A", "unit"),
            (
                (r["quantity"], *(number_text(r[k], r["unit"]) for k in ("a", "b", "difference")), r["unit"] or "")
                for r in comparison.structure
            ),
        ),
        _provenance(comparison),
    ]
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_text(title)}</title><style>{_STYLE}</style></head><body>{''.join(body)}</body></html>\n"
    )
    path.write_text(page, encoding="utf-8")
    return path


def _axes_of_b(comparison: Comparison) -> np.ndarray:
    """View of B from the side A is seen from, after superposition of the matched metals."""
    a, b, match = comparison.a, comparison.b, comparison.match
    if match is None or len(match.pairs) < 3:
        return view_axes(b)
    fit = superpose(b.positions[match.pairs[:, 1]], a.positions[match.pairs[:, 0]], improper=match.improper)
    return view_axes(a) @ fit.rotation


def _properties(comparison: Comparison, measured: Mapping[str, Sequence[tuple[str, float]]]) -> list[str]:
    parts = ["<h2>Properties</h2>"]
    half = len(comparison.predictions) // 2
    for row, p, q in zip(
        comparison.properties, comparison.predictions[:half], comparison.predictions[half:], strict=True
    ):
        bars = [
            (f"A predicted ({p.method})", p.value, p.lower, p.upper, _COLOUR_A),
            (f"B predicted ({q.method})", q.value, q.lower, q.upper, _COLOUR_B),
            *((f"{name} measured", v, v, v, _COLOUR_MEASURED) for name, v in measured.get(row.target, ())),
        ]
        verdict = '<span class="yes">resolved</span>' if row.resolved else '<span class="no">not resolved</span>'
        interval = interval_text(row.lower, row.upper, row.unit)
        parts += [
            f"<h3>{_text(row.target)} by {_text(row.method)}: {verdict}</h3>",
            f"<p>B - A = {number_text(row.difference, row.unit)} {_text(row.unit)}, {row.level:.0%} interval "
            f"{_text(interval)}; probability of an increase {row.p_increase:.2f}.</p>",
            interval_picture(bars, f"{row.target} ({row.unit})"),
        ]
    return parts


def _provenance(comparison: Comparison) -> str:
    files = "".join(
        f"<li>{name}: <code>{_text(c.source.path or 'in memory')}</code> sha256 <code>{_text(c.source.sha256 or '-')}"
        "</code></li>"
        for name, c in (("A", comparison.a), ("B", comparison.b))
    )
    return (
        f"<footer><h2>Provenance</h2><ul>{files}</ul><p>mlcluster {__version__}, model "
        f"<code>{_text(comparison.model)}</code>. An interval that includes zero means: these predictions do not show "
        "which of the two is larger.</p></footer>"
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    cells = "".join(f"<th>{_text(name)}</th>" for name in head)
    lines = "".join(
        "<tr>"
        + "".join(f"<td{' class=number' if 0 < k < 4 else ''}>{_text(cell)}</td>" for k, cell in enumerate(row))
        + "</tr>"
        for row in rows
    )
    return f'<div class="scroll"><table><tr>{cells}</tr>{lines}</table></div>'


def _text(value: object) -> str:
    return html.escape(str(value))
