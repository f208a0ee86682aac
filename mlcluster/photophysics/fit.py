"""The fits as functions of a file: ``mlcluster.fit.decay("decay.csv")`` is what ``mlcluster fit decay`` carries out."""

from __future__ import annotations

from mlcluster.photophysics.emission_fits import decay, gap, linewidth
from mlcluster.photophysics.kinetic_fits import conversion, equilibrium, transient

__all__ = ["conversion", "decay", "equilibrium", "gap", "linewidth", "transient"]
