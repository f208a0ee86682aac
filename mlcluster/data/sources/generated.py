"""Bundled clusters of `mlcluster.design.generated` with their GFN1-xTB labels; see ``datasets/generated/CARD.md``."""

from __future__ import annotations

import csv
from functools import cache
from typing import Any

import numpy as np

from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.source_cards import Card
from mlcluster.errors import DataError, InputError
from mlcluster.labels import LabelRecord
from mlcluster.resources import dataset_dir
from mlcluster.structure.cluster import Cluster, Source

NAME = "generated"
METHOD = "gfn1-xtb"
SOURCE = "mlcluster generated, GFN1-xTB, tblite 0.8.0"
COLUMNS = {"gap": "gap_ev", "homo": "homo_ev", "lumo": "lumo_ev", "triplet_energy": "triplet_ev"}
"""Column of each target in ``clusters.parquet``, eV."""
COUNTS = {"gap": "entries", "homo": "entries", "lumo": "entries", "triplet_energy": "triplets"}
"""Column of ``families.csv`` that counts each target."""


@cache
def family_table() -> tuple[dict[str, str], ...]:
    """Rows of ``families.csv``; empty where the data set is missing."""
    try:
        path = dataset_dir(NAME) / "families.csv"
        with open(path, encoding="utf-8", newline="") as handle:
            return tuple(csv.DictReader(handle))
    except (InputError, FileNotFoundError):
        return ()


def _counted(column: str) -> int:
    return sum(int(row[column]) for row in family_table())


CARD = Card(
    name=NAME,
    what="capped model clusters of 6 to 60 metals (Au, Ag, Cu, alloys) in many families, built by rule",
    entries=_counted("entries"),
    families=len(family_table()),
    labels={f"{target}:{METHOD}": _counted(column) for target, column in COUNTS.items() if _counted(column)},
    method="shells relaxed loosely; gaps, levels and vertical triplet energies (eV) by GFN1-xTB, tblite 0.8.0, 300 K",
    licence="CC-BY-4.0",
    citation="part of mlcluster, datasets/generated/CARD.md",
    traps=(
        "Invented clusters, not crystals: a GFN1-xTB gap is no optical gap.",
        "Copies of one parent are near-duplicates: split by family.",
        "Only structures with a gap are kept, so nothing here tells an open shell.",
    ),
    obtain="Comes with the package.",
    bundled=True,
)


def load() -> list[LabelledCluster]:
    """All entries with gap, levels and, for some, the triplet energy; the family of each is its structural key.

    Raises
    ------
    DataError
        If the file does not hold as many entries as ``families.csv`` counts.
    """
    import pyarrow.parquet as pq

    path = dataset_dir(NAME) / "clusters.parquet"
    rows = pq.read_table(path, use_threads=False).to_pylist()
    if len(rows) != CARD.entries:
        raise DataError("a bundled data set is not whole.", file=path, found=len(rows), expected=CARD.entries)
    return [_entry(row) for row in rows]


def _entry(row: dict[str, Any]) -> LabelledCluster:
    coordinates = [row[f"{axis}_milliangstrom"] for axis in "xyz"]
    cluster = Cluster(
        numbers=np.array(row["numbers"]),
        positions=np.array(coordinates, dtype=np.float64).T / 1000.0,
        charge=row["charge"],
        multiplicity=1,
        name=row["entry"],
        source=Source(path=NAME, block=row["entry"]),
    )
    labels = tuple(
        LabelRecord(
            entry=row["entry"],
            target=target,
            method=METHOD,
            value=row[column],
            unit="eV",
            medium="gas phase (calculated)",
            temperature_k=300.0,
            source=SOURCE,
            family=row["family"],
        )
        for target, column in COLUMNS.items()
        if row[column] is not None
    )
    return LabelledCluster(
        entry=row["entry"],
        family=row["family"],
        parent=row["parent"],
        edits=row["edits"],
        cluster=cluster,
        labels=labels,
        source=NAME,
        key=row["family"],
        atom_charges=np.array(row["charge_millie"], dtype=np.float64) / 1000.0,
    )
