"""Rows as files: the tables that verbs write, and the catalogue of sources."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mlcluster.data.source_cards import Card
from mlcluster.data.sources import SOURCES
from mlcluster.data.sources.prepared import is_present, open_prepared
from mlcluster.errors import InputError
from mlcluster.labels.label_records import trainable
from mlcluster.labels.literature import clusters, measurements
from mlcluster.labels.literature.table import bundled
from mlcluster.runs import check_place, replaced
from mlcluster.runs.spreadsheet import write_sheet

_NO_COLUMNS = {"sentences"}
_ENDINGS = (".csv", ".json", ".parquet", ".xlsx")


def check_table_name(path: Path | None) -> None:
    """Refuse a name whose ending says no format, and a place that cannot be written to, before any work is done.

    Raises
    ------
    InputError
        If the ending is not one of those known, or as for `mlcluster.runs.check_place`.
    """
    if path is None:
        return
    if path.suffix not in _ENDINGS:
        raise InputError(
            "cannot tell the format of a table from its name.", found=path.name, expected=" or ".join(_ENDINGS)
        )
    check_place(path)


def comparison_rows(pairs: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One row a pair and property; a pair that failed is a row with its error."""
    rows = []
    for pair in pairs:
        shared = {key: pair.get(key) for key in ("a", "b", "relation", "rmsd", "matched_atoms")}
        if "error" in pair:
            rows.append({"a": pair["a"], "b": pair["b"], "error": pair["error"]})
        for item in pair.get("properties", ()):
            values = {"value_a" if key == "a" else "value_b" if key == "b" else key: v for key, v in item.items()}
            rows.append({**shared, **values})
    return rows


def write_table(rows: Sequence[Mapping[str, Any]], path: Path | None) -> None:
    """Write rows to a file; columns are all keys in the order they are met, lists are joined by ``"; "``.

    Sentences are for reading: only JSON has them. The file is there whole or as it was before, also on a full disk.
    """
    if path is None:
        return
    with replaced(path) as unfinished:
        _write(rows, unfinished, path.suffix)


def _write(rows: Sequence[Mapping[str, Any]], path: Path, form: str) -> None:
    if form == ".json":
        path.write_text(json.dumps(list(rows), indent=2, default=str) + "\n", encoding="utf-8")
        return
    columns = [key for key in dict.fromkeys(key for row in rows for key in row) if key not in _NO_COLUMNS]
    flat = [{key: _cell(row.get(key)) for key in columns} for row in rows]
    if form == ".csv":
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, columns)
            writer.writeheader()
            writer.writerows(flat)
        return
    if form == ".xlsx":
        write_sheet(flat, columns, path)
        return
    import pandas as pd

    pd.DataFrame(flat, columns=columns).to_parquet(path, index=False)


def _cell(value: Any) -> Any:
    text = "; ".join(map(str, value)) if isinstance(value, list | tuple) else value
    # Half of a pair of UTF-16, as a file name may hold, is no text that can be written.
    return text.encode("utf-8", "backslashreplace").decode() if isinstance(text, str) else text


def catalogue() -> list[dict[str, Any]]:
    """Sources in the order of the registry, the literature table first.

    Returns
    -------
    list[dict[str, Any]]
        One dictionary a source: ``{"name", "what", "entries", "labels", "families", "method", "licence", "citation",
        "traps", "state", "obtain"}``. ``state`` is "bundled", "prepared", "not here" or "yours"; entries, labels and
        families are those at hand, or where a source is not here those its card promises (None where it does not say).
    """
    return [_literature(), *(_source(source.card) for source in SOURCES.values())]


def _literature() -> dict[str, Any]:
    labels = measurements()
    counts: dict[str, int] = {}
    for label in labels:
        counts[label.channel.key] = counts.get(label.channel.key, 0) + 1
    return {
        "name": "literature",
        "what": "measurements of ligand-protected clusters, without structures",
        "entries": len(clusters()),
        "labels": dict(sorted(counts.items())),
        "families": None,
        "method": "read from abstracts and open texts; each row with its source",
        "licence": "CC-BY-4.0",
        "citation": f"the doi or reference of each row of {bundled('measurements.csv')}",
        "traps": [f"{len(labels) - len(trainable(labels))} of {len(labels)} values are flagged and not trained on."],
        "state": "bundled",
        "obtain": "Comes with the package; mlcluster data link finds the record of a crystal.",
    }


def _source(card: Card) -> dict[str, Any]:
    facts = card.to_dict()
    about = {"entries": card.entries, "labels": dict(card.labels), "families": card.families or None}
    if card.bundled:
        state = "bundled" if card.entries else "yours"
        if card.entries:
            about["families"] = len({item.family for item in SOURCES[card.name].load()})
    elif is_present(card):
        state = "prepared"
        about = {key: open_prepared(card).header[key] for key in about}
    else:
        state = "not here"
    kept = ("name", "what", "method", "licence", "citation", "obtain")
    return {**{key: facts[key] for key in kept}, **about, "traps": list(card.traps), "state": state}
