"""Au102(p-MBA)44 as it stands in the documentation of GPAW: one structure without labels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mlcluster.data.frames import read_frames
from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.source_cards import Card, find_one
from mlcluster.data.sources.entry import make_entry

CARD = Card(
    name="gpaw_au102",
    what="Au102(p-MBA)44 with all its ligands, 762 atoms",
    entries=1,
    families=1,
    method="geometry only; no labels",
    licence="GPL-3.0",
    citation="gitlab.com/gpaw/gpaw, doc/devel/Au_cluster/Au102_revised.xyz",
    traps=("The same cluster, relaxed otherwise, is in nc_database and nanomodeler.", "No charge is given."),
    obtain="Get doc/devel/Au_cluster/Au102_revised.xyz of https://gitlab.com/gpaw/gpaw and give that file.",
)


def read(path: Path) -> Iterator[LabelledCluster]:
    """Read the one structure of the file, or of the folder that holds it."""
    for frame in read_frames(find_one(CARD, path, "Au102_revised.xyz", "*.extxyz", "*.xyz")):
        yield make_entry(CARD.name, "Au102(p-MBA)44", frame.numbers, frame.positions)
