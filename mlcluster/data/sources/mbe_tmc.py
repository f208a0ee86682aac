"""mbe_tmc: octahedral complexes of Cr, Mn, Fe and Co in several spin states, with the split of its authors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mlcluster.data.card import Card, find_one
from mlcluster.data.frames import read_frames
from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.sources.entry import make_entry, number

CARD = Card(
    name="mbe_tmc",
    what="4,250 octahedral complexes of Cr, Mn, Fe and Co; each spin state is an entry",
    entries=4250,
    families=335,
    labels={"gap:dft-mbe-tmc": 4250},
    method="Kohn-Sham gap (eV) at the relaxed geometry of each spin state; functional not stated with the data",
    licence="MIT",
    citation="Meyer, Chu and Kulik, Mach. Learn.: Sci. Technol. 2025, 10.1088/2632-2153/ad9f22; "
    "github.com/hjkgrp/many_body_ml",
    traps=(
        "Two entries of one complex differ in multiplicity and geometry only: they belong on one side of a split.",
        "The oxidation state of the metal is given, the charge of the complex is not; it stays unknown here.",
        "The official test sets share complexes of like donors with the training set: family scores are harder.",
    ),
    obtain="Write the data of https://github.com/hjkgrp/many_body_ml as one extended XYZ file, mbe_tmc.extxyz or .gz, "
    "with name, split, mult and gap_eV in the comment lines.",
)


def read(path: Path) -> Iterator[LabelledCluster]:
    """Entries of the file or of the folder that holds it."""
    for frame in read_frames(find_one(CARD, path, "mbe_tmc.extxyz*", "*.extxyz*")):
        info = frame.info
        yield make_entry(
            CARD.name,
            info["name"],
            frame.numbers,
            frame.positions,
            multiplicity=number(info["mult"]),
            split=info["split"],
            # The name ends in the multiplicity: the rest is the complex, and all its spin states are one family.
            parent=info["name"].rpartition("_")[0],
            gaps={"dft-mbe-tmc": number(info["gap_eV"])},
            reference=CARD.citation,
        )
