"""What the bench gives, as tables of a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mlcluster.report.page import Table


def parameter_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Parameters of a fit with their intervals; what the data leave open is said."""
    lines = [
        (
            row["name"],
            "-" if row["value"] is None else f"{row['value']:.4g}",
            interval_in_words(row),
            row["unit"] or "",
        )
        for row in rows
    ]
    level = f"{rows[0]['level'] if rows else 0.9:.0%} interval"
    return Table(("parameter", "value", level, "unit"), lines, numbers=(1,))


def interval_in_words(row: Mapping[str, Any]) -> str:
    """Interval of a parameter, or what is known of it.

    >>> interval_in_words({"lower": 1.0, "upper": 2.0, "determined": True})
    '1 to 2'
    """
    if row["lower"] is None or row["upper"] is None:
        return "not determined" if not row["determined"] else "no errors given"
    if row["determined"]:
        return f"{row['lower']:.4g} to {row['upper']:.4g}"
    if len(row["open"]) == 2:
        return "not determined"
    return f"not determined, {'at least' if 'upper' in row['open'] else 'at most'} " + (
        f"{row['lower']:.3g}" if "upper" in row["open"] else f"{row['upper']:.3g}"
    )


def ion_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Ions beside the peaks they may be."""
    lines = [
        (
            row["formula"],
            "-" if row["observed_mz"] is None else f"{row['observed_mz']:.2f}",
            f"{row['apex_mz']:.2f}",
            f"{row['average_mz']:.2f}",
            "-" if row["ppm"] is None else f"{row['ppm']:+.1f}",
            f"{row['electrons']} electrons" if "electrons" in row else row.get("fits") or "",
        )
        for row in rows
    ]
    return Table(("ion", "observed", "tallest peak", "average", "ppm", "fits"), lines, numbers=(1, 2, 3, 4))
