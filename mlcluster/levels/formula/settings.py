"""Settings of the formula level: what to learn from, and which channels to predict."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mlcluster.errors import DataError
from mlcluster.labels import Channel
from mlcluster.model.formula.candidates import CANDIDATES, Candidate

CHANNELS: dict[str, list[str]] = {
    "emission:measured": [],
    "quantum_yield:measured": [],
    "lifetime:measured": [],
    "gap:optical": ["electrochemical", "measured-not-stated", "dft-not-stated", "tddft-not-stated"],
}
"""Channels predicted by default, each with the further methods it learns from through an offset."""


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
