"""Isotope envelopes: exact isotopologues of IsoSpecPy, merged as an instrument of a resolving power merges them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mlcluster.errors import InputError
from mlcluster.photophysics.mass_spectrum import ELECTRON_MASS, mass_to_charge

RESOLVING_POWER = 20_000.0
"""Resolving power m/dm (full width at half maximum) where none is stated: a usual time-of-flight instrument."""

_COVERED = 0.9999
_POINTS_PER_WIDTH = 12
_REACH = 4.0
FWHM_OF_SIGMA = 2.0 * np.sqrt(2.0 * np.log(2.0))


@dataclass(frozen=True)
class Envelope:
    """What a spectrum shows of one ion.

    Parameters
    ----------
    mz, intensity
        Peaks that the resolving power separates, shape (n,), the tallest of intensity 1.
    average_mz
        From average atomic masses, as chemists print it; no peak stands there.
    monoisotopic_mz
        From the most abundant isotope of each element; far from the tallest peak in a cluster.
    apex_mz
        The tallest peak: what one reads off a spectrum.
    """

    mz: NDArray[np.float64]
    intensity: NDArray[np.float64]
    average_mz: float
    monoisotopic_mz: float
    apex_mz: float


def isotope_envelope(
    composition: Mapping[str, float], charge: int, resolving_power: float = RESOLVING_POWER
) -> Envelope:
    """Isotope envelope of an ion.

    The isotopologues that hold 99.99 % of the abundance (IsoSpec, Lacki et al., Anal. Chem. 2020, 92, 9472,
    10.1021/acs.analchem.0c00959), each a Gaussian of width m/z over the resolving power; what merges has one maximum.

    Parameters
    ----------
    composition
        Atoms of each element, whole numbers.
    charge
        Charge of the ion, not zero.
    resolving_power
        m/dm at half maximum.

    Raises
    ------
    InputError
        If there is no charge, a count is no whole number, or the resolving power is not positive.

    Examples
    --------
    >>> ion = isotope_envelope({"Au": 13, "Ag": 12, "P": 10, "C": 180, "H": 150, "Cl": 8}, 1)
    >>> round(ion.apex_mz, 2), round(ion.average_mz, 2), round(ion.monoisotopic_mz, 2)
    (6762.09, 6761.46, 6744.09)
    """
    if not resolving_power > 0:
        raise InputError("a resolving power is positive.", found=resolving_power)
    counts = {}
    for element, count in composition.items():
        if count != int(count) or count < 0:
            raise InputError("an ion holds whole atoms.", found=f"{count:g} {element}")
        counts[element] = int(count)
    if charge == 0:
        raise InputError("a neutral cluster has no m/z.", found="charge 0")
    return _envelope(tuple(sorted((e, n) for e, n in counts.items() if n)), charge, float(resolving_power))


@lru_cache(maxsize=4096)
def _envelope(counts: tuple[tuple[str, int], ...], charge: int, resolving_power: float) -> Envelope:
    import IsoSpecPy

    formula = "".join(f"{element}{count}" for element, count in counts)
    isotopologues = IsoSpecPy.IsoTotalProb(_COVERED, formula=formula)
    masses = np.array(isotopologues.np_masses())
    abundances = np.array(isotopologues.np_probs())
    places = (masses - charge * ELECTRON_MASS) / abs(charge)
    sigma = float(places @ abundances / abundances.sum()) / resolving_power / FWHM_OF_SIGMA
    step = sigma * FWHM_OF_SIGMA / _POINTS_PER_WIDTH
    first = places.min() - (_REACH + 1) * sigma
    length = int((places.max() - places.min() + 2 * (_REACH + 1) * sigma) / step) + 3
    # Each isotopologue shared between its two neighbouring points keeps its place exactly.
    position = (places - first) / step
    left = position.astype(int)
    share = position - left
    grid = np.bincount(left, abundances * (1 - share), length) + np.bincount(left + 1, abundances * share, length)
    reach = int(_REACH * sigma / step) + 1
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * step / sigma) ** 2)
    profile = np.convolve(grid, kernel, mode="same")
    tops = np.flatnonzero((profile[1:-1] > profile[:-2]) & (profile[1:-1] >= profile[2:])) + 1
    tops = tops[profile[tops] > 1e-4 * profile.max()]
    before, here, after = profile[tops - 1], profile[tops], profile[tops + 1]
    # Vertex of the parabola through the three logarithms: exact for a lone Gaussian.
    a, b, c = np.log(np.maximum(before, 1e-300)), np.log(here), np.log(np.maximum(after, 1e-300))
    shift = 0.5 * (a - c) / (a - 2 * b + c)
    mz = first + (tops + shift) * step
    monoisotopic = IsoSpecPy.Iso(formula=formula).getMonoisotopicPeakMass()
    return Envelope(
        mz=mz,
        intensity=here / here.max(),
        average_mz=mass_to_charge(dict(counts), charge),
        monoisotopic_mz=(monoisotopic - charge * ELECTRON_MASS) / abs(charge),
        apex_mz=float(mz[np.argmax(here)]),
    )


def similarity(envelope: Envelope, mz: NDArray[np.float64], intensity: NDArray[np.float64], width: float) -> float:
    """Cosine between the calculated peaks and the measured intensity at them, 0 to 1.

    Parameters
    ----------
    mz, intensity
        Spectrum, shape (n,), increasing.
    width
        How far from a calculated peak its measured one may lie, in m/z.
    """
    tall = envelope.intensity > 0.01
    low, high = (np.searchsorted(mz, envelope.mz[tall] + sign * width) for sign in (-1.0, 1.0))
    found = np.array([intensity[i:j].max() if j > i else 0.0 for i, j in zip(low, high, strict=True)])
    norm = float(np.linalg.norm(found) * np.linalg.norm(envelope.intensity[tall]))
    return float(found @ envelope.intensity[tall]) / norm if norm else 0.0
