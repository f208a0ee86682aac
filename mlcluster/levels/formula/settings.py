"""Settings of the formula level: what to learn from, which channels to predict, and which models to choose from."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from itertools import product
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mlcluster.errors import DataError
from mlcluster.labels.methods import Channel
from mlcluster.levels.formula.features import SETS
from mlcluster.model.gaussian_process import KERNELS, Kernel

CHANNELS: dict[str, list[str]] = {
    "emission:measured": [],
    "quantum_yield:measured": [],
    "lifetime:measured": [],
    "gap:optical": ["electrochemical", "measured-not-stated", "dft-not-stated", "tddft-not-stated"],
}
"""Channels predicted by default, each with the further methods it learns from through an offset."""


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


class FormulaConfig(BaseModel):
    """What the formula level is trained on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    table: str | None = Field(default=None, description="table of measurements; the bundled one when empty")
    pairs: str | None = Field(default=None, description="table of related pairs; the bundled one when empty")
    channels: dict[str, list[str]] = Field(
        default=CHANNELS, min_length=1, description="channels, each with further methods to learn from"
    )
    candidates: list[str] = Field(
        default=[candidate.name for candidate in CANDIDATES],
        min_length=1,
        description="models to choose from by the error on families left out",
    )

    @property
    def chosen_from(self) -> tuple[Candidate, ...]:
        """The candidates named."""
        return tuple(candidate for candidate in CANDIDATES if candidate.name in self.candidates)

    @model_validator(mode="after")
    def _known(self) -> Self:
        try:
            for key, methods in self.channels.items():
                target = Channel.parse(key).target
                for method in methods:
                    Channel(target, method)
        except DataError as error:
            raise ValueError(str(error)) from None
        names = [candidate.name for candidate in CANDIDATES]
        for name in self.candidates:
            if name not in names:
                near = get_close_matches(name, names, n=1)
                raise ValueError(
                    f"no candidate {name!r}; one of {', '.join(names)}" + (f" ({near[0]}?)" if near else "")
                )
        return self
