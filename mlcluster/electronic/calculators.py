"""Registry of calculations that label a structure: one file each, one line here each."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches

from mlcluster.electronic import pbe_lanl2dz, tight_binding
from mlcluster.electronic.calculation import Calculation, CalculationError, why_rejected
from mlcluster.errors import ConfigError
from mlcluster.structure.cluster import Cluster

__all__ = ["CALCULATORS", "Calculation", "CalculationError", "get_calculator", "method_name", "why_rejected"]

CALCULATORS: dict[str, Callable[[Cluster], Calculation]] = {
    "gfn1-xtb": tight_binding.calculate,
    "dft-pbe-lanl2dz": pbe_lanl2dz.calculate,
}
"""Function by the name that the method has in `mlcluster.labels.methods.METHODS`."""


def method_name(name: str) -> str:
    """Full name of a method; ``dft-`` may be left out.

    Raises
    ------
    ConfigError
        If nothing here calculates it.

    Examples
    --------
    >>> method_name("pbe-lanl2dz")
    'dft-pbe-lanl2dz'
    """
    for candidate in (name, f"dft-{name}"):
        if candidate in CALCULATORS:
            return candidate
    near = get_close_matches(name, CALCULATORS, n=1)
    hint = f"Did you mean {near[0]}?" if near else None
    raise ConfigError("no such calculation.", found=name, expected=", ".join(CALCULATORS), hint=hint)


def get_calculator(name: str) -> Callable[[Cluster], Calculation]:
    """Function that calculates by this method."""
    return CALCULATORS[method_name(name)]
