"""All there is about the clusters of one file on one page: view, words, measured, predicted, anatomy, doubts, files."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mlcluster.anatomy import Anatomy
from mlcluster.electronic.capping import capped
from mlcluster.electronic.descriptors import estimated_seconds
from mlcluster.errors import MlclusterError
from mlcluster.labels.label_records import FLAGS
from mlcluster.labels.literature.inspection import inspect
from mlcluster.labels.literature.known_values import value_text
from mlcluster.report.inspection_tables import anatomy_lines
from mlcluster.report.page import Table, csv_text, render
from mlcluster.report.pictures import cluster_picture
from mlcluster.report.plain_words import best_rows, plain_words, short_formula
from mlcluster.report.scene import scene_of_cluster, viewer_library
from mlcluster.structure.files import file_stem
from mlcluster.structure.manifest import StatedFile
from mlcluster.structure.read import read
from mlcluster.structure.result import ReadResult
from mlcluster.units import interval_text, number_text

_WORD = re.compile(r"[^\s,;()]+")
_FROM = {"network": "structure"}
"""What a level predicts from, where its name does not say it."""


def sheet_of(
    inspected: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]] | None,
    results: Sequence[ReadResult],
    *,
    pictures: bool = False,
    estimate: bool = False,
) -> dict[str, Any]:
    """What the page of one file shows.

    Parameters
    ----------
    inspected
        The file as `mlcluster.inspect` describes it.
    rows
        What `mlcluster.predict` says of it, measured values among them; None where it was not asked.
    results
        Its clusters, in the order of `inspected`.
    pictures
        Whether still pictures are drawn, for a page that may find no WebGL.
    estimate
        Whether to say how long a calculation of each would take.

    Returns
    -------
    dict[str, Any]
        ``{"file", "clusters", "dropped", "report", "scenes", "downloads"}``; a download is ``{"name", "what", "type",
        "text"}``.
    """
    predicted: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows or ():
        if "error" not in row:
            predicted.setdefault(row["cluster"], []).append(row)
    anatomies = [Anatomy(result.cluster) for result in results]
    report = list(inspected["report"])
    clusters = []
    for number, (facts, anatomy) in enumerate(zip(inspected["clusters"], anatomies, strict=True)):
        known = [row for row in inspected.get("measured", ()) if row["of"] == facts["name"]]
        clusters.append(_cluster(facts, known, predicted.get(facts["name"], []), report))
        clusters[-1] |= {
            "number": number,
            "asked": rows is not None,
            "seconds": _seconds(anatomy) if estimate else None,
            "picture": cluster_picture(anatomy.cluster) if pictures else None,
        }
    return {
        "file": Path(inspected["file"]).name,
        "clusters": clusters,
        "dropped": inspected["dropped"],
        "report": [_remark(entry, anatomies) for entry in report],
        "scenes": [scene_of_cluster(anatomy) for anatomy in anatomies],
        "downloads": _downloads(str(inspected["file"]), anatomies, rows or ()),
    }


def write_sheet(sheets: Sequence[Mapping[str, Any]], path: Path, *, failed: Sequence[Mapping[str, Any]] = ()) -> Path:
    """Write the pages of one file or several as one that needs nothing else.

    Parameters
    ----------
    sheets
        Of `sheet_of`, with still pictures.
    path
        The page to write.
    failed
        Rows with ``file`` and ``error``.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    """
    path.write_text(sheet_page(sheets, failed=failed), encoding="utf-8")
    return path


def report_files(
    items: Sequence[StatedFile],
    path: Path,
    options: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]] | None = None,
) -> Path:
    """Read files and write their page.

    Parameters
    ----------
    items
        The files, each with what is stated of it.
    path
        The page.
    options
        As for `mlcluster.read`.
    rows
        What `mlcluster.predict` said of them; without it nothing is predicted.
    """
    sheets, failed = [], [row for row in rows or () if "error" in row]
    for item in items:
        told = {**options, "charge": item.charge, "multiplicity": item.multiplicity}
        inspected, *broken = inspect(item.file, **told) if item.error is None else [{"error": item.error}]
        failed += [row for row in (inspected, *broken) if "error" in row and row not in failed]
        if "error" not in inspected:
            mine = None if rows is None else [row for row in rows if row["file"] == inspected["file"]]
            sheets.append(sheet_of(inspected, mine, read(item.file, **told), pictures=True))
    return write_sheet(sheets, path, failed=failed)


def sheet_page(sheets: Sequence[Mapping[str, Any]], *, failed: Sequence[Mapping[str, Any]] = ()) -> str:
    """Text of the page that `write_sheet` writes."""
    names = [cluster["title"] for sheet in sheets for cluster in sheet["clusters"]]
    scenes = [scene for sheet in sheets for scene in sheet["scenes"]]
    return render(
        "sheets",
        title=(", ".join(names[:3]) + (" ..." if len(names) > 3 else "")) or "no cluster",
        sheets=sheets,
        failed=failed,
        scenes=scenes,
        downloads=[list(sheet["downloads"]) for sheet in sheets],
        viewer=viewer_library(),
    )


def sheet_fragment(sheet: Mapping[str, Any]) -> str:
    """The inside of the page of one file, for a page that is open already."""
    return render("sheet", sheet=sheet)


def _cluster(
    facts: Mapping[str, Any],
    measured: Sequence[Mapping[str, Any]],
    rows: Sequence[Mapping[str, Any]],
    report: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    predicted = [row for row in rows if row.get("kind") != "measured"]
    best = best_rows(predicted)
    others = [row for row in predicted if row not in best]
    reasons = dict.fromkeys(reason for row in best for reason in row["reasons"])
    missing = dict.fromkeys(row["not_calculated"] for row in predicted if row.get("not_calculated"))
    charge = facts.get("charge")
    return {
        "name": facts["name"],
        "title": short_formula(facts),
        "formula": facts["formula"],
        "atoms": facts["n_atoms"],
        "charge": "unknown" if charge is None else f"{charge:+d}" if charge else "0",
        "multiplicity": facts.get("multiplicity") or "not stated",
        "elements": facts["elements"],
        "copies": facts.get("copies"),
        "sentences": plain_words(facts, measured, rows, report),
        "measured": measured_table(measured) if measured else None,
        "flags": {
            flag.replace("_", " ").lower(): FLAGS[flag].meaning
            for row in measured
            for flag in row["flags"]
            if flag in FLAGS
        },
        "predicted": prediction_table(best) if best else None,
        "others": prediction_table(others) if others else None,
        "reasons": list(reasons),
        "not_calculated": list(missing),
        "anatomy": anatomy_lines(facts),
    }


def measured_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Measured values with conditions and source."""
    lines = [
        (
            row["target"].replace("_", " ") + ("" if row["method"] == "measured" else f" ({row['method']})"),
            value_text(row),
            ", ".join(filter(None, (row["medium"], f"{row['temperature']:g} K" if row["temperature"] else "", *flags))),
            f"{row['cluster']}: {row['doi'] or row['reference']}",
        )
        for row in rows
        for flags in [map(flag_in_words, row["flags"])]
    ]
    return Table(("property", "value", "conditions", "compound and source"), lines, numbers=(1,))


