"""Idealised shapes of ligands: groups on a donor atom, one line a ligand.

The groups lie in ``groups.xyz``: MMFF94 minima of HS-R, and of HCC-R for alkynyls, without the donor side, the first
atom at the origin and its bond to the donor along -z. Add a frame there and a line here to teach a new ligand.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlcluster.chem.ligands import LIGANDS, LigandDefinition, find_ligand
from mlcluster.errors import InputError

GROUPS_OF: dict[str, tuple[str, tuple[str, ...]]] = {
    "F": ("F", ()),
    "Cl": ("Cl", ()),
    "Br": ("Br", ()),
    "I": ("I", ()),
    "H": ("H", ()),
    "PH3": ("P", ("H",) * 3),
    "PMe3": ("P", ("Me",) * 3),
    "PEt3": ("P", ("Et",) * 3),
    "PtBu3": ("P", ("tBu",) * 3),
    "PCy3": ("P", ("Cy",) * 3),
    "PPh3": ("P", ("Ph",) * 3),
    "PPh2py": ("P", ("Ph", "Ph", "2-py")),
    "PPhpy2": ("P", ("Ph", "2-py", "2-py")),
    "PPh(C2H4CN)2": ("P", ("Ph", "C2H4CN", "C2H4CN")),
    "SH": ("S", ("H",)),
    "SMe": ("S", ("Me",)),
    "SEt": ("S", ("Et",)),
    "SPr": ("S", ("nPr",)),
    "SiPr": ("S", ("iPr",)),
    "SC4H9": ("S", ("nBu",)),
    "StBu": ("S", ("tBu",)),
    "SC6H13": ("S", ("nHex",)),
    "SC8H17": ("S", ("nOct",)),
    "SC12H25": ("S", ("nC12H25",)),
    "CPT": ("S", ("cPent",)),
    "CHT": ("S", ("Cy",)),
    "SAdm": ("S", ("1-Adm",)),
    "2-SAdm": ("S", ("2-Adm",)),
    "SPh": ("S", ("Ph",)),
    "BM": ("S", ("CH2Ph",)),
    "PET": ("S", ("C2H4Ph",)),
    "o-MBT": ("S", ("o-Tol",)),
    "m-MBT": ("S", ("m-Tol",)),
    "p-MBT": ("S", ("p-Tol",)),
    "TBBT": ("S", ("C6H4tBu",)),
    "2,4-DMBT": ("S", ("C6H3Me2",)),
    "p-MBA": ("S", ("C6H4COOH",)),
    "SC2H4Nap": ("S", ("C2H4Nap",)),
    "SePh": ("Se", ("Ph",)),
    "TePh": ("Te", ("Ph",)),
    "PA": ("C", ("C-Ph",)),
    "CCtBu": ("C", ("C-tBu",)),
    "tBuPA": ("C", ("C-C6H4tBu",)),
    "MeOPA": ("C", ("C-C6H4OMe",)),
    "FPA": ("C", ("C-C6H4F",)),
    "BrPA": ("C", ("C-C6H4Br",)),
    "IPA": ("C", ("C-C6H4I",)),
}
"""Donor element and the groups on it, by the abbreviation of `mlcluster.chem.ligands`."""

TO_GROUP = {
    ("P", "H"): 1.41,
    ("P", "C"): 1.83,
    ("S", "H"): 1.35,
    ("S", "C"): 1.82,
    ("Se", "C"): 1.93,
    ("Te", "C"): 2.12,
    ("C", "C"): 1.21,
}
"""Bond from a donor to the first atom of a group, angstrom; carbon is the donor of an alkynyl."""


@dataclass(frozen=True, eq=False)
class Shape:
    """A group: element symbols and points (n, 3) in angstrom, its bond to the donor along -z."""

    symbols: tuple[str, ...]
    points: NDArray[np.float64]


@cache
def group_shapes() -> dict[str, Shape]:
    """Every group by its name."""
    lines = (Path(__file__).parent / "groups.xyz").read_text(encoding="utf-8").splitlines()
    shapes, at = {}, 0
    while at < len(lines):
        size = int(lines[at])
        name = lines[at + 1].split()[0].removeprefix("name=")
        rows = [line.split() for line in lines[at + 2 : at + 2 + size]]
        shapes[name] = Shape(tuple(row[0] for row in rows), np.array([[float(x) for x in row[1:4]] for row in rows]))
        at += size + 2
    return shapes


def buildable(spelling: str) -> LigandDefinition:
    """Dictionary entry of a ligand whose shape is known, by any spelling.

    Raises
    ------
    InputError
        If the ligand is unknown, or has no shape here; the nearest that has is suggested.

    Examples
    --------
    >>> buildable("SC2H4Ph").abbreviation
    'PET'
    """
    definition = find_ligand(spelling)
    if definition.abbreviation in GROUPS_OF:
        return definition
    alike = [name for name in GROUPS_OF if LIGANDS[name].kind == definition.kind]
    near = get_close_matches(definition.abbreviation, alike, n=1, cutoff=0.0)
    raise InputError(
        "the shape of this ligand is not known.",
        found=spelling,
        expected=", ".join(alike or GROUPS_OF),
        hint=f"Did you mean {near[0]}?" if near else None,
    )
