"""Controlled words of the literature table, and how its free text on gaps maps to them."""

from __future__ import annotations

from mlcluster.errors import DataError
from mlcluster.labels.methods import methods_of

EMISSION_KINDS = ("fluorescence", "phosphorescence", "TADF", "unknown")
YIELD_METHODS = ("absolute", "relative", "unknown")
CONFIDENCES = ("high", "medium", "low")
PAIR_KINDS = ("isomer", "ligand exchange", "doping", "defect", "charge state", "related")

# First words of the free text -> controlled name; the first that fits is taken.
_GAP_METHODS = (
    ("optical", "optical"),
    ("electrochemical", "electrochemical"),
    ("tddft", "tddft-not-stated"),
    ("dft", "dft-not-stated"),
    ("unspecified", "measured-not-stated"),
    ("band gap (method not stated", "measured-not-stated"),
)


def gap_method(text: str) -> str:
    """Controlled name of how a gap was obtained.

    Raises
    ------
    DataError
        If the text names no method.

    >>> gap_method("optical onset"), gap_method("DFT:functional not stated in abstract"), gap_method("gfn1-xtb")
    ('optical', 'dft-not-stated', 'gfn1-xtb')
    """
    if text in methods_of("gap"):
        return text
    for start, name in _GAP_METHODS:
        if text.lower().startswith(start):
            return name
    raise DataError(
        "cannot tell how a gap was obtained.", found=text or "nothing", expected=", ".join(methods_of("gap"))
    )
