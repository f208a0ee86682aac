"""Maps between a target's own unit and the space the network works in: identity, 1/x to eV, logit, log10."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mlcluster.units import EV_NM

QUANTUM_YIELD_CLIP = 1e-4
"""Yields nearer to 0 or 1 than this are bounds at the clip: a bare logit of them would be infinite."""

Map = Callable[[ArrayLike], NDArray[np.float64]]


@dataclass(frozen=True, kw_only=True)
class Transform:
    """A strictly monotonic map to model space and back.

    Parameters
    ----------
    forward, inverse
        NumPy-vectorised maps, unit -> model space and back.
    model_unit
        Unit of model space ("" when dimensionless).
    decreasing
        True when larger values have smaller images: interval ends and bounds then change places.
    lowest, highest
        Values at or beyond these carry only the information "at most" or "at least"; None for no such end.
    """

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


def _photon(value: ArrayLike) -> NDArray[np.float64]:
    return EV_NM / np.asarray(value, dtype=np.float64)


def _log10(value: ArrayLike) -> NDArray[np.float64]:
    return np.log10(np.asarray(value, dtype=np.float64))


def _power10(x: ArrayLike) -> NDArray[np.float64]:
    return np.power(10.0, np.asarray(x, dtype=np.float64))


IDENTITY = Transform(forward=_identity, inverse=_identity, model_unit="eV")
PHOTON_ENERGY = Transform(forward=_photon, inverse=_photon, model_unit="eV", decreasing=True)
LOGIT = Transform(
    forward=_logit,
    inverse=_logistic,
    model_unit="logit",
    lowest=QUANTUM_YIELD_CLIP,
    highest=1.0 - QUANTUM_YIELD_CLIP,
)
LOG10 = Transform(forward=_log10, inverse=_power10, model_unit="log10(us)")
