"""One observed peak beside one calculated ion, and the spectra that peaks are read from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcluster.errors import InputError
from mlcluster.photophysics.columns import NO_UNIT, Column, read_columns
from mlcluster.photophysics.isotopes import Envelope

PPM = 10.0
"""Largest deviation of a tallest peak that counts as a fit where none is stated."""

CARBON_13 = 1.0033548
"""Mass of carbon-13 less that of carbon-12 in dalton (AME 2020): isotope peaks of charge z lie this over z apart."""

NEAR = 3.0
"""How far apart, in m/z, the isotope peaks of one ion may lie from its tallest."""

_SHARE_OF_TALLEST = 0.05

Vector = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """One ion beside one observed peak, or an expected ion alone."""

    formula: str
    charge: int
    envelope: Envelope
    changes: int = 0
    observed: float | None = None
    tolerance: float = PPM
    spacing_charge: float | None = None
    likeness: float | None = None
    electrons: int | None = None
    shell: str | None = None

    @property
    def ppm(self) -> float | None:
        """Deviation of the observed from the tallest calculated peak."""
        return None if self.observed is None else ppm_between(self.observed, self.envelope.apex_mz)

    @property
    def ppm_average(self) -> float | None:
        """Deviation of the observed from the average m/z."""
        return None if self.observed is None else ppm_between(self.observed, self.envelope.average_mz)

    @property
    def fits(self) -> str | None:
        """``"apex"``, ``"average"`` or ``"neither"``; None without observation."""
        if self.ppm is None or self.ppm_average is None:
            return None
        if abs(self.ppm) <= self.tolerance:
            return "apex"
        return "average" if abs(self.ppm_average) <= self.tolerance else "neither"

    @property
    def nearest_peak(self) -> float | None:
        """The isotope peak nearest to the observed one."""
        if self.observed is None:
            return None
        tall = self.envelope.mz[self.envelope.intensity > _SHARE_OF_TALLEST]
        return float(tall[np.argmin(np.abs(tall - self.observed))])

    def to_dict(self) -> dict[str, Any]:
        """Row of ``ions`` in the JSON document."""
        row: dict[str, Any] = {
            "formula": self.formula,
            "charge": self.charge,
            "average_mz": self.envelope.average_mz,
            "monoisotopic_mz": self.envelope.monoisotopic_mz,
            "apex_mz": self.envelope.apex_mz,
            "observed_mz": self.observed,
            "ppm": self.ppm,
            "ppm_average": self.ppm_average,
            "fits": self.fits,
            "nearest_peak_mz": self.nearest_peak,
            "charge_from_spacing": self.spacing_charge,
            "similarity": self.likeness,
        }
        if self.electrons is not None:
            row |= {"electrons": self.electrons, "shell": self.shell}
        return row


@dataclass(frozen=True, kw_only=True)
class Spectrum:
    """Measured m/z and intensity, shape (n,), increasing in m/z."""

    mz: Vector
    intensity: Vector

    def __post_init__(self) -> None:
        if not np.all(np.diff(self.mz) > 0):
            raise InputError("the m/z of a spectrum have to increase.")

    def tops(self) -> Vector:
        """Tallest peak of every group of isotope peaks, tallest group first."""
        places, heights = self.maxima()
        groups: list[tuple[float, float]] = []
        for height, place in sorted(zip(heights, places, strict=True), reverse=True):
            if height >= _SHARE_OF_TALLEST * heights.max() and all(abs(place - p) > NEAR * 2 for _, p in groups):
                groups.append((height, place))
        return np.array([place for _, place in groups])

    def maxima(self) -> tuple[Vector, Vector]:
        """m/z and intensity of every local maximum; every point of a spectrum of sticks."""
        y = self.intensity
        gaps = np.diff(self.mz)
        if len(y) < 3 or np.median(gaps) > 0.1:
            return self.mz, y
        inner = np.flatnonzero((y[1:-1] > y[:-2]) & (y[1:-1] >= y[2:]) & (y[1:-1] > 0)) + 1
        return self.mz[inner], y[inner]

    def charge_at(self, mz: float) -> float | None:
        """Charge by the spacing of the isotope peaks around an m/z; None if fewer than three stand out."""
        places, heights = self.maxima()
        near = np.abs(places - mz) < NEAR
        if near.sum() < 3:
            return None
        tall = places[near][heights[near] > 4 * _SHARE_OF_TALLEST * heights[near].max()]
        return CARBON_13 / float(np.median(np.diff(tall))) if len(tall) >= 3 else None


def read_spectrum(path: str | Path) -> Spectrum:
    """Spectrum of a CSV file with the columns ``m/z`` and ``intensity``.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    columns = (
        Column(key="mz", names=("m/z", "mz", "m"), units={**NO_UNIT, "z": 1.0, "Da/e": 1.0, "Th": 1.0}),
        Column(key="intensity", names=("intensity", "abundance", "counts", "signal"), units={**NO_UNIT, "%": 1.0}),
    )
    data = read_columns(path, columns)
    order = np.argsort(data["mz"], kind="stable")
    return Spectrum(mz=data["mz"][order], intensity=data["intensity"][order])


def ppm_between(observed: float, calculated: float) -> float:
    """Deviation in parts per million of the calculated value."""
    return (observed - calculated) / calculated * 1e6
