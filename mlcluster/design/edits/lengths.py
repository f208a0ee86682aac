"""Bond lengths from metals to the donors of new ligands."""

from __future__ import annotations

import numpy as np

from mlcluster.chem.elements import COVALENT_RADIUS, NUMBERS
from mlcluster.design.frameworks.donors import METAL_HALIDE, METAL_PHOSPHORUS

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
