"""Bundled GFN1-xTB gaps of idealised model clusters; see ``datasets/gfn1_models/CARD.md``."""

from __future__ import annotations

import csv

import numpy as np

from mlcluster.data.labelled import LabelledCluster, with_computed_labels
from mlcluster.data.source_cards import Card
from mlcluster.electronic.calculation import LARGEST_ATOMIC_CHARGE
from mlcluster.errors import DataError
from mlcluster.labels import LabelRecord
from mlcluster.resources import dataset_dir
from mlcluster.structure.cluster import Cluster, Source

CARD = Card(
    name="gfn1_models",
    what="2,924 idealised model clusters, variants of 12 parents in 7 families, ligands PH3, SH and halides",
    entries=2924,
    families=7,
    labels={"gap:gfn1-xtb": 2924},
    method="geometries relaxed and gaps (eV) calculated with GFN1-xTB, tblite 0.8.0, 300 K",
    licence="CC-BY-4.0",
    citation="part of mlcluster, datasets/gfn1_models/CARD.md",
    traps=(
        "Models, not crystals: a GFN1-xTB gap is no optical gap.",
        "Variants of one parent are near-duplicates: split by family.",
        "Four entries have unphysical atomic charges; they are flagged and not learned from.",
    ),
    obtain="Comes with the package.",
    bundled=True,
)
SOURCE = "mlcluster gfn1_models, GFN1-xTB, tblite 0.8.0"


def load() -> list[LabelledCluster]:
    """All 2,924 entries with their GFN1-xTB gap, and any calculated for them later.

    Raises
    ------
    DataError
        If the file does not hold as many entries as its card says.
    """
    import pyarrow.parquet as pq

    path = dataset_dir("gfn1_models") / "models.parquet"
    table = pq.read_table(path)
    if table.num_rows != CARD.entries:
        raise DataError("a bundled data set is not whole.", file=path, found=table.num_rows, expected=CARD.entries)
    names = _names()
    return list(with_computed_labels(CARD.name, (_entry(row, names) for row in table.to_pylist())))


def model_structures() -> dict[str, Cluster]:
    """Return the twelve parent structures by readable name, for demonstrations: idealised models, not crystals."""
    return {item.cluster.name: item.cluster for item in load() if item.edits == "parent"}


def _names() -> dict[str, str]:
    with open(dataset_dir("gfn1_models") / "parents.csv", encoding="utf-8", newline="") as handle:
        return {row["parent"]: row["name"] for row in csv.DictReader(handle)}


def _entry(row: dict, names: dict[str, str]) -> LabelledCluster:
    coordinates = [row[f"{axis}_milliangstrom"] for axis in "xyz"]
    cluster = Cluster(
        numbers=np.array(row["numbers"]),
        positions=np.array(coordinates, dtype=np.float64).T / 1000.0,
        charge=row["charge"],
        multiplicity=row["multiplicity"],
        name=names[row["parent"]] if row["edits"] == "parent" else row["entry"],
        source=Source(path="gfn1_models", block=row["entry"]),
    )
    unphysical = max(abs(q) for q in row["charge_millie"]) > 1000 * LARGEST_ATOMIC_CHARGE
    label = LabelRecord(
        entry=row["entry"],
        target="gap",
        method="gfn1-xtb",
        value=row["gap_ev"],
        unit="eV",
        medium="gas phase (calculated)",
        temperature_k=300.0,
        source=SOURCE,
        family=row["family"],
        flags=frozenset({"UNPHYSICAL_CHARGE"}) if unphysical else frozenset(),
    )
    return LabelledCluster(
        entry=row["entry"],
        family=row["family"],
        parent=row["parent"],
        edits=row["edits"],
        cluster=cluster,
        labels=(label,),
        source=CARD.name,
        atom_charges=None if unphysical else np.array(row["charge_millie"], dtype=np.float64) / 1000.0,
    )
