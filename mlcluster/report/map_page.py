"""The map of a ranked screen: one page with chemiscope, which opens offline and holds what it shows.

The page carries the script of the chemiscope package (https://chemiscope.org, BSD-3-Clause), read as a file of that
installation, and the data as JSON.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from mlcluster import __version__
from mlcluster.errors import ConfigError
from mlcluster.prediction.screening.screen_table import read_structures
from mlcluster.report.page import render, script_json
from mlcluster.structure.cluster import Cluster
from mlcluster.units import interval_text

MOST = 500
"""Clusters on a map: the first in rank, and what is proposed or on the Pareto front."""

_SCRIPT = "sphinx/static/chemiscope.min.js"
_FIXED = ("probability", "rank", "family", "formula", "parent", "edits", "cluster", "proposed")


def write_map(rows: Sequence[Mapping[str, Any]], directory: str | Path, path: Path, *, criteria: Sequence[str]) -> Path:
    """Write the map of clusters that `rank` returned.

    Parameters
    ----------
    rows
        As `mlcluster.rank` gives them.
    directory
        The screen they come from, for the structures.
    path
        The page to write.
    criteria
        As they were asked for, in words.

    Raises
    ------
    ConfigError
        If chemiscope is not installed, or there is nothing to show.
    """
    script = viewer_script()
    shown = _shown(rows)
    if not shown:
        raise ConfigError("there is no cluster to draw a map of.", file=directory)
    structures = _structures(directory, shown)
    page = render(
        "map",
        title=f"{len(shown)} clusters: {' and '.join(criteria)}",
        data=script_json(_dataset(shown, structures, _targets(shown))),
        version=__version__,
        shown=len(shown),
        ranked=len(rows),
        viewer=script,
    )
    path.write_text(page, encoding="utf-8")
    return path


def viewer_script() -> Markup:
    """Text of the viewer's script, from the installed chemiscope, of which no Python is run.

    Raises
    ------
    ConfigError
        If it is not installed.
    """
    spec = importlib.util.find_spec("chemiscope")
    for place in (spec.submodule_search_locations or ()) if spec is not None else ():
        script = Path(place) / _SCRIPT
        if script.is_file():
            return Markup(script.read_text(encoding="utf-8").replace("</script", "<\\/script"))
    raise ConfigError("the map needs chemiscope.", hint='Install it with: pip install "mlcluster[screen]"')


def _shown(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    ranked = [row for row in rows if row["probability"] is not None]
    return [row for k, row in enumerate(ranked) if k < MOST or row["proposed"] or row["front"]][: 2 * MOST]


def _targets(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return [key.removesuffix("_value") for key in rows[0] if key.endswith("_value")]


def _structures(directory: str | Path, rows: Sequence[Mapping[str, Any]]) -> list[Cluster]:
    found = {
        (number, cluster.name): cluster for number, cluster in read_structures(directory, [r["input"] for r in rows])
    }
    return [found[row["input"], row["cluster"]] for row in rows]


def _dataset(
    rows: Sequence[Mapping[str, Any]], structures: Sequence[Cluster], targets: Sequence[str]
) -> dict[str, Any]:
    """The JSON of chemiscope: https://chemiscope.org/docs/examples/input.html."""
    properties: dict[str, Any] = {}
    for name in targets:
        unit = rows[0][f"{name}_unit"]
        for key in ("value", "lower", "upper", "probability"):
            label = name if key == "value" else f"{name} {key}"
            values = [row[f"{name}_{key}"] for row in rows]
            properties[label] = _property(values, "" if key == "probability" else unit)
        spans = [interval_text(row[f"{name}_lower"], row[f"{name}_upper"], unit) for row in rows]
        properties[f"{name} interval"] = _property(spans)
        properties[f"{name} applicability"] = _property([row[f"{name}_applicability"] for row in rows])
    for key in _FIXED:
        properties[key] = _property([row[key] if row[key] is not None else "" for row in rows])
    second = targets[1] if len(targets) > 1 else "probability"
    return {
        "meta": {"name": "mlcluster rank"},
        "structures": [
            {
                "size": len(cluster),
                "names": list(cluster.symbols),
                **{axis: column for axis, column in zip("xyz", cluster.positions.T.round(3).tolist(), strict=True)},
            }
            for cluster in structures
        ],
        "properties": properties,
        "settings": {
            "target": "structure",
            "map": {
                "x": {"property": targets[0]},
                "y": {"property": second},
                "color": {"property": "probability"},
            },
            "structure": [{"bonds": True, "spaceFilling": False}],
        },
    }


def _property(values: Sequence[Any], unit: str = "") -> dict[str, Any]:
    numbers = all(isinstance(value, int | float) and math.isfinite(value) for value in values)
    column = list(values) if numbers else ["" if value is None else str(value) for value in values]
    return {"target": "structure", "values": column} | ({"units": unit} if unit else {})
