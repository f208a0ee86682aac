from __future__ import annotations

import numpy as np
import pytest

from mlcluster.chem.elements import (
    CHALCOGENS,
    CLUSTER_METALS,
    COVALENT_RADIUS,
    HALOGENS,
    IONIC_METALS,
    METAL_VALENCE,
    METALS,
    NUMBERS,
    SYMBOLS,
    is_metal,
)


@pytest.mark.parametrize(
    ("symbol", "number"), [("H", 1), ("C", 6), ("S", 16), ("Cu", 29), ("Ag", 47), ("Pt", 78), ("Au", 79), ("Cm", 96)]
)
def test_numbers_and_symbols_agree(symbol: str, number: int) -> None:
    assert NUMBERS[symbol] == number
    assert SYMBOLS[number] == symbol


def test_a_radius_for_every_element() -> None:
    assert len(COVALENT_RADIUS) == len(SYMBOLS)
    assert (COVALENT_RADIUS[1:] > 0.25).all()
    assert (COVALENT_RADIUS[1:] < 2.7).all()


@pytest.mark.parametrize(
    ("symbol", "radius"), [("H", 0.31), ("C", 0.76), ("P", 1.07), ("S", 1.05), ("Ag", 1.45), ("Au", 1.36), ("Hg", 1.32)]
)
def test_radii_are_those_of_the_paper(symbol: str, radius: float) -> None:
    assert COVALENT_RADIUS[NUMBERS[symbol]] == radius


def test_metals_ions_and_donors_do_not_mix() -> None:
    assert CLUSTER_METALS <= METALS
    assert not METALS & IONIC_METALS
    assert not METALS & (HALOGENS | CHALCOGENS)
    assert {SYMBOLS[z] for z in CLUSTER_METALS} == set(METAL_VALENCE)


def test_mask_has_the_shape_of_the_numbers() -> None:
    numbers = np.array([79, 47, 16, 1, 55, 13])
    assert is_metal(numbers).tolist() == [True, True, False, False, False, True]
