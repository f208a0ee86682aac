"""Places of a search: which values each trial tries, by its number and seed, and with some samplers by scores."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from mlcluster.errors import ConfigError
from mlcluster.runs import write_whole

MOST_TRIALS = 10_000


_JUDGES = ("data", "split", "seed", "ensemble.members", "evaluate", "level", "model.channels")
_LEARNING = ("data.weights",)


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

    sampler: Literal["random", "tpe"] = Field(
        default="random", description="how places are chosen: tpe learns from the trials before (extra search)"
    )
    trials: int = Field(ge=1, le=MOST_TRIALS)
    seed: int = Field(default=0, ge=0)
    space: dict[str, list[Any] | Range] = Field(
        min_length=1, description="for dotted keys of the config a list of values or a range: low, high, log, integer"
    )

    pruner: Literal["none", "median"] = Field(
        default="none", description="median: trials worse than the median of those before end early (extra search)"
    )
    pruner_trials: int = Field(default=4, ge=1, description="trials that finish before any is ended early")
    pruner_epochs: int = Field(default=1, ge=0, description="epochs that every trial has")

    @model_serializer(mode="wrap")
    def _as_before(self, values: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A search without pruner is written as it was when there was none, so that its trials are found again."""
        unpruned = self.pruner == "none"
        return {key: value for key, value in values(self).items() if not (unpruned and key.startswith("pruner"))}

    @model_validator(mode="after")
    def _values(self) -> Search:
        if empty := [key for key, values in self.space.items() if values == []]:
            raise ValueError(f"no values for {empty[0]} of the search")
        if wrong := [key for key in self.space if key.startswith(_JUDGES) and key not in _LEARNING]:
            raise ValueError(f"{wrong[0]} changes the rows that trials are judged by, so none of them would be better")
        return self

    @property
    def learns(self) -> bool:
        """Whether a trial depends on the scores of those before it, so that it cannot be planned before them."""
        return self.sampler != "random"

    def points(self) -> list[dict[str, Any]]:
        """What each trial of a random search tries; those of a search with more trials begin with the same ones."""
        return [random_point(self, number) for number in range(self.trials)]


Told = tuple[Mapping[str, Any], float | None]
"""Place of a trial, and its score, the lower the better; None while it has none, infinity where it ended early."""


def random_point(search: Search, number: int, told: Sequence[Told] = ()) -> dict[str, Any]:
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
    return _readable(number, values)


def _readable(number: float, values: Range) -> float:
    """Three digits: what is reported is what was tried."""
    return min(max(float(f"{number:.3g}"), values.low), values.high)


def tpe_point(search: Search, number: int, told: Sequence[Told] = ()) -> dict[str, Any]:
    """Tree-structured Parzen estimator of Optuna (Bergstra et al. 2011; Watanabe 2023), begun with random trials.

    The study is made anew from the trials told, so that there is no second record to keep in step.

    Raises
    ------
    ConfigError
        If Optuna is not installed.
    """
    try:
        import optuna
    except ImportError:
        hint = "pip install 'mlcluster[search]', or sampler: random."
        raise ConfigError("the sampler tpe needs Optuna.", site="search.sampler", hint=hint) from None
    space: dict[str, Any] = {}
    for key, values in search.space.items():
        if isinstance(values, list):
            # By number: a value may be anything that YAML knows.
            space[key] = optuna.distributions.CategoricalDistribution(list(range(len(values))))
        elif values.integer:
            low, high = int(values.low), int(values.high)
            space[key] = optuna.distributions.IntDistribution(low, high, log=values.log)
        else:
            space[key] = optuna.distributions.FloatDistribution(values.low, values.high, log=values.log)
    seed = int(np.random.default_rng([search.seed, number]).integers(2**31))
    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=STARTUP_TRIALS)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=sampler)
    for point, value in told:
        if value is not None:
            params = {key: _number_of(point[key], values) for key, values in search.space.items()}
            about: dict[str, Any] = {"value": value}
            if value == math.inf:
                about = {"state": optuna.trial.TrialState.PRUNED}  # counts as worse than every finished one
            study.add_trial(optuna.trial.create_trial(params=params, distributions=space, **about))
    asked = study.ask(space).params
    return {key: _value_of(asked[key], values) for key, values in search.space.items()}


STARTUP_TRIALS = 8
"""Trials of TPE that are drawn at random before it has scores to learn from."""


def _number_of(value: Any, values: list[Any] | Range) -> Any:
    return values.index(value) if isinstance(values, list) else value


def _value_of(asked: Any, values: list[Any] | Range) -> Any:
    if isinstance(values, list):
        return values[asked]
    return asked if values.integer else _readable(asked, values)


SAMPLERS: Mapping[str, Callable[[Search, int, Sequence[Told]], dict[str, Any]]] = {
    "random": random_point,
    "tpe": tpe_point,
}
"""How the place of a trial is chosen, by the name of the sampler."""


def kept_points(folder: Path, about: str) -> list[dict[str, Any]]:
    """Places that a search which learns has chosen so far, from ``trials.jsonl`` of an experiment.

    Parameters
    ----------
    folder
        Of the experiment.
    about
        Hash of all that makes two searches different ones but for the number of trials.
    """
    file = folder / TRIALS
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    return [row["point"] for row in map(json.loads, lines) if row["search"] == about]


def keep_point(folder: Path, about: str, point: Mapping[str, Any]) -> None:
    """Add the place of a new trial; the file is replaced in one step."""
    file = folder / TRIALS
    before = file.read_text(encoding="utf-8") if file.is_file() else ""
    write_whole(file, before + json.dumps({"search": about, "point": dict(point)}) + "\n")


TRIALS = "trials.jsonl"
