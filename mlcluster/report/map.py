"""The map of a ranked screen: one HTML page with chemiscope, which opens offline and holds what it shows.

The page carries the script of the chemiscope package (https://chemiscope.org, BSD-3-Clause), read as a file of that
installation, and the data as JSON. Names come from files of others: `<` is written as an escape inside the script, and
as text everywhere else.
"""

from __future__ import annotations

import html
import importlib.util
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mlcluster import __version__
from mlcluster.errors import ConfigError
from mlcluster.prediction.screening.screen_table import read_structures
from mlcluster.structure.cluster import Cluster
from mlcluster.units import interval_text

MOST = 500
"""Clusters on a map: the first in rank, and what is proposed or on the Pareto front."""

_SCRIPT = "sphinx/static/chemiscope.min.js"
_FIXED = ("probability", "rank", "family", "formula", "parent", "edits", "cluster", "proposed")
_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 0; padding: 1rem 1.5rem; color: #1d2125; background: #fff; }
h1 { font-size: 1.4rem; margin: 0 0 .2rem; } p { margin: .2rem 0; color: #444; max-width: 80rem; }
.panels { display: flex; flex-wrap: wrap; gap: 1rem; margin-top: .8rem; }
.panels > div { flex: 1 1 30rem; min-width: 22rem; }
#map, #structure { height: 32rem; } footer { color: #666; font-size: .85rem; margin-top: 1rem; }
"""


def write_map(rows: Sequence[Mapping[str, Any]], directory: str | Path, path: Path, *, wishes: Sequence[str]) -> Path:
    """Write the map of clusters that `rank` returned.

    Parameters
    ----------
    rows
        As `mlcluster.rank` gives them.
    directory
        The screen they come from, for the structures.
    path
        The page to write.
    wishes
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
    data = json.dumps(_dataset(shown, structures, _targets(shown)), allow_nan=False).replace("<", "\\u003c")
    title = f"{len(shown)} clusters: {' and '.join(wishes)}"
    page = f"""<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{html.escape(title)}</title>
<style>{_STYLE}</style></head><body><h1>{html.escape(title)}</h1>
<p>Each point is a predicted cluster, coloured by the probability that it meets the wishes; click one to see its
structure. The small <i>i</i> below the structure opens its predictions with their intervals; the menu of the map
changes axes and colours. Clusters of one family share a part of their error: see the interval before you trust an
order.</p>
<div id="meta" hidden></div><div class="panels"><div><div id="map"></div></div>
<div><div id="structure"></div><div id="info"></div></div></div>
<footer>mlcluster {__version__}; {len(shown)} of {len(rows)} ranked rows. Viewer: chemiscope.</footer>
<script>{script}</script><script>
const config = {{meta: "meta", map: "map", structure: "structure", info: "info"}};
Chemiscope.DefaultVisualizer.load(config, {data}).then(function () {{
  document.body.dataset.map = "ready";
}}, function (error) {{
  document.getElementById("structure").textContent = String(error);
}});
</script></body></html>
"""
    path.write_text(page, encoding="utf-8")
    return path


def viewer_script() -> str:
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
            return script.read_text(encoding="utf-8").replace("</script", "<\\/script")
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
