"""Ligands of one formula, and the number that tells their skeletons apart: thiolates C8H9S are PET or a DMBT."""

from __future__ import annotations

from mlcluster.chem.ligands import LIGANDS

WIENER_INDEX = {
    "SiPr": 9,
    "StBu": 16,
    "SC4H9": 20,
    "SC6H13": 56,
    "CHT": 42,
    "SPh": 42,
    "BM": 64,
    "o-MBT": 60,
    "m-MBT": 61,
    "p-MBT": 62,
    "PET": 94,
    "SC8H17": 120,
    "2,4-DMBT": 84,
    "SAdm": 124,
    "2-SAdm": 126,
    "TBBT": 152,
    "SC2H4Nap": 248,
    "SC12H25": 364,
    "1,2-BDT": 60,
    "1,3-BDT": 61,
    "S2P(OnPr)2": 180,
    "S2P(OiPr)2": 164,
}
"""Bonds on the shortest paths between all pairs of heavy atoms, summed (Wiener, J. Am. Chem. Soc. 1947, 69, 17,
10.1021/ja01193a005), of ligands that share a formula with another. Metals do not count."""


def ligands_of_the_same_atoms(abbreviation: str, *, hydrogen: bool = True) -> list[str]:
    """Other ligands of the same formula that are not a class; of the same heavy atoms if hydrogen does not count.

    >>> ligands_of_the_same_atoms("PET"), ligands_of_the_same_atoms("PPh3"), ligands_of_the_same_atoms("SAdm")
    (['2,4-DMBT'], [], ['2-SAdm'])
    >>> ligands_of_the_same_atoms("PPh3", hydrogen=False)
    ['PCy3']
    """
    own = _atoms(abbreviation, hydrogen)
    return [
        other
        for other, ligand in LIGANDS.items()
        if other != abbreviation and own is not None and not ligand.is_class and _atoms(other, hydrogen) == own
    ]


def _atoms(abbreviation: str, hydrogen: bool) -> dict[str, float] | None:
    elements = LIGANDS[abbreviation].elements
    if elements is None or hydrogen:
        return elements
    return {element: n for element, n in elements.items() if element != "H"}
