"""m/z against the values printed with the isomers."""

from __future__ import annotations

import pytest

from mlcluster.chem.formula import parse_formula
from mlcluster.errors import InputError
from mlcluster.photophysics.mass_spectrum import ELECTRON_MASS, mass_to_charge

ISOMER, _ = parse_formula("Au13Ag12(P(C6H5)3)10Cl8")


def test_published_masses_of_the_isomers():
    # 10.1038/s41467-020-19789-4 prints 6761.46 and, after loss of chloride, 3363.00.
    assert mass_to_charge(ISOMER, 1) == pytest.approx(6761.46, abs=0.1)
    assert mass_to_charge(ISOMER, 1, loss={"Cl": 1}, lost_charge=-1) == pytest.approx(3363.00, abs=0.1)


def test_neutral_loss_shifts_by_its_mass_and_the_electron_counts():
    phosphine = {"P": 1, "C": 18, "H": 15}
    step = mass_to_charge(ISOMER, 1) - mass_to_charge(ISOMER, 1, loss=phosphine)
    assert step == pytest.approx(262.29, abs=0.01)
    assert mass_to_charge({"Au": 1}, -1) - mass_to_charge({"Au": 1}, 1) == pytest.approx(2 * ELECTRON_MASS)


@pytest.mark.parametrize(
    ("charge", "loss", "lost"), [(0, None, 0), (-1, {"Cl": 1}, -1), (1, {"Cl": 9}, 0), (1, {"Br": 1}, 0)]
)
def test_what_has_no_mass_to_charge(charge, loss, lost):
    with pytest.raises(InputError):
        mass_to_charge(ISOMER, charge, loss=loss, lost_charge=lost)
