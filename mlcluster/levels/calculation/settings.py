"""Settings of the calculation level: what is calculated of an entry, and which models a channel chooses from."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from mlcluster.electronic.capping import Ligands
from mlcluster.electronic.descriptors import MAX_SECONDS

Kind = Literal["ridge", "gaussian process", "trees"]


class CalculationConfig(BaseModel):
    """What the calculation level calculates and fits."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ligands: Ligands = Field(
        default="capped", description="whole leaves them as they are, for complexes of one or two metals"
    )
    triplet: bool = Field(default=False, description="also the vertical energy of the lowest triplet")
    charge: int | None = Field(default=None, description="of entries whose source states none; they are passed over")
    max_seconds: float = Field(default=MAX_SECONDS, gt=0, description="largest estimate of one calculation, s")
    candidates: list[Kind] | None = Field(
        default=None,
        min_length=1,
        description="models to choose from by the error on families left out; the recipe of the channel when empty",
    )
    random_parts: int | None = Field(
        default=None, ge=3, description="`evaluate` also scores so many random parts, of entries and of formulas"
    )