def flag_in_words(flag: str) -> str:
    """Name of a flag as a reader meets it."""
    return flag.replace("_", " ").lower()


def prediction_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Predicted values with interval, level and verdict."""
    lines = [
        (
            row["target"].replace("_", " ")
            + ("" if row["method"] in ("measured", "measured-not-stated") else f" ({row['method']})"),
            number_text(row["value"], row["unit"]) + ("" if row["unit"] == "fraction" else f" {row['unit']}"),
            interval_text(row["lower"], row["upper"], row["unit"]),
            _FROM.get(row["basis"], row["basis"]),
            row["applicability"] + ("; no better than the mean" if row.get("informative") is False else ""),
        )
        for row in rows
    ]
    return Table(("property", "value", f"{rows[0]['level']:.0%} interval", "from the", "range"), lines, numbers=(1,))


def _remark(entry: Mapping[str, Any], anatomies: Sequence[Anatomy]) -> dict[str, Any]:
    """An entry of the report with the atoms it names, as ``(cluster, atom)``."""
    named = set(_WORD.findall(entry.get("site") or ""))
    atoms = [
        (number, index)
        for number, anatomy in enumerate(anatomies)
        for index, label in enumerate(anatomy.cluster.labels)
        if label in named
    ]
    return {**entry, "atoms": atoms}


def _downloads(file: str, anatomies: Sequence[Anatomy], rows: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    stem = file_stem(file)
    plain = [{key: row[key] for key in row if key != "sentences"} for row in rows]
    found: list[dict[str, str]] = []
    for number, anatomy in enumerate(anatomies, start=1):
        name = stem if len(anatomies) == 1 else f"{stem}_{number}"
        cluster = anatomy.cluster
        found.append(_download(f"{name}_cleaned.cif", "cleaned CIF", cluster.to_cif()))
        found.append(_download(f"{name}_cleaned.xyz", "cleaned XYZ", cluster.to_xyz()))
        try:
            small = capped(anatomy).cluster
        except MlclusterError:  # a cluster that cannot be cut down has no small model; the calculation says why
            continue
        found.append(_download(f"{name}_capped.xyz", "capped cluster", small.to_xyz()))
    if plain:
        found.append(_download(f"{stem}_predictions.csv", "predictions as CSV", csv_text(plain)))
    return found


def _download(name: str, what: str, text: str) -> dict[str, str]:
    return {"name": name, "what": what, "type": "text/csv" if name.endswith(".csv") else "text/plain", "text": text}


def _seconds(anatomy: Anatomy) -> float | None:
    """Estimate of a calculation; None where there can be none."""
    try:
        return estimated_seconds(capped(anatomy).cluster)
    except MlclusterError:
        return None
