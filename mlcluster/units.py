"""Units used throughout, how intervals change with them, and how many digits they deserve in print."""

from __future__ import annotations

EV_NM = 1239.841984332
"""Photon energy times wavelength, h c / e in eV nm (CODATA 2018, exact constants)."""

HARTREE_EV = 27.211386245988
"""Hartree energy in eV (CODATA 2018)."""


def ev_to_nm(energy: float) -> float:
    """Wavelength in nm of a photon of `energy` in eV.

    >>> round(ev_to_nm(2.0), 2)
    619.92
    """
    return EV_NM / energy


def nm_to_ev(wavelength: float) -> float:
    """Photon energy in eV at `wavelength` in nm.

    >>> round(nm_to_ev(730.0), 4)
    1.6984
    """
    return EV_NM / wavelength


_DECIMALS = {"eV": 2, "nm": 0, "fraction": 2, "angstrom": 2, "degree": 1, "K": 0, "Da/e": 2, "measure": 2}


def number_text(value: object, unit: str | None, *, signed: bool = False) -> str:
    """A number with the digits its unit deserves; whole numbers whole, a missing one as a dash.

    >>> number_text(1.6984, "eV"), number_text(729.6, "nm"), number_text(25, ""), number_text(None, "eV")
    ('1.70', '730', '25', '-')
    >>> number_text(0.01234, "us"), number_text(-0.001, "eV"), number_text(0.1, "eV", signed=True)
    ('0.0123', '0.00', '+0.10')
    """
    if value is None:
        return "-"
    if not isinstance(value, float):
        return str(value)
    decimals = _DECIMALS.get(unit or "")
    sign = "+" if signed else ""
    if decimals is None:
        return f"{value:{sign}.3g}"
    # Adding zero turns a rounded -0.0 into 0.0.
    return f"{round(value, decimals) + 0.0:{sign}.{decimals}f}"


def interval_text(lower: float | None, upper: float | None, unit: str | None) -> str:
    """Both ends of an interval.

    >>> interval_text(0.8, 1.61, "eV")
    '0.80 to 1.61'
    """
    return f"{number_text(lower, unit)} to {number_text(upper, unit)}"
