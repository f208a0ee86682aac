"""ausr_flare: frames of molecular dynamics, and minima, of eight gold thiolate clusters; without labels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mlcluster.data.failures import one_item
from mlcluster.data.frames import read_frames
from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.source_cards import Card, find_one
from mlcluster.data.sources.entry import make_entry

CARD = Card(
    name="ausr_flare",
    what="134 geometries of Au-SCH3 clusters from 18 to 44 metals, most of them frames at 300 to 400 K",
    entries=134,
    families=8,
    method="minima and molecular dynamics; no labels",
    licence="not stated: research use only",
    citation="the authors of the ausr_flare set",
    traps=(
        "Frames of one run differ by thermal motion only: all of a cluster are one family.",
        "One entry is bare Au20.",
        "No charge is given; not every cluster is neutral in reality.",
    ),
    obtain="Collect the geometries as one extended XYZ file, ausr_flare.extxyz, with name in the comment lines.",
)


def read(path: Path) -> Iterator[LabelledCluster]:
    """Entries of the file or of the folder that holds it."""
    for frame in read_frames(find_one(CARD, path, "ausr_flare.extxyz", "*.extxyz*")):
        with one_item(f"frame {frame.number}"):
            yield make_entry(CARD.name, frame.info["name"], frame.numbers, frame.positions)
