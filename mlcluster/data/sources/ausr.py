"""ausr: 67 gold clusters with thiolate sulfur, many of them isomers, with gaps calculated for SCH3."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from mlcluster.data.failures import one_item
from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.source_cards import Card
from mlcluster.data.sources.entry import make_entry, number
from mlcluster.errors import InputError, StructureError

CARD = Card(
    name="ausr",
    what="67 Au-S clusters (boxed CIFs), experimental structures and predicted isomers",
    entries=67,
    families=44,
    labels={
        "gap:dft-ausr-sch3": 51,
        "gap:ip-ea-ausr-sch3": 51,
        "gap:tddft-ausr-sch3": 42,
        "ionization_energy:delta-scf-ausr-sch3": 51,
        "electron_affinity:delta-scf-ausr-sch3": 51,
    },
    method="calculated with SCH3 ligands, functional not stated with the data; all energies in eV",
    licence="not stated: research use only",
    citation="github.com/SonicB233/Prediction-of-the-properties-of-gold-nanoclusters-protected-by-sulfur-oxides",
    traps=(
        "The methyl groups are left out of the files (one entry keeps them): sulfur is thiolate because the source "
        "says so, and no geometry shows it.",
        "No charge is given. IP and EA of 15_12, 23_16, 25_18 and 27_20 are those of anions; charges stay unknown.",
        "Unlike in nc_database, the affinity has its usual sign: the fundamental gap is IP - EA.",
        "Several names hold the same composition: isomers, one family.",
    ),
    obtain=(
        "git clone https://github.com/SonicB233/Prediction-of-the-properties-of-gold-nanoclusters-protected-by-sulfur-"
        "oxides and give that folder (it holds Scalar_prediction)."
    ),
)

DECLARED = ("S:thiolate",)
_RESULTS = {"gap_eV": "HOMO-LUMO_Gap", "IP_eV": "I[n]", "EA_eV": "A[n]"}


def read(path: Path) -> Iterator[LabelledCluster]:
    """Entries of a clone of the repository, or of a folder with ``cif/`` and ``labels.csv``."""
    clone = path / "Scalar_prediction"
    folder = clone / "data" / "Cluster" if clone.is_dir() else path / "cif"
    files = sorted(folder.glob("*.cif"))
    if not files:
        raise InputError("this holds no ausr.", file=path, expected=f"CIF files in {folder}", hint=CARD.obtain)
    rows = _clone_labels(clone / "result") if clone.is_dir() else _table(path / "labels.csv")
    for file in files:
        with one_item(file):
            yield _entry(file, rows.get(file.stem, {}))


def _table(path: Path) -> dict[str, dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as handle:
        return {row["name"]: row for row in csv.DictReader(handle)}


def _clone_labels(folder: Path) -> dict[str, dict[str, str]]:
    """First value of each name; the files have no header and repeat some lines."""
    rows: dict[str, dict[str, str]] = {}
    for column, name in _RESULTS.items():
        path = folder / name / "test_results.csv"
        if path.is_file():
            with open(path, encoding="utf-8", newline="") as handle:
                for cells in csv.reader(handle):
                    if len(cells) >= 2 and number(cells[1]) is not None:
                        key = cells[0].strip().removesuffix(".cif")
                        rows.setdefault(key, {}).setdefault(column, cells[1])
    return rows


def _entry(file: Path, row: Mapping[str, str]) -> LabelledCluster:
    from mlcluster.structure.read import read as read_structure

    results = read_structure(file, declared_ligands=DECLARED)
    if len(results) != 1 or results[0].dropped:
        raise StructureError("one whole cluster was expected here.", file=file, found=f"{len(results)} clusters")
    cluster = results[0].cluster
    gap, ip, ea, transition = (number(row.get(key)) for key in ("gap_eV", "IP_eV", "EA_eV", "tddft_S1_eV"))
    return make_entry(
        CARD.name,
        file.stem,
        cluster.numbers,
        cluster.positions,
        declared_ligands=DECLARED,
        gaps={
            "dft-ausr-sch3": gap,
            "ip-ea-ausr-sch3": None if ip is None or ea is None else ip - ea,
            "tddft-ausr-sch3": transition,
        },
        charging=("delta-scf-ausr-sch3", ip, ea),
        reference=CARD.citation,
    )
