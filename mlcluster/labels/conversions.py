"""Units a label may be given in, and what brings a value from one to another.

Units of one kind convert into each other by a factor; energies also from the wavelength of a photon. A unit that is in
no table is a target's own: values then have to come in exactly that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mlcluster.units import EV_NM, HARTREE_EV

Rule = float | Callable[[float], float]

KCAL_MOL_EV, KJ_MOL_EV = 0.043364104241800934, 0.010364269656262174
"""eV in a kcal/mol (4.184 kJ, exact) and a kJ/mol: 1 / (e N_A), CODATA 2018, exact constants."""
WAVENUMBER_EV = 1.239841984332e-4
"""eV in a cm-1: h c / e, CODATA 2018, exact constants."""
KELVIN_EV = 8.617333262145179e-5
"""eV in a kelvin: k_B / e, CODATA 2018, exact constants."""
BOHR = 0.529177210903
"""Angstrom in a bohr, CODATA 2018."""
DEBYE_E_ANGSTROM = 0.20819433270935594
"""e angstrom in a debye: 1e-21 C m2/s over c and e, CODATA 2018, exact constants."""

_ENERGY = {
    "eV": 1.0,
    "meV": 1e-3,
    "hartree": HARTREE_EV,
    "kcal/mol": KCAL_MOL_EV,
    "kJ/mol": KJ_MOL_EV,
    "cm-1": WAVENUMBER_EV,
}

KINDS: dict[str, Mapping[str, float]] = {
    "energy": {**_ENERGY, "K": KELVIN_EV},
    "length": {"angstrom": 1.0, "pm": 1e-2, "nm": 10.0, "bohr": BOHR},
    "volume": {"angstrom3": 1.0, "bohr3": BOHR**3, "nm3": 1e3},
    "time": {"us": 1.0, "fs": 1e-9, "ps": 1e-6, "ns": 1e-3, "ms": 1e3, "s": 1e6},
    "share": {"fraction": 1.0, "percent": 1e-2, "%": 1e-2},
    "dipole": {"debye": 1.0, "e angstrom": 1.0 / DEBYE_E_ANGSTROM, "e bohr": BOHR / DEBYE_E_ANGSTROM},
    "angle": {"degree": 1.0, "radian": 57.29577951308232},
}
"""Units by kind, each in terms of the first of its kind."""


def photon(value: float) -> float:
    """Wavelength in nm of a photon energy in eV, and the other way round; infinite for 0.

    >>> round(photon(2.0), 2)
    619.92
    """
    return EV_NM / value if value else float("inf")


def accepted_units(unit: str, *, wavelength: bool = False) -> dict[str, Rule]:
    """Units that convert to `unit`, each with the factor or function that does it; `unit` itself first.

    Parameters
    ----------
    unit
        Of a target.
    wavelength
        Whether nm means the wavelength of a photon, which energies convert to, and not a length.

    Examples
    --------
    >>> accepted_units("meV")["eV"], accepted_units("mV")
    (1000.0, {'mV': 1.0})
    >>> round(accepted_units("nm", wavelength=True)["meV"](2000.0), 2)
    619.92
    """
    if wavelength:
        return {"nm": 1.0} | {name: _after(factor, photon) for name, factor in _ENERGY.items()}
    for kind, units in KINDS.items():
        if unit in units:
            found: dict[str, Rule] = {unit: 1.0}
            found |= {name: factor / units[unit] for name, factor in units.items() if name != unit}
            if kind == "energy":
                found["nm"] = _before(1.0 / units[unit], photon)
            return found
    return {unit: 1.0}


def _after(factor: float, rule: Callable[[float], float]) -> Callable[[float], float]:
    return lambda value: rule(value * factor)


def _before(factor: float, rule: Callable[[float], float]) -> Callable[[float], float]:
    return lambda value: rule(value) * factor
