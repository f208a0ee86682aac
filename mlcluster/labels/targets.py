"""Target properties: name, unit, bounds, and the space a model learns each in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mlcluster.errors import DataError
from mlcluster.labels.conversions import accepted_units
from mlcluster.units import EV_NM

QUANTUM_YIELD_CLIP = 1e-4
"""Yields nearer to 0 or 1 than this are bounds at the clip: a bare logit of them would be infinite."""

Map = Callable[[ArrayLike], NDArray[np.float64]]


@dataclass(frozen=True, kw_only=True)
class Transform:
    """A strictly monotonic map to model space and back.

    Parameters
    ----------
    name
        As a declaration writes it.
    forward, inverse
        NumPy-vectorised maps, unit -> model space and back.
    model_unit
        Unit of model space ("" when dimensionless).
    decreasing
        True when larger values have smaller images: interval ends and bounds then change places.
    lowest, highest
        Values at or beyond these carry only the information "at most" or "at least"; None for no such end.
    """

    name: str
    forward: Map
    inverse: Map
    model_unit: str
    decreasing: bool = False
    lowest: float | None = None
    highest: float | None = None


def _logit(value: ArrayLike) -> NDArray[np.float64]:
    clipped = np.clip(np.asarray(value, dtype=np.float64), QUANTUM_YIELD_CLIP, 1.0 - QUANTUM_YIELD_CLIP)
    return np.log(clipped) - np.log1p(-clipped)


def _logistic(x: ArrayLike) -> NDArray[np.float64]:
    # The tanh form does not overflow for any finite x.
    return 0.5 * (1.0 + np.tanh(0.5 * np.asarray(x, dtype=np.float64)))


def _identity(value: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(value, dtype=np.float64)


def _photon_energy(value: ArrayLike) -> NDArray[np.float64]:
    return EV_NM / np.asarray(value, dtype=np.float64)


def _log10(value: ArrayLike) -> NDArray[np.float64]:
    return np.log10(np.asarray(value, dtype=np.float64))


def _power10(x: ArrayLike) -> NDArray[np.float64]:
    return np.power(10.0, np.asarray(x, dtype=np.float64))


def plain(unit: str) -> Transform:
    """No change: a model learns values in their unit."""
    return Transform(name="identity", forward=_identity, inverse=_identity, model_unit=unit)


def log10_of(unit: str) -> Transform:
    """Decades of a positive value."""
    return Transform(name="log10", forward=_log10, inverse=_power10, model_unit=f"log10({unit})")


IDENTITY = plain("eV")
PHOTON_ENERGY = Transform(
    name="photon_energy", forward=_photon_energy, inverse=_photon_energy, model_unit="eV", decreasing=True
)
LOGIT = Transform(
    name="logit",
    forward=_logit,
    inverse=_logistic,
    model_unit="logit",
    lowest=QUANTUM_YIELD_CLIP,
    highest=1.0 - QUANTUM_YIELD_CLIP,
)
LOG10 = log10_of("us")

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
    pooling
        ``"intensive"``: two far copies of a structure have the value of one; ``"extensive"``: twice that.
    """

    name: str
    unit: str
    description: str
    bounds: tuple[float, float]
    transform: Transform
    accepted_units: Mapping[str, float | Callable[[float], float]] = field(default_factory=dict)
    pooling: Literal["intensive", "extensive"] = "intensive"

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


# A gap in nm is more often a slip than a photon.
_ENERGY = {unit: rule for unit, rule in accepted_units("eV").items() if unit not in ("nm", "K")}

BUILT_IN: dict[str, Target] = {
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
            accepted_units=accepted_units("nm", wavelength=True),
        ),
        Target(
            name="quantum_yield",
            unit="fraction",
            description="photons emitted for each photon absorbed",
            bounds=(0.0, 1.0),
            transform=LOGIT,
            accepted_units=accepted_units("fraction"),
        ),
        Target(
            name="lifetime",
            unit="us",
            description="photoluminescence lifetime",
            bounds=(1e-9, 1e9),
            transform=LOG10,
            accepted_units=accepted_units("us"),
        ),
        Target(
            name="homo",
            unit="eV",
            description="energy of the highest filled level; comparable only within one method and charge",
            bounds=(-40.0, 20.0),
            transform=IDENTITY,
            accepted_units=_ENERGY,
        ),
        Target(
            name="lumo",
            unit="eV",
            description="energy of the lowest empty level; comparable only within one method and charge",
            bounds=(-40.0, 20.0),
            transform=IDENTITY,
            accepted_units=_ENERGY,
        ),
        Target(
            name="triplet_energy",
            unit="eV",
            description="vertical energy of the lowest triplet above the closed-shell ground state",
            bounds=(-5.0, 20.0),
            transform=IDENTITY,
            accepted_units=_ENERGY,
        ),
    )
}
"""Targets that are always there. A new one is one entry here and its methods in `mlcluster.labels.methods`."""

TARGETS: dict[str, Target] = dict(BUILT_IN)
"""Targets by name: those built in, then those that `mlcluster.labels.own_targets` has registered."""


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
    hint = f"Did you mean {near[0]}?" if near else "A target of your own is declared under targets: in a configuration."
    raise DataError("unknown target.", found=name, expected=", ".join(TARGETS), hint=hint)
