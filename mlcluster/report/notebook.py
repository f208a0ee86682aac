"""What a notebook shows of a cluster, a comparison and predictions: pages within a frame, and tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

from markupsafe import Markup

from mlcluster.anatomy import Anatomy
from mlcluster.anatomy.description import describe
from mlcluster.comparison.compare import Comparison
from mlcluster.labels.literature.known_values import values_of
from mlcluster.prediction.prediction import Prediction
from mlcluster.report.cluster_sheet import prediction_table, sheet_of, sheet_page
from mlcluster.report.comparison_page import comparison_page
from mlcluster.report.page import Table, render
from mlcluster.structure.cluster import Cluster
from mlcluster.structure.report import Report
from mlcluster.structure.result import ReadResult

HEIGHT = 560
"""Of a frame, CSS pixels; what is longer scrolls."""

# A page in a frame of its own brings neither styles nor scripts into the notebook, and reads nothing of it.
_FRAME = Markup(
    '<iframe title="{title}" srcdoc="{page}" sandbox="allow-scripts allow-downloads" loading="lazy" '
    'style="width: 100%; height: {height}px; border: 1px solid #c8c8c8; border-radius: 4px"></iframe>'
)


def cluster_markup(cluster: Cluster) -> str:
    """3D view, words, measured values and anatomy of a cluster; nothing is predicted for it."""
    anatomy = Anatomy(cluster)
    name = cluster.name or cluster.formula
    inspected = {
        "file": cluster.source.path or name,
        "clusters": [describe(anatomy)],
        "measured": [{"of": cluster.name, **row} for row in values_of(anatomy)],
        "dropped": [],
        "report": [],
    }
    sheet = sheet_of(inspected, None, [ReadResult(cluster=cluster, report=Report())])
    return _framed(sheet_page([sheet | {"file": name}]), name)


def comparison_markup(comparison: Comparison) -> str:
    """The whole report of a comparison."""
    return _framed(comparison_page(comparison, "comparison"), f"{comparison.a.name} and {comparison.b.name}")


def prediction_markup(prediction: Prediction) -> str:
    """A table of one row: a prediction holds no atoms that could be drawn."""
    return render("fragment", parts=[_part([prediction.to_dict()])])


def rows_markup(rows: Sequence[Mapping[str, Any]]) -> str:
    """The answer in words and the table of each cluster; a file that failed with its error."""
    grouped = groupby(rows, key=lambda row: (row.get("file"), row.get("cluster")))
    return render("fragment", parts=[_part(list(group)) for _, group in grouped])


VIEWS: dict[str, Callable[[Any], str]] = {
    "Cluster": cluster_markup,
    "Comparison": comparison_markup,
    "Prediction": prediction_markup,
    "PredictedRows": rows_markup,
}
"""Function of each class that is a `mlcluster.display.Shown`, by its name."""


def _framed(page: str, title: str) -> str:
    return str(_FRAME.format(title=title, page=page, height=HEIGHT))


def _part(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What is shown of one cluster, or of one file without any."""
    failed = [row["error"] for row in rows if "error" in row]
    predicted = [row for row in rows if "error" not in row and row.get("kind") != "measured"]
    table: Table | None = prediction_table(predicted) if predicted else None
    told = next((row["sentences"] for row in rows if row.get("sentences")), ())
    formula = next((row["formula"] for row in rows if row.get("formula")), "")
    return {"formula": formula, "sentences": [*told, *failed], "table": table}
