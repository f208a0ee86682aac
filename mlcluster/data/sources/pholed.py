"""pholed: 179 phosphorescent Pt(II) emitters with measured emission, quantum yield and radiative rate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mlcluster.data.card import Card, find_one
from mlcluster.data.frames import read_frames
from mlcluster.data.labelled import LabelledCluster
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
        "The lifetime is not in the table: the published radiative rate was made from it, so it is got back exactly.",
        "Geometries are those of the triplet, not of the ground state or a crystal.",
        "Charge, medium and temperature are not given.",
    ),
    obtain="Write the structures and the table of https://github.com/JerryShuaiWANG/PhOLED_ML as one extended XYZ "
    "file, pholed_pt.extxyz, with name, lambda_em_nm, QY, kr_exp (1/s), gap_eV and ref in the comment lines.",
)


def read(path: Path) -> Iterator[LabelledCluster]:
    """Entries of the file or of the folder that holds it."""
    for frame in read_frames(find_one(CARD, path, "pholed_pt.extxyz*", "*.extxyz*")):
        info = frame.info
        yield make_entry(
            CARD.name,
            info["name"],
            frame.numbers,
            frame.positions,
            gaps={"dft-pholed-triplet": number(info.get("gap_eV"))},
            labels=_measured(info),
            reference=info.get("ref") or CARD.citation,
        )


def _measured(info: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    emission, quantum_yield, rate = (number(info.get(key)) for key in ("lambda_em_nm", "QY", "kr_exp"))
    if emission is not None:
        yield {"target": "emission", "method": "measured", "value": emission, "unit": "nm"}
    if quantum_yield is not None:
        yield {"target": "quantum_yield", "method": "measured", "value": quantum_yield, "unit": "fraction"}
    if quantum_yield is not None and rate:
        yield {"target": "lifetime", "method": "measured", "value": quantum_yield / rate, "unit": "s"}
