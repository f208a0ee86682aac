"""QM9: 130,680 small organic molecules; for tests of speed and of models, not for chemistry of clusters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mlcluster.chem.elements import NUMBERS
from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.source_cards import Card, find_one
from mlcluster.data.sources.entry import make_entry
from mlcluster.errors import InputError
from mlcluster.units import HARTREE_EV

CARD = Card(
    name="qm9",
    what="130,680 neutral molecules of H, C, N, O and F, up to 9 heavy atoms",
    entries=130_680,
    families=73_943,
    labels={"gap:dft-b3lyp-631g2dfp": 130_680},
    method="B3LYP/6-31G(2df,p); gap in hartree, stored in eV",
    licence="CC0",
    citation="Ramakrishnan et al., Sci. Data 2014, 1, 140022, 10.1038/sdata.2014.22",
    traps=(
        "Numbers in the original files may be written as 1.5*^-6.",
        "About 3,000 molecules whose geometry does not fit their formula are left out of the copy with 130,680; the "
        "original has 133,885.",
        "Isomers share nothing but a formula: families are skeletons of heavy atoms.",
    ),
    obtain="Get dsgdb9nsd.xyz.tar.bz2 from 10.6084/m9.figshare.c.978904 and give the folder with dsgdb9nsd_*.xyz.",
)

_GAP_IN_ROW = 9  # of the second line: "gdb", number, A, B, C, mu, alpha, homo, lumo, gap


def read(path: Path) -> Iterator[LabelledCluster]:
    """Entries of the original files in a folder, or of a packed copy ``qm9_raw.npz``."""
    if path.is_file() or any(path.glob("*.npz")):
        yield from _packed_copy(find_one(CARD, path, "*.npz"))
        return
    find_one(CARD, path, "dsgdb9nsd_*.xyz")
    for file in sorted(path.glob("dsgdb9nsd_*.xyz")):
        yield _original(file)


def _original(file: Path) -> LabelledCluster:
    lines = file.read_text(encoding="utf-8").replace("*^", "e").splitlines()
    try:
        rows = [line.split() for line in lines[2 : 2 + int(lines[0])]]
        numbers = [NUMBERS[row[0]] for row in rows]
        positions = [[float(cell) for cell in row[1:4]] for row in rows]
        gap = float(lines[1].split()[_GAP_IN_ROW])
    except (IndexError, KeyError, ValueError) as error:
        raise InputError("not a QM9 file.", file=file, found=f"{type(error).__name__}: {error}") from None
    return _entry(int(file.stem.rpartition("_")[2]), np.array(numbers), np.array(positions), gap)


def _packed_copy(path: Path) -> Iterator[LabelledCluster]:
    with np.load(path, allow_pickle=False) as arrays:
        names = arrays["prop_names"].tolist()
        ids, numbers, positions, offsets = (arrays[key] for key in ("ids", "Z", "R", "offsets"))
        gaps = arrays["props"][:, names.index("gap")]
    for k, number in enumerate(ids.tolist()):
        atoms = slice(offsets[k], offsets[k + 1])
        yield _entry(number, numbers[atoms], positions[atoms], float(gaps[k]))


def _entry(number: int, numbers: np.ndarray, positions: np.ndarray, gap: float) -> LabelledCluster:
    return make_entry(
        CARD.name,
        f"gdb {number}",
        numbers,
        positions,
        charge=0,
        multiplicity=1,
        gaps={"dft-b3lyp-631g2dfp": gap * HARTREE_EV},
        reference=CARD.citation,
    )
