"""A cluster with labels, the unit that models learn from: touchstones, which none may, and labels by calculation."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mlcluster.chem.formula import hill_formula
from mlcluster.errors import DataError, InputError
from mlcluster.labels import LabelRecord, trainable
from mlcluster.resources import dataset_dir
from mlcluster.structure.cluster import Cluster


@dataclass(frozen=True, kw_only=True, eq=False)
class LabelledCluster:
    """One entry of a source.

    Parameters
    ----------
    entry
        Identifier, unique within the source.
    family
        Structural family: entries of one family stay on one side of a split. None when not assigned.
    cluster
        The structure.
    labels
        Records of this entry.
    parent, edits
        What the structure was derived from, and how; empty for a structure that stands on its own.
    source
        Name of the source it comes from.
    split
        Side of the split its authors published, as they call it; empty where they publish none.
    key
        Structural key of `mlcluster.data.families`, where it has been made already.
    atom_charges
        Calculated charge of each atom, (N,), e; None where there are none.

    Raises
    ------
    DataError
        If there are not as many charges as atoms.
    """

    entry: str
    family: str | None
    cluster: Cluster
    labels: tuple[LabelRecord, ...]
    parent: str = ""
    edits: str = ""
    source: str = ""
    split: str = ""
    key: str = ""
    atom_charges: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        if self.atom_charges is not None and self.atom_charges.shape != (len(self.cluster),):
            raise DataError(
                "not one charge an atom.",
                site=self.entry,
                found=f"{self.atom_charges.shape}",
                expected=f"({len(self.cluster)},)",
            )


def only_trainable(items: Iterable[LabelledCluster], channels: Iterable[str]) -> list[LabelledCluster]:
    """Entries with at least one label of `channels` that may be learned from, stripped of all other labels."""
    wanted = set(channels)
    kept = []
    for item in items:
        labels = tuple(record for record in trainable(item.labels) if record.channel.key in wanted)
        if labels:
            kept.append(replace(item, labels=labels))
    return kept


# Without hydrogen, which crystal structures may lack. The first is both the E and the S isomer.
_HEAVY_ATOMS = {
    "C180Ag12Au13Cl8P10": "[Au13Ag12(PPh3)10Cl8]+",
    "C171Au21N3P3S12": "[Au21(SAdm)12(PPh2py)3]+",
    "C188Au22N4P4S12": "[Au22(SAdm)12(PPh2py)4]2+",
}


def is_touchstone(cluster: Cluster) -> bool:
    """Whether a structure has the composition of one of the four systems that nothing may learn from."""
    return hill_formula({symbol: n for symbol, n in cluster.composition.items() if symbol != "H"}) in _HEAVY_ATOMS


def with_computed_labels(name: str, items: Iterable[LabelledCluster]) -> Iterator[LabelledCluster]:
    """Add the gaps of ``datasets/computed_<name>/labels.csv`` to the entries they were calculated for.

    Parameters
    ----------
    name
        Of the source.
    items
        Its entries, known in the table by the same identifiers.
    """
    labels = _computed_labels(name)
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


def _computed_labels(name: str) -> dict[str, list[dict[str, str]]]:
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
