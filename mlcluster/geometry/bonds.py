"""Which contacts are bonds: element-pair limits with rules for metal-metal and metal-ligand contacts."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mlcluster.chem.elements import CHALCOGENS, COVALENT_RADIUS, HALOGENS, IONIC_METALS, METALS, NUMBERS, SYMBOLS
from mlcluster.geometry.neighbours import NeighbourPairs, neighbour_pairs

NONMETAL_SLACK = 0.30
"""Added to the covalent radii between non-metals: C-C to 1.82, S-S to 2.40, P-C to 2.13 angstrom."""
HYDROGEN_SLACK = 0.25
"""Added for a bond to hydrogen: C-H to 1.32, P-H to 1.63 angstrom."""
METAL_LIGAND_SLACK = 0.40
"""Metal to carbon, nitrogen, oxygen and other light donors: Au-C to 2.52, Ag-O to 2.51 angstrom."""
OPEN_SHELL_METAL_SLACK = 0.55
"""The same for Cr, Mn, Fe, Co and Ni, whose axial bonds Jahn-Teller distortion lengthens: Co-N 2.52, Mn-O 2.60."""
METAL_SOFT_DONOR_SLACK = 0.50
"""Metal to P, S, Se, Te and halide, which bridge several metals at length: Ag-Cl to 2.97, Au-S to 2.91 angstrom."""
METAL_HYDROGEN_SLACK = 0.30
"""Metal to hydride: Cu-H to 1.93, Au-H to 1.97 angstrom; a C-H contact stays longer."""

# Half the longest metal-metal contact that joins. Gold: aurophilic contacts reach from 2.8 to about 3.3 angstrom
# (Schmidbaur & Schier, Chem. Soc. Rev. 2012, 10.1039/c1cs15182g) and hold ring-threaded clusters together; silver
# alike; copper by twice its van der Waals radius (1.4 angstrom, Bondi) and a margin; others by what clusters show.
_HALF_CONTACT = {
    "Au": 1.65,
    "Ag": 1.66,
    "Cu": 1.45,
    "Pt": 1.60,
    "Pd": 1.60,
    "Hg": 1.70,
    "Cd": 1.65,
    "Ni": 1.45,
    "Zn": 1.50,
}
_OTHER_METAL_SLACK = 0.10
_OPEN_SHELL = frozenset(NUMBERS[s] for s in "Cr Mn Fe Co Ni".split())


@cache
def bond_limits() -> NDArray[np.float64]:
    """Longest bond of each pair of elements, (Z, Z) by atomic number, angstrom; zero where none forms."""
    n = len(SYMBOLS)
    radius = np.where(np.arange(n) < len(COVALENT_RADIUS), np.pad(COVALENT_RADIUS, (0, n - len(COVALENT_RADIUS))), 1.7)
    limits = radius[:, None] + radius[None, :] + NONMETAL_SLACK
    hydrogen = NUMBERS["H"]
    limits[hydrogen, :] = limits[:, hydrogen] = radius + radius[hydrogen] + HYDROGEN_SLACK
    soft = HALOGENS | CHALCOGENS | {NUMBERS["P"], NUMBERS["As"]}
    half = {z: _HALF_CONTACT.get(SYMBOLS[z], radius[z] + _OTHER_METAL_SLACK) for z in METALS}
    for metal in METALS:
        slack = np.full(n, OPEN_SHELL_METAL_SLACK if metal in _OPEN_SHELL else METAL_LIGAND_SLACK)
        slack[sorted(soft)] = METAL_SOFT_DONOR_SLACK
        slack[hydrogen] = METAL_HYDROGEN_SLACK
        limits[metal, :] = limits[:, metal] = radius[metal] + radius + slack
    for one in METALS:
        for other in METALS:
            limits[one, other] = half[one] + half[other]
    ions = sorted(IONIC_METALS)
    noble = [NUMBERS[s] for s in "He Ne Ar Kr Xe Rn".split()]
    limits[[0, *ions, *noble], :] = limits[:, [0, *ions, *noble]] = 0.0
    limits.setflags(write=False)
    return limits


def longest_bond(numbers: ArrayLike) -> float:
    """Longest bond that any pair of these elements can form, angstrom: the reach a neighbour search needs.

    >>> longest_bond([79, 16, 6, 1])
    3.3
    """
    present = np.unique(np.asarray(numbers))
    return round(float(bond_limits()[np.ix_(present, present)].max()), 6)


class Bonds(NamedTuple):
    """Bonds in both directions; fields as in `NeighbourPairs`."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    shift: NDArray[np.int64]
    distance: NDArray[np.float64]


STRAY_HYDROGEN = 0.45
"""A hydrogen without any bond joins its nearest heavier atom up to this much beyond the limit (angstrom): hot
molecular-dynamics frames and rattled models stretch X-H, and a lone hydrogen atom is no fragment."""


def select_bonds(numbers: NDArray[np.int64], pairs: NeighbourPairs) -> Bonds:
    """The pairs that are bonds.

    Two hydrogens bond only as H2, that is when neither has a heavier partner; a hydrogen within reach of
    several non-metals belongs to the nearest (ties kept), so that crowded calculated hydrogens join no ligands;
    one within reach of nothing joins the nearest heavier atom if it is not far (`STRAY_HYDROGEN`).

    Parameters
    ----------
    numbers
        Atomic numbers, (N,).
    pairs
        Contacts of the same atoms, at least to `longest_bond`.
    """
    z_first, z_second = numbers[pairs.first], numbers[pairs.second]
    limit = bond_limits()[z_first, z_second]
    bonded = pairs.distance < limit
    hydrogen = (z_first == 1, z_second == 1)
    exactly_one = hydrogen[0] ^ hydrogen[1]
    owner = np.where(hydrogen[0], pairs.first, pairs.second)
    to_nonmetal = exactly_one & ~_metal(np.where(hydrogen[0], z_second, z_first))
    nearest = _nearest(owner, pairs.distance, bonded & to_nonmetal, len(numbers))
    bonded &= ~to_nonmetal | (pairs.distance <= nearest[owner] + 0.05)
    paired = np.zeros(len(numbers), dtype=bool)
    paired[owner[bonded & exactly_one]] = True
    bonded &= ~(hydrogen[0] & hydrogen[1] & (paired[pairs.first] | paired[pairs.second]))
    paired[pairs.first[bonded]] = True
    stray = exactly_one & ~paired[owner] & (pairs.distance < limit + STRAY_HYDROGEN) & (limit > 0)
    if stray.any():
        nearest = _nearest(owner, pairs.distance, stray, len(numbers))
        bonded |= stray & (pairs.distance <= nearest[owner])
    return Bonds(pairs.first[bonded], pairs.second[bonded], pairs.shift[bonded], pairs.distance[bonded])


def _nearest(
    owner: NDArray[np.int64], distance: NDArray[np.float64], which: NDArray[np.bool_], n: int
) -> NDArray[np.float64]:
    nearest = np.full(n, np.inf)
    np.minimum.at(nearest, owner[which], distance[which])
    return nearest


def _metal(numbers: NDArray) -> NDArray[np.bool_]:
    return np.isin(numbers, list(METALS))


def cluster_bonds(numbers: NDArray[np.int64], positions: NDArray[np.float64]) -> Bonds:
    """Bonds of a finite structure, each in both directions."""
    reach = longest_bond(numbers)
    if reach <= 0:
        nothing = np.zeros(0, dtype=np.int64)
        return Bonds(nothing, nothing, np.zeros((0, 3), dtype=np.int64), np.zeros(0))
    return select_bonds(numbers, neighbour_pairs(positions, reach))
