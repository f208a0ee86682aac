"""Configuration of a network and of the trainer: defaults, documentation and validation in one place."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializeAsAny,
    SerializerFunctionWrapHandler,
    ValidationError,
    field_validator,
    model_serializer,
    model_validator,
)

from mlcluster.electronic.capping import Ligands
from mlcluster.errors import ConfigError, DataError
from mlcluster.labels.methods import Channel
from mlcluster.labels.targets import get_target
from mlcluster.nn.frontier_orbitals import READ_OUT
from mlcluster.nn.trunks import trunk_named, trunk_section

CALCULATED = (
    *("gfn1_gap_ev", "gfn1_homo_ev", "gfn1_lumo_ev", "size", "charge"),
    *("metal_charge", "metal_bond_order", "ligand_bond_order"),
    *("per_metal_P", "per_metal_S", "per_metal_Cl", "per_metal_Br", "per_metal_I", "per_metal_C"),
)
"""Descriptors that a network with ``prior: calculation`` corrects, in the order of their columns; named as
`mlcluster.levels.calculation.features.described` gives them."""


OWN_METHOD = "gfn1-xtb"
"""Method whose Hamiltonian ``frontier: hamiltonian`` reads out."""


class TrainerConfig(BaseModel):
    """Where and how precisely a network is trained, in the words of Lightning."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    accelerator: str = Field("auto", description="device: cpu, gpu, mps ..., or what Lightning finds when auto")
    devices: int | list[int] = Field(
        1, description="how many devices share the batches of a member, or their numbers where they are no cores"
    )
    precision: Literal["32-true", "16-mixed", "bf16-mixed", "64-true"] = Field(
        "32-true", description="of the linear maps; messages, sums over atoms and losses never have less than 32 bits"
    )

    @field_validator("devices", mode="before")
    @classmethod
    def _devices_that_may_be_there(cls, devices: Any) -> Any:
        numbers = devices if isinstance(devices, list) else [devices]
        whole = all(isinstance(number, int) and not isinstance(number, bool) for number in numbers)
        least = 0 if isinstance(devices, list) else 1
        if not numbers or not whole or min(numbers) < least or len(set(numbers)) < len(numbers):
            raise ValueError("state how many devices, from 1 up, or a list of different numbers from 0 up: [0, 1]")
        return devices

    @model_validator(mode="after")
    def _cores_have_no_numbers(self) -> TrainerConfig:
        if self.accelerator == "cpu" and isinstance(self.devices, list):
            raise ValueError("devices: cores have no numbers; state how many processes: devices: 2")
        return self

    @property
    def n_devices(self) -> int:
        """How many devices a member is trained on."""
        return len(self.devices) if isinstance(self.devices, list) else self.devices


_BEFORE = {"kind": "network", "ligands": "whole", "atom_charges": False, "frontier": "pooled"}
"""Keys that came later, with what every network did before; it is not written."""


