"""Models that a fit of the formula level chooses from."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from mlcluster.model.formula.descriptors import SETS
from mlcluster.model.formula.gaussian_process import KERNELS, Kernel


@dataclass(frozen=True)
class Candidate:
    """A set of descriptors and a kernel; the mean needs no descriptors."""

    descriptors: str
    kernel: Kernel

    @property
    def name(self) -> str:
        """As written in tables."""
        return "mean" if self.kernel == "mean" else f"{self.kernel} on {self.descriptors}"


MEAN = Candidate(next(iter(SETS)), "mean")
CANDIDATES = (MEAN, *(Candidate(name, kernel) for name, kernel in product(SETS, KERNELS) if kernel != "mean"))
"""What a fit chooses from, the simplest first."""
