"""Labels that were calculated with this package for structures which only their owners may hand out."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import replace

from mlcluster.data.labelled import LabelledCluster
from mlcluster.errors import InputError
from mlcluster.labels import LabelRecord
from mlcluster.resources import dataset_dir


def with_computed_labels(name: str, items: Iterable[LabelledCluster]) -> Iterator[LabelledCluster]:
    """Add the gaps of ``datasets/computed_<name>/labels.csv`` to the entries they were calculated for.

    Parameters
    ----------
    name
        Of the source.
    items
        Its entries, known in the table by the same identifiers.
    """
    labels = _labels(name)
    for item in items:
        records = tuple(
            LabelRecord(
                entry=item.entry,
                target="gap",
                method=row["method"],
                value=float(row["gap_ev"]),
                unit="eV",
                medium="gas phase (calculated)",
                source=f"mlcluster computed_{name}, {row['engine']}",
                family=item.family,
            )
            for row in labels.get(item.entry, ())
        )
        yield replace(item, labels=item.labels + records) if records else item


def _labels(name: str) -> dict[str, list[dict[str, str]]]:
    try:
        path = dataset_dir(f"computed_{name}") / "labels.csv"
    except InputError:
        return {}
    if not path.is_file():
        return {}
    rows: dict[str, list[dict[str, str]]] = {}
    with open(path, encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            rows.setdefault(row["entry"], []).append(row)
    return rows
