"""The properties predicted: gap, ionization energy, electron affinity, emission, quantum yield and lifetime."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mlcluster.errors import DataError
from mlcluster.labels.transforms import IDENTITY, LOG10, LOGIT, PHOTON_ENERGY, Transform
from mlcluster.units import EV_NM, HARTREE_EV

Bound = Literal["lower", "upper"]


@dataclass(frozen=True, kw_only=True)
class Target:
    """One property: its unit, the values it can take, and its map to model space.

    Parameters
    ----------
    name, unit
        As written in every output.
    description
        What the number is, in a sentence.
    bounds
        Smallest and largest value that is physically sensible, in `unit`; anything outside is refused on load.
    transform
        Map to model space.
    accepted_units
        Units a label file may use, each with the factor or function that brings it to `unit`.
    """

    name: str
    unit: str
    description: str
    bounds: tuple[float, float]
    transform: Transform
    accepted_units: Mapping[str, float | Callable[[float], float]] = field(default_factory=dict)

    def to_model(self, value: ArrayLike) -> NDArray[np.float64]:
        """Model-space value(s) of value(s) in the target's unit; same shape."""
        return self.transform.forward(value)

    def from_model(self, x: ArrayLike) -> NDArray[np.float64]:
        """Value(s) in the target's unit of model-space value(s); same shape."""
        return self.transform.inverse(x)

    def interval_from_model(self, lower: ArrayLike, upper: ArrayLike) -> tuple[NDArray, NDArray]:
        """Interval in the target's unit, lower end first, of an interval in model space.

        >>> low, high = get_target("emission").interval_from_model(1.6, 1.8)
        >>> bool(low < high)
        True
        """
        if self.transform.decreasing:
            # A photon energy of zero or less belongs to no wavelength: the end is then that of what is possible.
            low, high = sorted(self.to_model(self.bounds).tolist())
            return self.from_model(np.clip(upper, low, high)), self.from_model(np.clip(lower, low, high))
        return self.from_model(lower), self.from_model(upper)

    def is_bound(self, value: float) -> Bound | None:
        """Tell what a value at a clipped end is a bound of: a yield of 1 says "at least", of 0 "at most"."""
        lowest, highest = self.transform.lowest, self.transform.highest
        if highest is not None and value >= highest:
            return "lower"
        if lowest is not None and value <= lowest:
            return "upper"
        return None

    def bound_in_model(self, bound: Bound | None) -> Bound | None:
        """Turn a bound into model space: an emission of at least 900 nm is an energy of at most 1.38 eV."""
        if bound is None or not self.transform.decreasing:
            return bound
        return "upper" if bound == "lower" else "lower"

    def convert(self, value: float, unit: str | None) -> float:
        """Value in the target's unit.

        Raises
        ------
        DataError
            If the unit is missing or unknown, or the value lies outside the target's bounds.
        """
        if unit is None or unit not in self.accepted_units:
            raise DataError(
                f"{self.name} needs a unit it knows.",
                found="no unit" if unit in (None, "") else unit,
                expected=", ".join(self.accepted_units),
                hint="State the unit beside the value.",
            )
        rule = self.accepted_units[unit]
        converted = float(rule(value) if callable(rule) else value * rule)
        low, high = self.bounds
        if not low <= converted <= high:
            raise DataError(
                f"{self.name} lies outside the range that is possible.",
                found=f"{value:g} {unit} = {converted:g} {self.unit}",
                expected=f"{low:g} to {high:g} {self.unit}",
                hint="Check the unit: percent for fraction and nm for eV are the usual slips.",
            )
        return converted


def _photon(value: float) -> float:
    return EV_NM / value if value else float("inf")


_ENERGY = {"eV": 1.0, "meV": 1e-3, "hartree": HARTREE_EV}

TARGETS: dict[str, Target] = {
    target.name: target
    for target in (
        Target(
            name="gap",
            unit="eV",
            description="energy gap; what kind of gap is told by the method",
            bounds=(0.0, 20.0),
            transform=IDENTITY,
            accepted_units=_ENERGY,
        ),
        Target(
            name="ionization_energy",
            unit="eV",
            description="energy to take an electron from the cluster as it is charged, E(q+1) - E(q)",
            bounds=(-20.0, 40.0),
            transform=IDENTITY,
            accepted_units=_ENERGY,
        ),
        Target(
            name="electron_affinity",
            unit="eV",
            description="energy set free when the cluster as it is charged takes an electron, E(q) - E(q-1)",
            bounds=(-20.0, 40.0),
            transform=IDENTITY,
            accepted_units=_ENERGY,
        ),
        Target(
            name="emission",
            unit="nm",
            description="wavelength of the photoluminescence maximum, modelled as photon energy",
            bounds=(200.0, 5000.0),
            transform=PHOTON_ENERGY,
            accepted_units={"nm": 1.0, "eV": _photon},
        ),
        Target(
            name="quantum_yield",
            unit="fraction",
            description="photons emitted for each photon absorbed",
            bounds=(0.0, 1.0),
            transform=LOGIT,
            accepted_units={"fraction": 1.0, "percent": 1e-2, "%": 1e-2},
        ),
        Target(
            name="lifetime",
            unit="us",
            description="photoluminescence lifetime",
            bounds=(1e-9, 1e9),
            transform=LOG10,
            accepted_units={"us": 1.0, "ps": 1e-6, "ns": 1e-3, "ms": 1e3, "s": 1e6},
        ),
    )
}
"""Targets by name. A new one is one entry here and its methods in `mlcluster.labels.methods`."""


def get_target(name: str) -> Target:
    """Target of that name.

    Raises
    ------
    DataError
        If there is none; the nearest name is suggested.
    """
    if name in TARGETS:
        return TARGETS[name]
    near = get_close_matches(name, TARGETS, n=1)
    raise DataError(
        "unknown target.", found=name, expected=", ".join(TARGETS), hint=f"Did you mean {near[0]}?" if near else None
    )
