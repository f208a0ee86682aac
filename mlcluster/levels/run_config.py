"""Configuration of a run of any level: defaults, documentation and validation in one place."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from mlcluster.errors import ConfigError
from mlcluster.labels.own_targets import TargetDeclaration, declare_installed, declare_targets
from mlcluster.levels import LEVELS
from mlcluster.levels.calculation.settings import CalculationConfig
from mlcluster.levels.config_text import read_yaml, with_settings
from mlcluster.levels.formula.settings import FormulaConfig
from mlcluster.levels.network.network_config import ModelConfig, TrainerConfig


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DataConfig(_Section):
    """What to learn from."""

    source: str | list[str] = Field(
        default="gfn1_models", description="name of a data source; entries of several are called source/entry"
    )
    options: dict[str, Any] = Field(
        default_factory=dict,
        description="what the source needs, e.g. path and labels; by source where there are several",
    )
    strict: bool = Field(
        default=False,
        description="refuse data with an entry that cannot be used; otherwise it is left out and reported",
    )
    weights: dict[str, float] | None = Field(
        default=None, description="of sources and channels in an epoch; families alone when empty"
    )
    subset: int | None = Field(
        default=None, ge=3, description="entries to take, balanced over families; all when empty"
    )
    learn: int | None = Field(
        default=None,
        ge=3,
        description="entries that a fold of `evaluate` may learn from, balanced over families; all when empty",
    )
    seed: int = Field(default=0, ge=0, description="chooses the subset, and the entries to learn from")


class SplitConfig(_Section):
    """What to be judged by."""

    kind: Literal["family", "random", "official", "stored"] = Field(
        default="family",
        description="random leaks, and says so; official is what the authors of the source published; stored is `file`",
    )
    file: str | None = Field(default=None, description="of kind stored, written by `mlcluster data split --out`")
    test: list[str] | None = Field(
        default=None, description="families held out of everything; one by the seed when empty"
    )
    validation: list[str] | None = Field(
        default=None,
        description="families to stop on, the same for every member; when empty, each member has one of its own",
    )

    @model_validator(mode="after")
    def _file_of_stored(self) -> SplitConfig:
        if (self.kind == "stored") != (self.file is not None):
            raise ValueError("split.file names the split of kind: stored, which needs one")
        if self.file is not None and (self.test is not None or self.validation is not None):
            raise ValueError("a stored split says itself what it holds out; leave test and validation empty")
        return self


class FitConfig(_Section):
    """How each member is trained."""

    epochs: int = Field(default=40, ge=1)
    patience: int = Field(default=12, ge=1, description="epochs without a better validation error before stopping")
    optimizer: Literal["adamw", "nadamw", "radamw", "sgd"] = Field(
        default="adamw", description="all with decoupled weight decay but sgd, which has Nesterov's momentum of 0.9"
    )
    learning_rate: float = Field(default=2e-3, gt=0)
    learning_rates: dict[str, float] = Field(
        default_factory=dict, description="of parts of the network, by name: trunk, trunk.updates.0, readout.head ..."
    )
    schedule: Literal["cosine", "linear", "exponential", "constant"] = Field(
        default="cosine", description="from the end of the warm-up to the last epoch, down to a hundredth"
    )
    warmup_epochs: int = Field(default=2, ge=0)
    weight_decay: float = Field(default=1e-2, ge=0)
    gradient_clip: float = Field(default=1.0, gt=0, description="largest norm of the gradient")
    loss: Literal["huber", "l2", "l1"] = "huber"
    huber_delta: float = Field(default=1.0, gt=0, description="in standard deviations of the labels")
    within_families: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="share of the loss on differences within families; the rest on single values. Needs large batches",
    )
    charge_weight: float = Field(
        default=0.3, ge=0, lt=1, description="share of the loss on charges of atoms, of a network with atom_charges"
    )
    atoms_per_batch: int = Field(default=1500, ge=1)
    samples_per_epoch: int | None = Field(
        default=None, ge=1, description="in equal shares of families; all once when empty"
    )
    position_noise: float = Field(
        default=0.0, ge=0, le=0.5, description="random displacement of the atoms in training, angstrom"
    )
    averaging: float = Field(
        default=0.99, ge=0, lt=1, description="decay of the running average of the weights; 0 keeps none"
    )
    start_from: str | None = Field(
        default=None, description="model whose weights to begin with: a directory, runs:/RUN or models:/NAME@ALIAS"
    )
    extend: str | None = Field(
        default=None, description="finished model of the same data and splits whose members these go on from, likewise"
    )
    trained: Literal["all", "heads"] = Field(default="all", description="heads leaves the message passing as it starts")
    frozen: list[str] = Field(
        default_factory=list, description="further parts that stay as they start: first, trunk.interactions.0 ..."
    )

    @field_validator("learning_rates")
    @classmethod
    def _positive_rates(cls, rates: dict[str, float]) -> dict[str, float]:
        if wrong := [part for part, rate in rates.items() if not rate > 0]:
            raise ValueError(f"the learning rate of {wrong[0]} is not above 0; use fit.frozen for parts that stay")
        return rates


class EnsembleConfig(_Section):
    """How many members, and how many at a time."""

    members: int = Field(default=3, ge=1, le=32)
    workers: int | None = Field(
        default=None, ge=1, description="processes; one a core when empty, never more than members"
    )


class EvaluateConfig(_Section):
    """Cross-validation of `mlcluster evaluate`."""

    seeds: list[int] = Field(default=[0, 1], min_length=1)
    members: int = Field(default=1, ge=1, le=32, description="members of the ensemble of each fold")
    folds: int | None = Field(
        default=None,
        ge=3,
        description="held-out parts, also of leave-one-family-out; when empty, each family, or the published test sets",
    )
    embedding_gp: bool = Field(
        default=False, description="also show a Gaussian process on the embedding of the trained network"
    )


class TrainConfig(_Section):
    """A whole run."""

    name: str = "train"
    experiment: str = "train"
    seed: int = Field(default=0, ge=0)
    level: str = Field(
        default="network",
        description="level of prediction; formula learns from the literature table and heeds `formula`, not the rest",
    )
    targets: dict[str, TargetDeclaration] = Field(
        default_factory=dict, validate_default=True, description="properties and methods of your own, by name"
    )
    formula: FormulaConfig = Field(default_factory=FormulaConfig)
    calculation: CalculationConfig = Field(default_factory=CalculationConfig)
    data: DataConfig = Field(default_factory=DataConfig)
    split: SplitConfig = Field(default_factory=SplitConfig)
    model: ModelConfig = Field(default_factory=lambda: ModelConfig.parse({}))
    fit: FitConfig = Field(default_factory=FitConfig)
    trainer: TrainerConfig = Field(default_factory=lambda: TrainerConfig.model_validate({}))
    ensemble: EnsembleConfig = Field(default_factory=EnsembleConfig)
    residual_scale: Literal["validation families", "leave-one-family-out"] = Field(
        default="validation families", description="where the residuals behind the intervals come from"
    )
    paired_intervals: bool = Field(
        default=True,
        description="calibrate differences of related clusters, where families are left out and enough have pairs",
    )
    evaluate: EvaluateConfig = Field(default_factory=EvaluateConfig)

    def __reduce__(self) -> tuple[Any, ...]:
        # As text: the process that reads it registers targets, and finds the types of trunks that plug-in files bring.
        return TrainConfig.model_validate_json, (self.model_dump_json(),)

    @field_validator("targets")
    @classmethod
    def _registered(cls, targets: dict[str, TargetDeclaration]) -> dict[str, TargetDeclaration]:
        """Make them known before the channels are looked at, in whatever process reads the configuration."""
        declare_installed()
        declare_targets(targets)
        return targets

    @field_validator("level")
    @classmethod
    def _known_level(cls, level: str) -> str:
        if level == "structure":
            return "network"  # so it was called in the records of earlier runs
        if level not in LEVELS:
            raise ValueError(f"no level {level!r}; one of {', '.join(LEVELS)}")
        return level

    @model_validator(mode="after")
    def _families_to_leave_out(self) -> TrainConfig:
        if self.split.kind != "family" and self.residual_scale == "leave-one-family-out":
            raise ValueError(
                "only a split by family has families to leave out; use residual_scale: validation families"
            )
        begins = [name for name in (self.fit.start_from, self.fit.extend) if name is not None]
        if self.fit.trained == "heads" and not begins:
            raise ValueError("trained: heads needs a model in start_from, or the message passing stays random")
        if len(begins) > 1:
            raise ValueError("a run starts from a model or extends one, not both; leave start_from or extend empty")
        if self.model.kind == "gaussian_process" and (begins or self.fit.frozen or self.fit.learning_rates):
            raise ValueError("a Gaussian process has no weights to begin with, to freeze or to learn at a rate")
        if self.model.atom_charges and self.model.kind == "gaussian_process":
            raise ValueError("a Gaussian process knows nothing of single atoms; leave model.atom_charges false")
        if self.model.atom_charges and not self.fit.charge_weight:
            raise ValueError("model.atom_charges are learned from fit.charge_weight, a share of the loss above 0")
        if self.fit.extend is not None and self.residual_scale == "leave-one-family-out":
            raise ValueError(
                "a model to extend has learned from the families that leave-one-family-out holds out; use "
                "residual_scale: validation families"
            )
        return self


def load_config(source: str | Path | TrainConfig, settings: Sequence[str] = ()) -> TrainConfig:
    """Read a YAML file and change single values.

    Parameters
    ----------
    source
        Path of a YAML file, or a config made before.
    settings
        ``key=value`` with dotted keys and YAML values, e.g. ``fit.epochs=10`` or ``split.test=[M9]``.

    Raises
    ------
    ConfigError
        For an unreadable file, an unknown key (the nearest valid one is suggested) or an impossible value.
    """
    if isinstance(source, TrainConfig):
        content = source.model_dump(mode="json")
    else:
        content = read_yaml(Path(source))
    content = with_settings(content, settings)
    try:
        return TrainConfig.model_validate(content)
    except ValidationError as error:
        raise _readable(error, source) from None
    except ConfigError as error:
        raise error.placed(file=None if isinstance(source, TrainConfig) else source) from None


def _readable(error: ValidationError, source: object) -> ConfigError:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    file = None if isinstance(source, TrainConfig) else source
    if first["type"] == "extra_forbidden":
        *path, last = first["loc"]
        valid = sorted(_fields_at([str(part) for part in path]))
        near = get_close_matches(str(last), valid, n=1)
        hint = f"Did you mean {'.'.join([*map(str, path), near[0]])}?" if near else None
        return ConfigError("unknown key.", file=file, site=where, found=last, expected=", ".join(valid), hint=hint)
    # A rule between keys has no place of its own, and the whole configuration as what was found helps nobody.
    found = repr(first.get("input")) if where else None
    return ConfigError(first["msg"].removeprefix("Value error, ") + ".", file=file, site=where or None, found=found)


def _fields_at(path: Sequence[str]) -> set[str]:
    section: Any = TrainConfig
    for step in path:
        # What stands under names of the user's own is known by its type alone.
        of_names = get_origin(section) is dict
        section = get_args(section)[1] if of_names else section.model_fields[step].annotation
    return set(section.model_fields)
