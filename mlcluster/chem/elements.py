"""Element symbols, bond radii and the metals of this field."""

from __future__ import annotations

import numpy as np

SYMBOLS = (
    "X H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr "
    "Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb "
    "Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm"
).split()
"""Symbol by atomic number; index 0 is a place holder."""

NUMBERS = {symbol: z for z, symbol in enumerate(SYMBOLS) if z}
"""Atomic number by symbol."""

# Cordero et al., Dalton Trans. 2008, 2832 (10.1039/b801115j), Z = 1 ... 96; low-spin values for Mn, Fe, Co; sp3 carbon.
_COVALENT = (
    "0.31 0.28 1.28 0.96 0.84 0.76 0.71 0.66 0.57 0.58 1.66 1.41 1.21 1.11 1.07 1.05 1.02 1.06 2.03 1.76 1.70 "
    "1.60 1.53 1.39 1.39 1.32 1.26 1.24 1.32 1.22 1.22 1.20 1.19 1.20 1.20 1.16 2.20 1.95 1.90 1.75 1.64 1.54 "
    "1.47 1.46 1.42 1.39 1.45 1.44 1.42 1.39 1.39 1.38 1.39 1.40 2.44 2.15 2.07 2.04 2.03 2.01 1.99 1.98 1.98 "
    "1.96 1.94 1.92 1.92 1.89 1.90 1.87 1.87 1.75 1.70 1.62 1.51 1.44 1.41 1.36 1.36 1.32 1.45 1.46 1.48 1.40 "
    "1.50 1.50 2.60 2.21 2.15 2.06 2.00 1.96 1.90 1.87 1.80 1.69"
).split()
COVALENT_RADIUS = np.array([0.0] + [float(r) for r in _COVALENT])
"""Covalent radius in angstrom by atomic number (Cordero et al. 2008, 10.1039/b801115j)."""

METALS = frozenset(
    z
    for z, symbol in enumerate(SYMBOLS)
    if 21 <= z <= 30
    or 39 <= z <= 48
    or 57 <= z <= 80
    or 89 <= z
    or symbol in {"Al", "Ga", "In", "Tl", "Sn", "Pb", "Bi"}
)
"""Atomic numbers that count as metal centres; alkali and alkaline earth metals are ions here, not centres."""

IONIC_METALS = frozenset(NUMBERS[s] for s in "Li Na K Rb Cs Fr Be Mg Ca Sr Ba Ra".split())
"""Metals met only as free ions: they form no bond in the fragment search."""

CLUSTER_METALS = frozenset(NUMBERS[s] for s in "Cu Ag Au Pd Pt Hg Cd Ni Zn Rh Ir".split())
"""Metals whose kernels this package is about."""

METAL_VALENCE = {"Au": 1, "Ag": 1, "Cu": 1, "Pd": 0, "Pt": 0, "Ni": 0, "Hg": 2, "Cd": 2, "Zn": 2, "Rh": -1, "Ir": -1}
"""Electrons each metal brings to the superatom count (Walter et al., PNAS 2008, 10.1073/pnas.0801001105;
group 9 and 10 metals by their filled d shell: Rh- in RhAg21, 10.1021/jacs.3c04482). Group 8 metals are left out: no
published count of one was at hand."""

HALOGENS = frozenset(NUMBERS[s] for s in "F Cl Br I".split())
CHALCOGENS = frozenset(NUMBERS[s] for s in "S Se Te".split())


def is_metal(numbers: np.ndarray) -> np.ndarray:
    """Boolean mask of the atoms that are metal centres.

    >>> is_metal(np.array([79, 16, 55])).tolist()
    [True, False, False]
    """
    return _IS_METAL[numbers]


_IS_METAL = np.zeros(len(SYMBOLS), dtype=bool)
_IS_METAL[list(METALS)] = True

MAJOR_SHELLS = (2, 8, 18, 34, 58, 92, 138)
"""Electrons of the closed principal shells 1S, 1P, 1D, 2S1F ... of a superatom (Walter et al. 2008,
10.1073/pnas.0801001105)."""

CLOSED_SHELLS = frozenset((*MAJOR_SHELLS, 20, 40, 68, 90))
"""These and the sub-shells that close a spherical well on their own, as 2S at 20 and 2P at 40 electrons."""
