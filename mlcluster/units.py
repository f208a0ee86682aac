"""Units used throughout: eV, nm, angstrom, fraction, microsecond; and how an interval changes with them."""

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


def interval_ev_to_nm(lower: float, upper: float) -> tuple[float, float]:
    """Interval in nm of an interval in eV: wavelength falls as energy rises, so the ends change places.

    >>> low, high = interval_ev_to_nm(1.6, 1.8)
    >>> low < high
    True
    """
    return ev_to_nm(upper), ev_to_nm(lower)
