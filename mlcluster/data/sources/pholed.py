"""pholed: 179 phosphorescent Pt(II) emitters with measured emission, quantum yield and radiative rate."""

from __future__ import annotations

import csv
import re
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from mlcluster.data.failures import one_item
from mlcluster.data.frames import Frame, read_frames
from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.source_cards import Card, find_one
from mlcluster.data.sources.entry import make_entry, number

CARD = Card(
    name="pholed",
    what="179 Pt(II) complexes at their calculated triplet geometry",
    entries=179,
    families=12,
    labels={
        "emission:measured": 179,
        "quantum_yield:measured": 176,
        "lifetime:measured": 176,
        "gap:dft-pholed-triplet": 179,
    },
    method="emission (nm) and quantum yield (fraction) as published, lifetime = quantum yield / radiative rate (us); "
    "gap (eV) by DFT, functional not stated with the data",
    licence="non-commercial research",
    citation="github.com/JerryShuaiWANG/PhOLED_ML, and the reference of each row",
    traps=(
        "A yield of 1.0 (five rows) is a bound, not a value.",
        "The copy with gaps has no lifetimes: the radiative rate was made from them, so they are got back exactly.",
        "Versions of the table give some rows different references; the numbers agree.",
        "44 entries share a complex with another (32 pairs): other papers, other values, one family.",
        "Geometries are those of the triplet, not of the ground state or a crystal.",
        "Charge, medium and temperature are not given.",
    ),
    obtain="git clone https://github.com/JerryShuaiWANG/PhOLED_ML and give its folder raw_data, with --partial: the "
    "counts here are those of a copy with gaps, and the clone keeps them apart from the structures.",
)

_TABLE, _STRUCTURES = "all_exp_data_with_ref.csv", "optimized_T1_structures"


def read(path: Path) -> Iterator[LabelledCluster]:
    """Entries of raw_data of a clone, or of an extended XYZ file with the same values in its comment lines."""
    if (path / _TABLE).is_file():
        yield from _raw_data(path)
        return
    for frame in read_frames(find_one(CARD, path, "pholed_pt.extxyz*", "*.extxyz*")):
        info = frame.info
        with one_item(f"frame {frame.number}"):
            emission, quantum_yield, rate = (number(info.get(key)) for key in ("lambda_em_nm", "QY", "kr_exp"))
            lifetime = None if quantum_yield is None or not rate else quantum_yield / rate * 1e6
            gap = number(info.get("gap_eV"))
            yield _entry(info["name"], frame, (emission, quantum_yield, lifetime), gap, info.get("ref"))


def _raw_data(path: Path) -> Iterator[LabelledCluster]:
    """Rows of the table that have a structure: a file called by their number, in the archive or unpacked beside it."""
    with open(path / _TABLE, encoding="utf-8", newline="") as handle:
        rows = {row["Structure_index"]: row for row in csv.DictReader(handle)}
    with tempfile.TemporaryDirectory() as unpacked:
        if (path / f"{_STRUCTURES}.zip").is_file():
            with zipfile.ZipFile(path / f"{_STRUCTURES}.zip") as archive:
                archive.extractall(unpacked)
        folder = Path(unpacked) if any(Path(unpacked).iterdir()) else path / _STRUCTURES
        for file in sorted(folder.rglob("*.xyz")):
            row = rows.get("".join(re.findall(r"\d+$", file.stem)).lstrip("0"))
            if row is not None:
                with one_item(file):
                    (frame,) = read_frames(file)
                    values = tuple(_stated(row[key]) for key in ("lmax/nm", "QY", "Exp. lifetime"))
                    yield _entry(f"train_pool_{row['Structure_index']}", frame, values, None, row["Refer"])


def _stated(text: str) -> float | None:
    return None if text == "None" else number(text)


def _entry(
    name: str, frame: Frame, values: tuple[float | None, ...], gap: float | None, reference: str | None
) -> LabelledCluster:
    """Entry from its emission (nm), quantum yield and lifetime (us), each None where it is missing."""
    kinds = (("emission", "nm"), ("quantum_yield", "fraction"), ("lifetime", "us"))
    return make_entry(
        CARD.name,
        name,
        frame.numbers,
        frame.positions,
        gaps={"dft-pholed-triplet": gap},
        labels=[
            {"target": target, "method": "measured", "value": value, "unit": unit}
            for (target, unit), value in zip(kinds, values, strict=True)
            if value is not None
        ],
        reference=reference or CARD.citation,
    )
