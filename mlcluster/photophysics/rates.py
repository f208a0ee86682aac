"""Radiative and nonradiative decay rates from the two numbers that are measured: quantum yield and lifetime."""

from __future__ import annotations

import math

from mlcluster.errors import InputError

RADIATIVE_RANGE = (1.0, 1e10)
"""Radiative rates (1/s) that a molecule can have: from spin-forbidden emission of light atoms to an allowed transition
of unit oscillator strength in the near ultraviolet."""

FASTEST_NONRADIATIVE = 1e13
"""Fastest nonradiative decay (1/s): nothing relaxes in less than about one molecular vibration."""


def radiative_rate(quantum_yield: float, lifetime_us: float) -> float:
    r"""Radiative rate :math:`k_r = \Phi / \tau`.

    Holds for one emitting state that every absorbed photon reaches; otherwise it is a lower limit.

    Parameters
    ----------
    quantum_yield
        Photons emitted for each absorbed, 0 to 1.
    lifetime_us
        Lifetime of the luminescence, microseconds.

    Returns
    -------
    float
        Rate in 1/s.

    Raises
    ------
    InputError
        If the yield or the lifetime is impossible.

    Examples
    --------
    [Au21(SAdm)12(PPh2py)3]+ and [Au22(SAdm)12(PPh2py)4]2+ (10.1038/s41467-025-65024-3):

    >>> f"{radiative_rate(0.1310, 2.65):.3g}", f"{radiative_rate(0.4763, 3.82):.3g}"
    ('4.94e+04', '1.25e+05')
    """
    _check(quantum_yield, lifetime_us)
    return quantum_yield / (lifetime_us * 1e-6)


def nonradiative_rate(quantum_yield: float, lifetime_us: float) -> float:
    r"""Nonradiative rate :math:`k_{nr} = (1 - \Phi) / \tau`, all dark channels together.

    Parameters
    ----------
    quantum_yield, lifetime_us
        As for `radiative_rate`.

    Returns
    -------
    float
        Rate in 1/s.

    Examples
    --------
    >>> f"{nonradiative_rate(0.1310, 2.65):.3g}", f"{nonradiative_rate(0.4763, 3.82):.3g}"
    ('3.28e+05', '1.37e+05')
    """
    _check(quantum_yield, lifetime_us)
    return (1.0 - quantum_yield) / (lifetime_us * 1e-6)


def quantum_yield(radiative: float, nonradiative: float) -> float:
    r"""Quantum yield :math:`\Phi = k_r / (k_r + k_{nr})` of two rates in the same unit.

    >>> round(quantum_yield(1.25e5, 1.37e5), 3)
    0.477
    """
    if not (radiative >= 0.0 and nonradiative >= 0.0 and 0.0 < radiative + nonradiative < math.inf):
        raise InputError("rates are not negative, and not both zero.", found=f"{radiative:g} and {nonradiative:g}")
    return radiative / (radiative + nonradiative)


def lifetime_us(radiative: float, nonradiative: float) -> float:
    r"""Lifetime :math:`\tau = 1 / (k_r + k_{nr})` in microseconds of two rates in 1/s.

    >>> round(lifetime_us(1.25e5, 1.37e5), 2)
    3.82
    """
    if not (radiative >= 0.0 and nonradiative >= 0.0 and 0.0 < radiative + nonradiative < math.inf):
        raise InputError("rates are not negative, and not both zero.", found=f"{radiative:g} and {nonradiative:g}")
    return 1e6 / (radiative + nonradiative)


def implausible_rates(quantum_yield: float, lifetime_us: float) -> list[str]:
    """Say which of the two rates lies outside its physical range; nothing if neither does.

    >>> implausible_rates(0.131, 2.65)
    []
    >>> implausible_rates(0.131, 2.65e-6)
    ['the radiative rate 4.9e+10 per s lies outside 1 to 1e+10 per s']
    """
    radiative, dark = radiative_rate(quantum_yield, lifetime_us), nonradiative_rate(quantum_yield, lifetime_us)
    low, high = RADIATIVE_RANGE
    reasons = []
    if quantum_yield > 0.0 and not low <= radiative <= high:
        reasons.append(f"the radiative rate {radiative:.2g} per s lies outside {low:g} to {high:g} per s")
    if dark > FASTEST_NONRADIATIVE:
        reasons.append(f"the nonradiative rate {dark:.2g} per s is above {FASTEST_NONRADIATIVE:g} per s")
    return reasons


def _check(quantum_yield: float, lifetime_us: float) -> None:
    if not 0.0 <= quantum_yield <= 1.0:
        raise InputError("a quantum yield is a fraction.", found=f"{quantum_yield:g}", expected="0 to 1")
    if not 0.0 < lifetime_us < math.inf:
        raise InputError("a lifetime is positive.", found=f"{lifetime_us:g} us")
