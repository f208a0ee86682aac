"""Places of a search: which values each trial tries, as a pure function of the seed and the number of the trial."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

MOST_TRIALS = 10_000


class Range(BaseModel):
    """Numbers between two ends, both of which may be taken."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    low: float
    high: float
    log: bool = Field(default=False, description="evenly in the logarithm")
    integer: bool = Field(default=False, description="whole numbers only")

    @model_validator(mode="after")
    def _ends(self) -> Range:
        if not self.low < self.high or not math.isfinite(self.high - self.low):
            raise ValueError("low is below high")
        if self.log and self.low <= 0:
            raise ValueError("a logarithmic range begins above 0")
        if self.integer and not (self.low.is_integer() and self.high.is_integer()):
            raise ValueError("a range of whole numbers ends in whole numbers")
        return self


class Search(BaseModel):
    """Trials over ranges and lists of values, in place of every combination of a grid."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sampler: Literal["random"] = Field(default="random", description="how places are chosen")
    trials: int = Field(ge=1, le=MOST_TRIALS)
    seed: int = Field(default=0, ge=0)
    space: dict[str, list[Any] | Range] = Field(
        min_length=1, description="for dotted keys of the config a list of values or a range: low, high, log, integer"
    )

    @model_validator(mode="after")
    def _values(self) -> Search:
        if empty := [key for key, values in self.space.items() if values == []]:
            raise ValueError(f"no values for {empty[0]} of the search")
        return self

    def points(self) -> list[dict[str, Any]]:
        """What each trial tries, by dotted key; those of a search with more trials begin with the same ones."""
        return [SAMPLERS[self.sampler](self, number) for number in range(self.trials)]


def random_point(search: Search, number: int) -> dict[str, Any]:
    """Independent draws of every key; in few dimensions that matter, better than a grid (Bergstra and Bengio 2012)."""
    draw = np.random.default_rng([search.seed, number])
    return {key: _drawn(values, draw) for key, values in search.space.items()}


def _drawn(values: list[Any] | Range, draw: np.random.Generator) -> Any:
    if isinstance(values, list):
        return values[int(draw.integers(len(values)))]
    low, high = values.low, values.high
    if values.integer:
        # Half a step beyond both ends, so that these are as likely as the others.
        low, high = low - 0.5, high + 0.5
    share = draw.random()
    number = low * (high / low) ** share if values.log else low + (high - low) * share
    if values.integer:
        return int(min(max(round(number), values.low), values.high))
    # Three digits: what is reported is what was tried.
    return min(max(float(f"{number:.3g}"), values.low), values.high)


SAMPLERS: Mapping[str, Callable[[Search, int], dict[str, Any]]] = {"random": random_point}
"""How the place of a trial is chosen, by the name of the sampler."""
