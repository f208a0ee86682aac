"""Results of the bench as measurements of a user's own: a row of ``measurements.csv`` with method and uncertainty."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlcluster.errors import DataError
from mlcluster.labels.label_records import TOUCHSTONE
from mlcluster.labels.literature.additions import FILE_NAME, add
from mlcluster.labels.literature.composition import composition_of
from mlcluster.labels.literature.measurements import is_touchstone
from mlcluster.labels.literature.table import Row, read_table

RECORD = "bench_results.jsonl"
"""Every result kept, one JSON document a line, beside the table of measurements."""


def keep_result(
    result: Mapping[str, Any], verb: str, to: str | Path, *, cluster: str, formula: str, medium: str = ""
) -> list[str]:
    """Keep a result of ``fit`` or ``rates`` in a directory of the user's own.

    The whole document goes to ``bench_results.jsonl``. A lifetime, a gap, and yield and lifetime of ``rates`` are
    properties of the table of measurements as well and get a row there, checked as `add` checks it; of several
    lifetimes the amplitude-weighted average is kept, which rates follow from.

    Parameters
    ----------
    result
        What the verb returned.
    verb
        ``decay``, ``gap``, ``rates`` ...
    to
        Directory; made if it is missing.
    cluster, formula
        Identifier and formula of the cluster.
    medium
        Solvent or matrix.

    Returns
    -------
    list[str]
        What was kept, in words.

    Raises
    ------
    DataError
        If the data do not determine the quantity, or a check refuses the row.
    """
    directory = Path(to)
    values = _values(result, verb)
    kept = []
    if values:
        identifier = _identifier(directory / FILE_NAME, f"{cluster}-{verb}")
        if is_touchstone(composition_of(Row(0, {"formula": formula}))):
            # Whoever measures one of the systems that judge the package keeps it out of what models learn from.
            values["flags"] = TOUCHSTONE
        row = {"measurement_id": identifier, "cluster_id": cluster, "formula": formula, "medium": medium, **values}
        with tempfile.TemporaryDirectory() as scratch:
            table = Path(scratch) / FILE_NAME
            with table.open("w", encoding="utf-8", newline="") as stream:
                writer = csv.DictWriter(stream, list(row), lineterminator="\n")
                writer.writeheader()
                writer.writerow(row)
            (outcome,) = add(table, directory)
        if outcome["errors"]:
            reasons = "; ".join(f["message"] for f in outcome["findings"] if f["level"] == "error")
            raise DataError("the result cannot be kept.", found=reasons)
        kept.append(f"row {identifier} of {outcome['to']}")
    directory.mkdir(parents=True, exist_ok=True)
    record = {"verb": verb, "cluster": cluster, "formula": formula, "medium": medium, **result}
    with (directory / RECORD).open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(record, default=float) + "\n")
    kept.append(f"the whole result in {directory / RECORD}")
    return kept


def _values(result: Mapping[str, Any], verb: str) -> dict[str, str]:
    """Cells of the table of measurements; none where the table has no such property."""
    rows = {row["name"]: row for row in result["parameters"]}
    if verb == "gap":
        return {"gap_ev": _cell(rows["gap"]), "gap_method": "optical", "reference": _words(result, verb, rows["gap"])}
    if verb == "decay":
        row = rows["tau"] if "tau" in rows and "beta" not in rows else rows["amplitude-weighted lifetime"]
        return {"lifetime_us": _cell(row), "reference": _words(result, verb, row)}
    if verb == "rates":
        (measured,) = result["measured"]
        return {
            "qy_fraction": f"{measured['quantum_yield']:.6g}",
            "qy_method": "unknown",
            "lifetime_us": f"{measured['lifetime_us']:.6g}",
            "reference": "own measurement",
        }
    return {}


def _cell(row: Mapping[str, Any]) -> str:
    if row["value"] is None:
        raise DataError("the data do not determine this quantity.", found=row["name"])
    return f"{row['value']:.6g}"


def _words(result: Mapping[str, Any], verb: str, row: Mapping[str, Any]) -> str:
    how = result["statistics"].get("model") or result["statistics"].get("method")
    return (
        f"own measurement; fit {verb}: {how}; {row['name']}; {row['level']:.0%} interval {row['lower']:.5g} to "
        f"{row['upper']:.5g} {row['unit']} ({row['interval']})"
    )


def _identifier(table: Path, start: str) -> str:
    """The first number behind `start` that the table does not have yet."""
    taken = {row["measurement_id"] for row in read_table(table).rows} if table.is_file() else set()
    number = 1
    while f"{start}-{number}" in taken:
        number += 1
    return f"{start}-{number}"
