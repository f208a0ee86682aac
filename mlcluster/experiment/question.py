"""A question as it stands in ``experiment.yaml``: its models, what decides, seeds and budget."""

from __future__ import annotations

import contextlib
import itertools
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from mlcluster.errors import ConfigError, DataError, InputError, MlclusterError
from mlcluster.experiment.search import Range, Search, kept_points
from mlcluster.labels import Channel
from mlcluster.levels.run_config import TrainConfig, load_config
from mlcluster.resources import config_path
from mlcluster.runs import content_hash
from mlcluster.tracking.logged_tables import VALIDATION

FILE = "experiment.yaml"
MOST_ARMS = 10_000
"""Most arms of a question, the combinations of its grid counted."""

LOWER_IS_BETTER = {"mae": True, "rmse": True, "mae_over_families": True, "r2": False, "spearman": False}
"""Scores that can decide, and which way."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Decides(_Section):
    """The number that answers the question."""

    score: str = Field(default="mae", description="one of " + ", ".join(LOWER_IS_BETTER))
    channel: str = Field(default="gap:gfn1-xtb", description="target:method")
    split: str | None = Field(
        default=None,
        description="as runs name it; the only one when empty. validation: what members stopped on, with runs: train",
    )

    @field_validator("score")
    @classmethod
    def _known_score(cls, score: str) -> str:
        if score not in LOWER_IS_BETTER:
            near = get_close_matches(score, LOWER_IS_BETTER, n=1)
            raise ValueError(f"no such score; one of {', '.join(LOWER_IS_BETTER)}" + (f" ({near[0]}?)" if near else ""))
        return score

    @field_validator("channel")
    @classmethod
    def _known_channel(cls, channel: str) -> str:
        try:
            return Channel.parse(channel).key
        except DataError as error:
            raise ValueError(str(error)) from None


class Arm(_Section):
    """One model to try."""

    name: str = Field(min_length=1)
    config: str | None = Field(default=None, description="in place of the experiment's")
    settings: dict[str, Any] = Field(default_factory=dict, description="dotted keys of the config")


class Question(_Section):
    """All of ``experiment.yaml``."""

    question: str = Field(min_length=1, description="in words")
    runs: Literal["evaluate", "train"] = Field(default="evaluate", description="the verb that every run carries out")
    config: str | None = Field(default=None, description="file relative to this one, or a bundled one by name")
    settings: dict[str, Any] = Field(default_factory=dict, description="of every model; dotted keys of the config")
    arms: list[Arm] = Field(default_factory=list)
    grid: dict[str, list[Any]] = Field(
        default_factory=dict, description="values of dotted keys; each combination is a model, crossed with `arms`"
    )
    search: Search | None = Field(
        default=None, description="trials in place of `arms` and `grid`; always decided by validation"
    )
    decides: Decides = Field(default_factory=Decides)
    baselines: list[str] | None = Field(default=None, description="to show; all that the runs have when empty")
    reference: str | None = Field(default=None, description="model the others are compared with; the first when empty")
    seeds: list[int] = Field(default=[0, 1], min_length=1)
    core_hours: float = Field(default=1.0, gt=0, description="no run is started once this much is spent")
    notes: str = Field(default="", description="what a reader of the results must know")

    @model_validator(mode="after")
    def _some_arm(self) -> Question:
        if self.search is not None and (self.arms or self.grid):
            raise ValueError("a search stands alone: leave arms and grid empty")
        if not self.arms and not self.grid and self.search is None:
            raise ValueError("there is nothing to try: give arms, a grid or a search")
        if self.search is not None and self.decides.split not in (None, VALIDATION):
            raise ValueError(
                f"a search is decided by {VALIDATION}: choosing by {self.decides.split} would use up what judges"
            )
        if self.selects and self.runs != "train":
            raise ValueError(f"{VALIDATION} scores are those of training: use runs: train")
        if empty := [key for key, values in self.grid.items() if not values]:
            raise ValueError(f"no values for {empty[0]} of the grid")
        # Counted, not built: a grid of ten keys with ten values each would fill the memory before anyone saw it.
        count = math.prod(len(values) for values in self.grid.values()) * max(len(self.arms), 1)
        if count > MOST_ARMS:
            raise ValueError(f"{count} arms, far more than can be tried; at most {MOST_ARMS}")
        if len(set(self.seeds)) != len(self.seeds):
            raise ValueError("a seed stands twice")
        return self

    @property
    def selects(self) -> bool:
        """Whether models are chosen between, by validation scores, and not only compared."""
        return self.search is not None or self.decides.split == VALIDATION


@dataclass(frozen=True, kw_only=True)
class PlannedArm:
    """A model with its whole configuration.

    Parameters
    ----------
    name
        In tables.
    config
        Of its runs but for the seed.
    point
        Its place in the grid: key to value.
    group
        The model without the grid.
    """

    name: str
    config: TrainConfig
    point: Mapping[str, Any]
    group: str

    @property
    def numbers(self) -> dict[str, float]:
        """What of the grid is a number."""
        return {key: float(value) for key, value in self.point.items() if _is_number(value)}


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """A question with the models it asks about, read from a directory.

    Parameters
    ----------
    directory
        Where ``experiment.yaml`` lies and results are written.
    question
        Its content.
    arms
        In the order of the file.
    """

    directory: Path
    question: Question
    arms: tuple[PlannedArm, ...]

    @property
    def name(self) -> str:
        """Name of the directory."""
        return self.directory.name

    def reference_of(self, arm: PlannedArm) -> PlannedArm:
        """Model that another is compared with: the reference, or with models and a grid its like at the same point."""
        named = self.question.reference or self.arms[0].name
        (reference,) = [other for other in self.arms if other.name == named]
        if not self.question.arms:
            return reference
        return next(other for other in self.arms if other.group == reference.group and other.point == arm.point)


def read_experiment(directory: str | Path) -> Experiment:
    """Read ``experiment.yaml`` of a directory.

    Raises
    ------
    InputError
        If there is none.
    ConfigError
        For an unknown key (the nearest valid one is suggested), an impossible value or a model that no config allows.
    """
    folder = Path(directory).resolve()
    path = folder / FILE
    if not path.is_file():
        raise InputError("no experiment there.", file=folder, expected=FILE, hint="experiments/ has some.")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError("cannot read the experiment.", file=path, found=error) from None
    if not isinstance(content, dict):
        raise ConfigError("an experiment is a list of keys.", file=path, found=type(content).__name__)
    # Properties of the user's own are declared where the models are configured; what is wrong there is told below.
    with contextlib.suppress(MlclusterError):
        load_config(_config_file(str(content.get("config")), folder))
    try:
        question = Question.model_validate(content)
    except ValidationError as error:
        raise _readable(error, path) from None
    arms = tuple(_plan(question, path))
    names = [arm.name for arm in arms]
    if double := {name for name in names if names.count(name) > 1}:
        raise ConfigError("two models have one name.", file=path, site="arms", found=sorted(double)[0])
    if question.reference is not None and question.reference not in names:
        near = get_close_matches(question.reference, names, n=1)
        hint = f"Did you mean {near[0]}?" if near else None
        raise ConfigError("no such model.", file=path, site="reference", found=question.reference, hint=hint)
    return Experiment(directory=folder, question=question, arms=arms)


_NO_PLACES = ("question", "notes", "seeds", "core_hours", "baselines", "reference")
"""Keys that change no place a search would choose."""


def search_hash(question: Question) -> str:
    """What makes the trials of a search those of one search: all of the question but how many there are, and words."""
    return content_hash(question.model_dump_json(exclude={**dict.fromkeys(_NO_PLACES, True), "search": {"trials"}}))


def _points(question: Question, folder: Path) -> list[tuple[str, dict[str, Any]]]:
    """Places of the search or the grid, those of a search with a name of their own."""
    search = question.search
    if search is not None:
        points = kept_points(folder, search_hash(question)) if search.learns else search.points()
        return [(f"trial {number}", point) for number, point in enumerate(points[: search.trials])]
    keys = list(question.grid)
    return [("", dict(zip(keys, values, strict=True))) for values in itertools.product(*question.grid.values())]


def _plan(question: Question, path: Path) -> Iterator[PlannedArm]:
    for arm in question.arms or [Arm(name="grid")]:
        for name, point in _points(question, path.parent):
            parts = [arm.name] if question.arms else [name] if name else []
            parts += [f"{key.rpartition('.')[2]} {value}" for key, value in point.items()]
            name = ", ".join(parts)
            settings = {**question.settings, **arm.settings, **point}
            stated = [f"{key}={json.dumps(value)}" for key, value in settings.items()]
            base = arm.config or question.config
            if base is None:
                raise ConfigError("a model has no config.", file=path, site=name, hint="Give `config`.")
            try:
                config = load_config(_config_file(base, path.parent), stated)
            except (ConfigError, InputError) as error:
                raise ConfigError(f"the model {name!r} cannot run. {error}", file=path, site="arms") from None
            yield PlannedArm(name=name, config=config, point=point, group=arm.name if question.arms else "")


def _config_file(name: str, folder: Path) -> Path:
    beside = folder / name
    return beside if beside.is_file() else config_path(name)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _readable(error: ValidationError, path: Path) -> ConfigError:
    first = error.errors()[0]
    *parents, last = [str(part) for part in first["loc"]] or [""]
    site = ".".join([*parents, last])
    if first["type"] == "extra_forbidden":
        sections: dict[str, type[BaseModel]] = {"decides": Decides, "arms": Arm, "search": Search, "space": Range}
        within = "space" if "space" in parents else parents[0] if parents else ""
        valid = list(sections.get(within, Question).model_fields)
        near = get_close_matches(last, valid, n=1)
        hint = f"Did you mean {near[0]}?" if near else None
        return ConfigError("unknown key.", file=path, site=site, found=last, expected=", ".join(valid), hint=hint)
    return ConfigError(first["msg"] + ".", file=path, site=site or None, found=repr(first.get("input"))[:200])
