"""m/z of an intact cluster ion and of what it loses, from average atomic masses as chemists print them."""

from __future__ import annotations

from collections.abc import Mapping

from mlcluster.errors import InputError

ELECTRON_MASS = 5.48579909065e-4
"""Mass of an electron in dalton (CODATA 2018)."""


def mass_to_charge(
    composition: Mapping[str, float], charge: int, *, loss: Mapping[str, float] | None = None, lost_charge: int = 0
) -> float:
    """m/z of an ion, isotopes averaged, electrons accounted for.

    Parameters
    ----------
    composition
        Atoms of each element of the intact ion.
    charge
        Charge of the intact ion.
    loss, lost_charge
        What leaves it: composition and charge, for example ``{"Cl": 1}`` and -1.

    Raises
    ------
    InputError
        If the remaining ion has no charge, or more is lost than there is.

    Examples
    --------
    >>> isomer = {"Au": 13, "Ag": 12, "P": 10, "C": 180, "H": 150, "Cl": 8}
    >>> round(mass_to_charge(isomer, 1), 1)
    6761.5
    >>> round(mass_to_charge(isomer, 1, loss={"Cl": 1}, lost_charge=-1), 1)
    3363.0
    """
    from pymatgen.core import Element

    left = {element: count - (loss or {}).get(element, 0) for element, count in composition.items()}
    missing = set(loss or {}) - set(composition)
    if missing or min(left.values()) < 0:
        raise InputError(
            "an ion cannot lose what it does not hold.", found=dict(loss or {}), expected=dict(composition)
        )
    rest = charge - lost_charge
    if rest == 0:
        raise InputError("a neutral cluster has no m/z.", found=f"charge {charge}, loss of {lost_charge:+d}")
    mass = sum(count * float(Element(element).atomic_mass) for element, count in left.items())
    return (mass - rest * ELECTRON_MASS) / abs(rest)
