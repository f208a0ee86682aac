"""How many digits a value deserves in print, by its unit."""

from __future__ import annotations

_DECIMALS = {"eV": 2, "nm": 0, "fraction": 2, "angstrom": 2, "degree": 1, "K": 0}


def number_text(value: object, unit: str | None) -> str:
    """A number with the digits its unit deserves; whole numbers whole, a missing one as a dash.

    >>> number_text(1.6984, "eV"), number_text(729.6, "nm"), number_text(25, ""), number_text(None, "eV")
    ('1.70', '730', '25', '-')
    >>> number_text(0.01234, "us")
    '0.0123'
    """
    if value is None:
        return "-"
    if not isinstance(value, float):
        return str(value)
    decimals = _DECIMALS.get(unit or "")
    return f"{value:.3g}" if decimals is None else f"{value:.{decimals}f}"


def interval_text(lower: float | None, upper: float | None, unit: str | None) -> str:
    """Both ends of an interval.

    >>> interval_text(0.8, 1.61, "eV")
    '0.80 to 1.61'
    """
    return f"{number_text(lower, unit)} to {number_text(upper, unit)}"
