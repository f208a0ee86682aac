"""Configuration of a network: defaults, documentation and validation in one place."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from mlcluster.errors import ConfigError, DataError
from mlcluster.labels.methods import Channel


class ModelConfig(BaseModel):
    """Everything that decides the shape of a network.

    Examples
    --------
    >>> ModelConfig(channels=["gap:gfn1-xtb"], lmax=1).n_layers
    3
    >>> ModelConfig.parse({"n_feature": 32})
    Traceback (most recent call last):
    mlcluster.errors.ConfigError: n_feature: unknown key of the model. Expected: one of ... Did you mean n_features?
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = Field("painn", description="network, a name in mlcluster.model.MODELS")
    channels: tuple[str, ...] = Field(("gap:gfn1-xtb",), min_length=1, description="outputs, target:method")
    lmax: int = Field(
        2, ge=0, le=2, description="largest degree of the features; 0 sees no directions and is there to compare with"
    )
    n_features: int = Field(32, ge=4, le=1024, description="features an atom and component")
    n_layers: int = Field(3, ge=1, le=12)
    n_radial: int = Field(20, ge=4, le=128, description="radial functions")
    cutoff: float = Field(5.0, gt=0.5, le=20.0, description="radius of the graph, angstrom")
    prior: Literal["composition", "mean"] = Field(
        "composition", description="what the network corrects: ridge on the composition, or the mean of the labels"
    )

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, given: Any) -> Any:
        if isinstance(given, Mapping):
            for key in given:
                if key not in cls.model_fields:
                    near = get_close_matches(str(key), cls.model_fields, n=1, cutoff=0.4)
                    raise ConfigError(
                        "unknown key of the model.",
                        site=key,
                        expected=f"one of {', '.join(cls.model_fields)}",
                        hint=f"Did you mean {near[0]}?" if near else None,
                    )
        return given

    @field_validator("channels")
    @classmethod
    def _known_channels(cls, channels: tuple[str, ...]) -> tuple[str, ...]:
        try:
            keys = tuple(Channel.parse(channel).key for channel in channels)
        except DataError as error:
            raise ConfigError(error.what, site="channels", found=error.found, expected=error.expected) from error
        if len(set(keys)) != len(keys):
            raise ConfigError("a channel is listed twice.", site="channels", found=", ".join(keys))
        return keys

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> ModelConfig:
        """Configuration from plain values.

        Raises
        ------
        ConfigError
            For an unknown key, with the nearest valid one, or an impossible value.
        """
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(str(part) for part in first["loc"])
            raise ConfigError(
                "impossible value in the model configuration.", site=key, found=first["input"], expected=first["msg"]
            ) from None

    @property
    def targets(self) -> tuple[str, ...]:
        """Different targets among the channels, in their order."""
        return tuple(dict.fromkeys(Channel.parse(channel).target for channel in self.channels))

    @property
    def target_of_channel(self) -> list[int]:
        """For each channel the number of its target in `targets`."""
        return [self.targets.index(Channel.parse(channel).target) for channel in self.channels]