class ModelConfig(BaseModel):
    """Everything that decides the shape of a network.

    The keys of the trunk may stand in a section ``trunk`` with its name or, shorter, beside the others.

    Examples
    --------
    >>> ModelConfig.parse({"lmax": 1}).trunk
    PainnConfig(name='painn', lmax=1, n_layers=3, n_radial=20)
    >>> ModelConfig.parse({"trunk": "schnet", "n_filters": 32}).trunk
    SchnetConfig(name='schnet', n_layers=3, n_filters=32, n_gaussians=50)
    >>> ModelConfig.parse({"n_layer": 32})
    Traceback (most recent call last):
    mlcluster.errors.ConfigError: n_layer: unknown key of the model. Expected: one of ... Did you mean n_layers?
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["network", "gaussian_process"] = Field(
        "network",
        description="gaussian_process: on descriptors, as the baseline; only channels and ligands count",
    )
    channels: tuple[str, ...] = Field(("gap:gfn1-xtb",), min_length=1, description="outputs, target:method")
    trunk: SerializeAsAny[BaseModel] = Field(description="network from first to last features per atom, and its sizes")
    n_features: int = Field(32, ge=4, le=1024, description="features per atom (and component, of tensors)")
    ligands: Ligands = Field("whole", description="capped: SR cut down to SH, PR3 to PH3, in training and prediction")
    cutoff: float = Field(5.0, gt=0.5, le=20.0, description="radius of the graph, angstrom")
    prior: Literal["composition", "mean", "calculation", "none"] = Field(
        "composition",
        description="what the network corrects: ridge on the composition, the mean of the labels, or ridge on a "
        "GFN1-xTB calculation, which every prediction then needs; none begins at random weights, as usual networks do",
    )

    frontier: Literal["pooled", "hamiltonian"] = Field(
        "pooled",
        description="how gap, HOMO and LUMO are read out: as a sum over atoms, or from the GFN1-xTB Hamiltonian with "
        "the charges that the network gives the atoms (one diagonalisation a prediction); all else then corrects that",
    )
    atom_charges: bool = Field(
        False, description="also give the charge of each atom, learned from sources that have them (GFN1-xTB)"
    )

    @model_serializer(mode="wrap")
    def _as_before(self, values: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A network is written as it was before there was another choice, so that its hash stays."""
        return {key: value for key, value in values(self).items() if _BEFORE.get(key) != value}

    @model_validator(mode="before")
    @classmethod
    def _sort_keys(cls, given: Any) -> Any:
        """Gather the keys of the trunk in its section; refuse unknown ones with the nearest valid one."""
        if not isinstance(given, Mapping):
            return given
        if "model" in given:
            # So the trunk was named up to schema 2; records of runs keep their configuration as it was.
            given = {"trunk": given["model"], **{key: value for key, value in given.items() if key != "model"}}
        section = trunk_section(given.get("trunk", {}))
        sizes = trunk_named(section["name"]).config_type.model_fields
        own = {key: value for key, value in given.items() if key in cls.model_fields}
        flat = {key: value for key, value in given.items() if key not in own}
        valid = [*cls.model_fields, *(key for key in sizes if key != "name")]
        for key in (*flat, *(key for key in section if key not in sizes)):
            if key not in valid or key in cls.model_fields:
                near = get_close_matches(str(key), valid, n=1, cutoff=0.4)
                raise ConfigError(
                    "unknown key of the model.",
                    site=key,
                    expected=f"one of {', '.join(valid)}",
                    hint=f"Did you mean {near[0]}?" if near else None,
                )
        return own | {"trunk": section | flat}

    @field_validator("trunk", mode="before")
    @classmethod
    def _of_its_type(cls, section: Any) -> BaseModel:
        return trunk_named(section["name"]).config_type.model_validate(section)

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

    @model_validator(mode="after")
    def _calculation_of_intensive(self) -> ModelConfig:
        if self.prior == "calculation" and (self.kind != "network" or any(self.extensive)):
            raise ConfigError(
                "a calculation is corrected by a network, for targets that are no sums over atoms.",
                site="prior",
                found="calculation",
                expected="composition or mean",
            )
        return self

    @model_validator(mode="after")
    def _levels_of_charges(self) -> ModelConfig:
        if self.frontier == "hamiltonian" and not (
            self.atom_charges and any(k is not None for k in self.level_of_channel)
        ):
            raise ConfigError(
                "the Hamiltonian needs charges of the atoms, and a channel that it says.",
                site="frontier",
                found=f"atom_charges: {str(self.atom_charges).lower()}, channels: {', '.join(self.channels)}",
                expected=f"atom_charges: true and one of {', '.join(READ_OUT)}",
            )
        return self

    @property
    def n_calculated(self) -> int:
        """Descriptors of a calculation that graphs have to bring; 0 where none is corrected."""
        return len(CALCULATED) if self.prior == "calculation" else 0

    @property
    def targets(self) -> tuple[str, ...]:
        """Different targets among the channels, in their order."""
        return tuple(dict.fromkeys(Channel.parse(channel).target for channel in self.channels))

    @property
    def extensive(self) -> list[bool]:
        """For each of the `targets` whether it is a sum over the atoms."""
        return [get_target(name).pooling == "extensive" for name in self.targets]

    @property
    def level_of_channel(self) -> list[int | None]:
        """For each channel its number in `mlcluster.nn.frontier_orbitals.READ_OUT`; None where levels do not say it."""
        targets = [Channel.parse(channel).target for channel in self.channels]
        known = READ_OUT if self.frontier == "hamiltonian" else ()
        return [known.index(target) if target in known else None for target in targets]

    @property
    def levels_are_own(self) -> list[bool]:
        """For each channel whether levels say it as they are: it is the method whose Hamiltonian is read out."""
        methods = [Channel.parse(channel).method for channel in self.channels]
        return [k is not None and m == OWN_METHOD for k, m in zip(self.level_of_channel, methods, strict=True)]

    @property
    def target_of_channel(self) -> list[int]:
        """For each channel the number of its target in `targets`."""
        return [self.targets.index(Channel.parse(channel).target) for channel in self.channels]
