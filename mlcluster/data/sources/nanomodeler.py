"""NanoModeler: 27 thiolate-protected gold clusters and cores without labels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mlcluster.data.failures import one_item
from mlcluster.data.frames import read_frames
from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.source_cards import Card, find_one
from mlcluster.data.sources.entry import make_entry

CARD = Card(
    name="nanomodeler",
    what="27 gold clusters of 25 to 314 metals: cores with S and the first C of each ligand, and whole clusters",
    entries=27,
    families=10,
    method="geometries only; no labels",
    licence="not stated: research use only",
    citation="NanoModeler, and the source_file of each row",
    traps=(
        "Most files keep only S and the first C of a ligand, without hydrogen: not structures to compute or learn from "
        "as they stand.",
        "Several files hold one cluster twice, and most of the clusters are in other sources too.",
        "No charge is given.",
    ),
    obtain="Collect the core files of NanoModeler as one extended XYZ file with source_file in the comment lines.",
)


def read(path: Path) -> Iterator[LabelledCluster]:
    """Entries of the file or of the folder that holds it."""
    for frame in read_frames(find_one(CARD, path, "nanomodeler_cores.extxyz", "*.extxyz*")):
        file = frame.info["source_file"]
        with one_item(file):
            yield make_entry(CARD.name, file, frame.numbers, frame.positions, name=frame.info.get("name", file))
