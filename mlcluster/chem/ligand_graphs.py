"""Connectivity of known ligands, and what tells constitutional isomers apart."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from mlcluster.chem.elements import NUMBERS
from mlcluster.chem.ligands import LIGANDS
from mlcluster.errors import InputError

STRUCTURES: dict[str, str] = {
    "PET": "SCCc1ccccc1",
    "SAdm": "C12(S)CC3CC(CC(C3)C1)C2",
    "2-SAdm": "SC1C2CC3CC(C2)CC1C3",
    "SG": "NC(CCC(=O)NC(CS)C(=O)NCC(=O)O)C(=O)O",
    "SH": "S",
    "SMe": "SC",
    "SEt": "SCC",
    "SiPr": "SC(C)C",
    "StBu": "SC(C)(C)C",
    "SC4H9": "SCCCC",
    "CPT": "SC1CCCC1",
    "SC6H13": "SCCCCCC",
    "CHT": "SC1CCCCC1",
    "SC8H17": "SCCCCCCCC",
    "SC12H25": "SCCCCCCCCCCCC",
    "SPh": "Sc1ccccc1",
    "BM": "SCc1ccccc1",
    "o-MBT": "Sc1ccccc1C",
    "m-MBT": "Sc1cccc(C)c1",
    "p-MBT": "Sc1ccc(C)cc1",
    "TBBT": "Sc1ccc(C(C)(C)C)cc1",
    "2,4-DMBT": "Sc1ccc(C)cc1C",
    "p-MBA": "Sc1ccc(C(=O)O)cc1",
    "SC2H4Nap": "SCCc1ccc2ccccc2c1",
    "FGGC": "NC(Cc1ccccc1)C(=O)NCC(=O)NCC(=O)NC(CS)C(=O)O",
    "Me-bimt": "Sc1nc2ccccc2n1C",
    "mtt": "Sc1nc(C)cs1",
    "6-mpyt": "Sc1cccc(C)n1",
    "1,2-BDT": "Sc1ccccc1S",
    "1,3-BDT": "Sc1cccc(S)c1",
    "PDT": "SCCCS",
    "PH3": "P",
    "PMe3": "CP(C)C",
    "PEt3": "CCP(CC)CC",
    "PtBu3": "CC(C)(C)P(C(C)(C)C)C(C)(C)C",
    "PCy3": "C1CCCCC1P(C1CCCCC1)C1CCCCC1",
    "PPh3": "c1ccccc1P(c1ccccc1)c1ccccc1",
    "PPh2py": "c1ccccc1P(c1ccccc1)c1ccccn1",
    "PPhpy2": "c1ccccc1P(c1ccccn1)c1ccccn1",
    "PPh(C2H4CN)2": "N#CCCP(CCC#N)c1ccccc1",
    "dppm": "c1ccccc1P(c1ccccc1)CP(c1ccccc1)c1ccccc1",
    "dppe": "c1ccccc1P(c1ccccc1)CCP(c1ccccc1)c1ccccc1",
    "dppp": "c1ccccc1P(c1ccccc1)CCCP(c1ccccc1)c1ccccc1",
    "dppb": "c1ccccc1P(c1ccccc1)CCCCP(c1ccccc1)c1ccccc1",
    "Hdppa": "c1ccccc1P(c1ccccc1)NP(c1ccccc1)c1ccccc1",
    "DIPAMP": "COc1ccccc1P(c1ccccc1)CCP(c1ccccc1)c1ccccc1OC",
    "dcpm": "C1CCCCC1P(C1CCCCC1)CP(C1CCCCC1)C1CCCCC1",
    "dppeb": "c1ccccc1P(c1ccccc1)C#Cc1ccc(cc1)C#CP(c1ccccc1)c1ccccc1",
    "dppebp": "c1ccccc1P(c1ccccc1)C#Cc1ccc(cc1)c1ccc(cc1)C#CP(c1ccccc1)c1ccccc1",
    "dpmp": "c1ccccc1P(c1ccccc1)CP(c1ccccc1)CP(c1ccccc1)c1ccccc1",
    "dpmppe": "c1ccccc1P(c1ccccc1)CP(c1ccccc1)CCP(c1ccccc1)CP(c1ccccc1)c1ccccc1",
    "ppda": "CN(C)c1ccccc1P(c1ccccc1)c1ccccc1N(C)C",
    "bdppthi": "C1CN(CP(c2ccccc2)c2ccccc2)CN1CP(c1ccccc1)c1ccccc1",
    "PA": "C#Cc1ccccc1",
    "tBuPA": "C#Cc1ccc(C(C)(C)C)cc1",
    "MeOPA": "C#Cc1ccc(OC)cc1",
    "CCtBu": "C#CC(C)(C)C",
    "CZ-PrA": "C#CCn1c2ccccc2c2ccccc12",
    "EPTpy": "C#Cc1ccc(cc1)c1cc(nc(c1)c1ccccn1)c1ccccn1",
    "ethisterone": "CC12CCC3C(CCC4=CC(=O)CCC34C)C1CCC2(O)C#C",
    "F": "F",
    "Cl": "Cl",
    "Br": "Br",
    "I": "I",
    "OH": "O",
    "H2O": "O",
    "O2-": "O",
    "SePh": "[Se]c1ccccc1",
    "TePh": "[Te]c1ccccc1",
    "S2P(OnPr)2": "CCCOP(=S)(S)OCCC",
    "S2P(OiPr)2": "CC(C)OP(=S)(S)OC(C)C",
    "Se2P(OiPr)2": "CC(C)OP(=[Se])([Se])OC(C)C",
    "TFA": "OC(=O)C(F)(F)F",
    "PhCOO": "OC(=O)c1ccccc1",
    "SO4": "OS(=O)(=O)O",
    "py": "c1ccncc1",
    "morpholine": "C1COCCN1",
    "cyclen": "C1CNCCNCCNCCN1",
    "MeCN": "CC#N",
    "EtOH": "OCC",
    "CO": "C=O",
}
"""SMILES by abbreviation of `mlcluster.chem.ligands`; bond orders and charges carry no meaning here."""

_TOKEN = re.compile(r"\[([A-Z][a-z]?)\]|(Cl|Br|[BCNOPSFI]|[bcnops])|(%\d\d|\d)|([()])|[-=#]")


class HeavyGraph(NamedTuple):
    """Elements of the heavy atoms by atomic number, and bonds between their indices."""

    numbers: tuple[int, ...]
    bonds: tuple[tuple[int, int], ...]


@cache
def heavy_graph(smiles: str) -> HeavyGraph:
    """Graph of the heavy atoms of a SMILES string.

    Atoms, branches and ring closures are read; bond orders, which the geometry does not show, are passed over.

    Raises
    ------
    InputError
        For anything else, an open branch or an open ring.

    Examples
    --------
    >>> heavy_graph("Cc1ccccn1").bonds
    ((0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (1, 6))
    """
    numbers: list[int] = []
    bonds: list[tuple[int, int]] = []
    branches: list[int] = []
    rings: dict[str, int] = {}
    last, position = -1, 0
    while position < len(smiles):
        match = _TOKEN.match(smiles, position)
        if match is None:
            raise InputError("cannot read a SMILES string.", found=smiles, site=f"character {position + 1}")
        position = match.end()
        symbol, ring, bracket = match[1] or match[2], match[3], match[4]
        if symbol:
            numbers.append(NUMBERS[symbol.capitalize()])
            if last >= 0:
                bonds.append((last, len(numbers) - 1))
            last = len(numbers) - 1
        elif ring and ring in rings:
            bonds.append((rings.pop(ring), last))
        elif ring:
            rings[ring] = last
        elif bracket == "(":
            branches.append(last)
        elif bracket == ")":
            last = branches.pop()
    if rings or branches:
        raise InputError("a SMILES string has an open ring or branch.", found=smiles)
    return HeavyGraph(tuple(numbers), tuple(bonds))


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
