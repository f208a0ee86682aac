"""tmQM: complexes from the Cambridge Structural Database, relaxed with GFN2-xTB; here those of Cu, Ag and Au."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mlcluster.chem.elements import NUMBERS
from mlcluster.data.frames import read_frames
from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.source_cards import Card, find_one
from mlcluster.data.sources.entry import make_entry, number
from mlcluster.errors import DataError
from mlcluster.units import HARTREE_EV

CARD = Card(
    name="tmqm",
    what="7,329 closed-shell complexes of Cu, Ag and Au",
    entries=7329,
    families=819,
    labels={"gap:gfn1-xtb": 985},
    method="geometry by GFN2-xTB; the original table adds TPSSh-D3BJ/def2-SVP gaps (hartree, stored in eV)",
    licence="as the authors state in their repository",
    citation="Balcells and Skjelstad, J. Chem. Inf. Model. 2020, 60, 6135, 10.1021/acs.jcim.0c01041",
    traps=(
        "Without tmQM_y.csv the entries have no labels but those computed with this package, kept by CSD code and "
        "added when the source is prepared.",
        "The original holds complexes of all transition metals: only those of Cu, Ag and Au are taken.",
        "Complexes of one metal: what is learned from them says little about metal-metal bonds.",
    ),
    obtain="Get tmQM_X*.xyz.gz and tmQM_y.csv of https://github.com/uiocompcat/tmQM and give the folder.",
)

COINAGE = frozenset(NUMBERS[symbol] for symbol in ("Cu", "Ag", "Au"))
_FACT = re.compile(r"([A-Za-z_]+) = (\S+)")


def read(path: Path) -> Iterator[LabelledCluster]:
    """Entries of the original files in a folder, or of a packed copy ``tmqm_coinage.npz``."""
    if path.is_file() or any(path.glob("*.npz")):
        yield from _packed_copy(find_one(CARD, path, "*.npz"))
        return
    find_one(CARD, path, "tmQM_X*.xyz*")
    gaps = _gaps(path / "tmQM_y.csv")
    for file in sorted(path.glob("tmQM_X*.xyz*")):
        for frame in read_frames(file):
            if COINAGE.isdisjoint(frame.numbers.tolist()):
                continue
            facts = dict(_FACT.findall(frame.comment))
            if not {"CSD_code", "q", "S"} <= facts.keys():
                raise DataError("a frame has no CSD code, charge or spin.", file=file, site=f"frame {frame.number}")
            yield make_entry(
                CARD.name,
                facts["CSD_code"],
                frame.numbers,
                frame.positions,
                charge=number(facts["q"]),
                multiplicity=2 * float(facts["S"]) + 1,
                gaps={"dft-tpssh-def2svp": gaps.get(facts["CSD_code"])},
                reference=CARD.citation,
            )


def _gaps(path: Path) -> dict[str, float]:
    if not path.is_file():
        return {}
    with open(path, encoding="utf-8", newline="") as handle:
        return {row["CSD_code"]: float(row["HL_Gap"]) * HARTREE_EV for row in csv.DictReader(handle, delimiter=";")}


def _packed_copy(path: Path) -> Iterator[LabelledCluster]:
    with np.load(path, allow_pickle=False) as arrays:
        fields = [arrays[key] for key in ("csd_code", "q", "S", "Z", "R", "offsets")]
    codes, charges, spins, numbers, positions, offsets = fields
    for k, (code, charge, spin) in enumerate(zip(codes.tolist(), charges.tolist(), spins.tolist(), strict=True)):
        atoms = slice(offsets[k], offsets[k + 1])
        yield make_entry(CARD.name, code, numbers[atoms], positions[atoms], charge=charge, multiplicity=2 * spin + 1)
