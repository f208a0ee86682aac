"""NC_Database: 428 ligand-protected clusters relaxed by DFT, 88 to 1,381 atoms."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from mlcluster.data.failures import one_item
from mlcluster.data.frames import Frame, read_frames
from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.source_cards import Card, find_one
from mlcluster.data.sources.entry import make_entry, number
from mlcluster.errors import InputError

CARD = Card(
    name="nc_database",
    what="428 clusters of Au, Ag, Cd, Hg, Pd and Pt with their ligands or SCH3; 360 are Au/Ag on 4 frameworks",
    entries=428,
    families=29,
    labels={
        "gap:dft-nc-database": 18,
        "gap:ip-ea-nc-database": 21,
        "gap:ip-ea-nc-database-sch3": 373,
        "ionization_energy:delta-scf-nc-database": 21,
        "ionization_energy:delta-scf-nc-database-sch3": 373,
        "electron_affinity:delta-scf-nc-database": 21,
        "electron_affinity:delta-scf-nc-database-sch3": 374,
    },
    method="relaxed by DFT (PBE where file names say so); Kohn-Sham and ionisation energies in eV; charge in e",
    licence="GPL-3.0",
    citation="github.com/mpourmpakis/NC_Database, and the DOI of each row",
    traps=(
        "EA is stored as E(q-1) - E(q): the fundamental gap is IP + EA as stored, not IP - EA. Read here with the "
        "usual sign.",
        "Gaps with SCH3 in place of the real ligand are a method of their own.",
        "The 360 Au/Ag entries are near-duplicates: 4 families, not 360.",
        "Names repeat (orderings of one composition): entries are called by their file.",
        "Four fully protected structures have no row, so no charge and no label.",
    ),
    obtain="git clone https://github.com/mpourmpakis/NC_Database and give that folder (it holds NC_Database.sqlite).",
)

_EXCERPT = "nc_database.extxyz*"
_SCH3 = frozenset({"sch3", "sch4", "methylthiol"})  # the one "sch4" is a slip: its structure has SCH3
_COLUMNS = {"q": "charge", "EA": "EA_eV", "IP": "IP_eV", "GAP": "gap_eV", "NC": "name", "ligands": "ligand"}


def read(path: Path) -> Iterator[LabelledCluster]:
    """Entries of a clone of the repository, or of an extended XYZ file with the same values in its comment lines."""
    if path.is_file() or any(path.glob(_EXCERPT)):
        for frame in read_frames(find_one(CARD, path, _EXCERPT)):
            with one_item(f"frame {frame.number}"):
                yield _entry(frame, frame.info, frame.info["source_file"])
        return
    yield from _repository(path, find_one(CARD, path, "NC_Database.sqlite"))


def _repository(root: Path, database: Path) -> Iterator[LabelledCluster]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        rows = [dict(row) for row in connection.execute("SELECT * FROM NC_Data")]
    seen = set()
    for row in rows:
        file = str(row["path"]).replace("\\", "/").lstrip("./")
        seen.add(file)
        info: dict[str, Any] = {_COLUMNS.get(key, str(key)): value for key, value in row.items()}
        info["doi"] = row.get("Reference Publications")
        with one_item(file):
            yield _entry(_only_frame(root / file), info, file)
    for structure in sorted(root.glob("fully_protected/*.xyz")):
        file = structure.relative_to(root).as_posix()
        if file not in seen:
            with one_item(file):
                yield _entry(_only_frame(structure), {}, file)


def _only_frame(path: Path) -> Frame:
    frames = list(read_frames(path))
    if len(frames) != 1:
        raise InputError("one structure was expected here.", file=path, found=f"{len(frames)} frames")
    return frames[0]


def _entry(frame: Frame, info: Mapping[str, Any], file: str) -> LabelledCluster:
    ligand = str(info.get("ligand") or "").lower()
    model = "-sch3" if ligand in _SCH3 else ""
    gap, ip, ea = (number(info.get(key)) for key in ("gap_eV", "IP_eV", "EA_eV"))
    fundamental = None if ip is None or ea is None else ip + ea
    doi = info.get("doi")
    return make_entry(
        CARD.name,
        file.removesuffix(".xyz"),
        frame.numbers,
        frame.positions,
        name=str(info.get("name") or Path(file).stem),
        charge=number(info.get("charge")),
        gaps={f"dft-nc-database{model}": gap, f"ip-ea-nc-database{model}": fundamental},
        # Stored the other way round: see the traps.
        charging=(f"delta-scf-nc-database{model}", ip, None if ea is None else -ea),
        reference=CARD.citation if doi in (None, "nan", "UNPUBLISHED") else str(doi),
    )
