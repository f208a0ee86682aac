"""Distances in an edited structure: what a bond measures, and what is too close."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from mlcluster.chem.elements import COVALENT_RADIUS, NUMBERS, SYMBOLS, is_metal
from mlcluster.design.frameworks.donors import METAL_HALIDE, METAL_PHOSPHORUS
from mlcluster.errors import StructureError
from mlcluster.geometry.bonds import bond_limits
from mlcluster.geometry.neighbours import neighbour_pairs


class ImpossibleGeometryError(StructureError):
    """An edit puts atoms where there is no room for them, or tears a bond."""


OVERLAP = 0.78
"""Fraction of the sum of covalent radii (Cordero et al. 2008) below which two atoms overlap, bonded or not."""
CONTACT = 0.62
"""Fraction of the sum of van der Waals radii below which atoms of different ligands run into each other: H...H 1.49,
C...H 1.80, C...C 2.11 angstrom. Crowded calculated shells come down to about 0.7."""
NEARLY_BONDED = 0.9
"""Fraction of the longest bond below which an atom that is no donor runs into a metal: C to 2.27 angstrom of gold."""
_REACH = 3.0

# Bondi, J. Phys. Chem. 1964, 68, 441 (10.1021/j100785a001).
_VAN_DER_WAALS = {"H": 1.20, "C": 1.70, "N": 1.55, "O": 1.52, "F": 1.47, "P": 1.80, "S": 1.80, "Cl": 1.75, "Se": 1.90}
_VAN_DER_WAALS |= {"Br": 1.85, "Te": 2.06, "I": 1.98}
METAL_RADIUS = 1.66
"""Van der Waals radius of gold after Bondi, angstrom; taken for every metal."""


@cache
def van_der_waals() -> NDArray[np.float64]:
    """Radius by atomic number, angstrom; 1.8 where the table has none."""
    radii = np.full(len(SYMBOLS), 1.8)
    radii[is_metal(np.arange(len(SYMBOLS)))] = METAL_RADIUS
    for symbol, radius in _VAN_DER_WAALS.items():
        radii[NUMBERS[symbol]] = radius
    return radii


@cache
def _shortest() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Shortest distance of any two atoms, and of two atoms that belong to different ligands, (Z, Z)."""
    covalent = np.where(np.arange(len(SYMBOLS)) < len(COVALENT_RADIUS), np.resize(COVALENT_RADIUS, len(SYMBOLS)), 1.7)
    radii, metal = van_der_waals(), is_metal(np.arange(len(SYMBOLS)))
    overlap = OVERLAP * (covalent[:, None] + covalent[None])
    apart = CONTACT * (radii[:, None] + radii[None])
    mixed = metal[:, None] ^ metal[None]
    apart[mixed] = NEARLY_BONDED * bond_limits()[mixed]
    apart[metal[:, None] & metal[None]] = 0.0
    return overlap, np.maximum(apart, overlap)


def first_clash(
    numbers: NDArray[np.int64],
    positions: NDArray[np.float64],
    moved: NDArray[np.bool_],
    body: NDArray[np.int64],
    donor: NDArray[np.bool_],
) -> tuple[int, int, float] | None:
    """The worst impossible contact as two atoms and their distance in angstrom, or None.

    Parameters
    ----------
    numbers, positions
        Atoms, (N,) and (N, 3) angstrom.
    moved
        Contacts without any of these are left as they are: they were there before.
    body
        Ligand of each atom, -1 for metals, (N,): within a ligand and at its donors only overlap counts.
    donor
        Which atoms bind metals, (N,).
    """
    pairs = neighbour_pairs(positions, _REACH)
    one = (pairs.first < pairs.second) & (moved[pairs.first] | moved[pairs.second])
    a, b, distance = pairs.first[one], pairs.second[one], pairs.distance[one]
    overlap, apart = _shortest()
    za, zb = numbers[a], numbers[b]
    metal_a, metal_b = is_metal(za), is_metal(zb)
    same = (body[a] == body[b]) & ~metal_a & ~metal_b
    bound = (metal_a & donor[b]) | (metal_b & donor[a]) | (metal_a & metal_b)
    shortfall = np.where(same | bound, overlap[za, zb], apart[za, zb]) - distance
    if not shortfall.size or shortfall.max() <= 0:
        return None
    worst = int(shortfall.argmax())
    return int(a[worst]), int(b[worst]), float(distance[worst])


# Gold to sulfur, selenium, tellurium, alkynyl carbon and hydride, as seen in crystals and calculations, angstrom.
_TO_GOLD = {"P": METAL_PHOSPHORUS["Au"], "S": 2.33, "Se": 2.44, "Te": 2.62, "C": 2.00, "H": 1.65, "F": 2.00}
_TO_GOLD |= METAL_HALIDE


def covalent_radius(symbol: str) -> float:
    """Covalent radius in angstrom (Cordero et al. 2008)."""
    return float(COVALENT_RADIUS[NUMBERS[symbol]])


def bond_length(metal: str, donor: str) -> float:
    """Length of a terminal bond, angstrom: that to gold, longer or shorter by the difference of covalent radii.

    >>> round(bond_length("Au", "P"), 2), round(bond_length("Ag", "Cl"), 2)
    (2.3, 2.47)
    """
    to_gold = _TO_GOLD.get(donor, covalent_radius("Au") + covalent_radius(donor) - 0.05)
    return to_gold + covalent_radius(metal) - covalent_radius("Au")


def lengthening(before: str, after: str) -> float:
    """By how much a bond to a metal grows when its donor element changes, angstrom.

    >>> round(lengthening("Cl", "Br"), 2), round(lengthening("Cl", "I"), 2)
    (0.12, 0.3)
    """
    return float(np.round(bond_length("Au", after) - bond_length("Au", before), 6))
