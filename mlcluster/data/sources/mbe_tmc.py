"""mbe_tmc: octahedral complexes of Cr, Mn, Fe and Co in several spin states, with the split of its authors."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from mlcluster.data.failures import one_item
from mlcluster.data.frames import Frame, read_frames
from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.source_cards import Card, find_one
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
    obtain="git clone https://github.com/hjkgrp/many_body_ml and give that folder (it holds raw_data).",
)


_SPLITS = ("training", "validation", "composition_test", "ligand_test")


def read(path: Path) -> Iterator[LabelledCluster]:
    """Entries of a clone of the repository, or of an extended XYZ file with the same values in its comment lines."""
    if (path / "raw_data").is_dir():
        for split in _SPLITS:
            yield from _split(path / "raw_data" / split, split)
        return
    for frame in read_frames(find_one(CARD, path, "mbe_tmc.extxyz*", "*.extxyz*")):
        info = frame.info
        with one_item(f"frame {frame.number}"):
            yield _entry(info["name"], frame, info["split"], number(info["mult"]), number(info["gap_eV"]))


def _split(folder: Path, split: str) -> Iterator[LabelledCluster]:
    """Two entries a row: the low-spin and the high-spin state."""
    with open(find_one(CARD, folder, f"{split}_data_raw.csv"), encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            high = int(row["high_spin"])
            # High-spin 5 and 3 go down to a singlet, 6, 4 and 2 to a doublet.
            for multiplicity, state in ((1 if high % 2 else 2, "ls"), (high, "hs")):
                name = f"{row['name']}_{multiplicity}"
                (frame,) = read_frames(folder / "xyzs" / f"{name}.xyz")
                with one_item(name):
                    yield _entry(name, frame, split, multiplicity, number(row[f"energetic_gap_{state}_eV"]))


def _entry(name: str, frame: Frame, split: str, multiplicity: float | None, gap: float | None) -> LabelledCluster:
    return make_entry(
        CARD.name,
        name,
        frame.numbers,
        frame.positions,
        multiplicity=multiplicity,
        split=split,
        # The name ends in the multiplicity: the rest is the complex, and all its spin states are one family.
        parent=name.rpartition("_")[0],
        gaps={"dft-mbe-tmc": gap},
        reference=CARD.citation,
    )
