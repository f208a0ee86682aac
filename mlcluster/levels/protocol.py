"""What a level of prediction is to the rest of the package: a `Level` reads models and starts a `Task` of learning."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from mlcluster.anatomy import Anatomy
from mlcluster.data.splits import Split
from mlcluster.levels.run_config import TrainConfig
from mlcluster.model.calibration import Calibration
from mlcluster.model.card_parts import Card
from mlcluster.model.held_out import HeldOut
from mlcluster.structure.cluster import Cluster

Array = NDArray[np.float64]

ENTRIES_HASH = "mlcluster.entries_hash"
"""Tag of a run: structures and labels alone, without the splits."""


@dataclass(frozen=True, kw_only=True, eq=False)
class LevelOutput:
    """Predictions of N clusters for C channels, in model space.

    Parameters
    ----------
    mean, spread
        (N, C).
    reasons
        For each cluster and channel the reasons why the prediction is an extrapolation; none inside the domain.
    notes
        Of each cluster what was done to it before it was predicted, in words, or nothing; empty where nothing ever is.
    details
        What else the level can say of these clusters, for those who know it.
    """

    mean: Array
    spread: Array
    reasons: Sequence[Sequence[tuple[str, ...]]]
    notes: Sequence[str] = ()
    details: Any = None


class LevelModel(Protocol):
    """A model of a level."""

    @property
    def channels(self) -> Collection[str]:
        """What it predicts, ``target:method``, in the order of the columns."""

    @property
    def domain(self) -> Mapping[str, Any]:
        """What it has learned from, in plain values, each channel by itself."""

    @property
    def hash(self) -> str:
        """SHA-256 of everything a prediction rests on; its first 12 digits stand in outputs."""

    def features(self, cluster: Cluster | Anatomy) -> Any | None:
        """What it predicts a cluster from; None, or an error with the reason, for one that it cannot describe."""

    def predict(self, items: Sequence[Any]) -> LevelOutput:
        """Predict what `features` gives of clusters."""

    def calibration(self, channel: str) -> Calibration:
        """From the spread of a prediction to its interval."""

    def differences(self, relation: str) -> Mapping[str, Calibration]:
        """By channel, from the spread of a difference of two clusters so related to its interval, where it is known."""

    def informative(self, channel: str) -> bool | None:
        """Whether it knows more of a channel than the mean, by its own held-out scores; None where it has none."""

    def recorded(self, record: Mapping[str, Any]) -> Self:
        """The model with the record of its run: run_id, data_hash, config, environment, metrics."""

    def save(self, directory: Path) -> Path:
        """Write it to a directory and return that."""


@dataclass(frozen=True, kw_only=True)
class Fold:
    """Models that share what is held out of them, one a split.

    Parameters
    ----------
    seed
        Of the splits.
    left_out
        Family or part that is left out in its turn; None where what is held out is held out of the whole run.
    name
        The same for people.
    splits
        What each model fits, stops on and does not see.
    """

    seed: int
    left_out: str | None
    name: str
    splits: tuple[Split, ...]

    @property
    def test(self) -> tuple[str, ...]:
        """Entries held out of every model."""
        return self.splits[0].test

    @property
    def learned(self) -> frozenset[str]:
        """Entries that a model fits or stops on."""
        return frozenset(entry for split in self.splits for entry in (*split.train, *split.validation))

    @property
    def members(self) -> list[str]:
        """What its models are called, in bars and as runs."""
        return [f"{self.name}/member {k}" for k in range(len(self.splits))]


@dataclass(frozen=True, kw_only=True)
class Judged:
    """Rows held out of a model that are scored together.

    Parameters
    ----------
    split, title
        Name in tables, and what was held out in words.
    table
        The rows.
    charges
        Scores of the charges of their atoms by seed, arm and name, e; none where the model gives no charges.
    """

    split: str
    title: str
    table: HeldOut
    charges: Mapping[int, Mapping[str, Mapping[str, float]]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Learned:
    """What a level gives after learning.

    Parameters
    ----------
    model
        The model, without the record of its run.
    held_out
        Predictions of rows held out of it.
    example
        A cluster that shows how the model is served; None for one that is not.
    """

    model: LevelModel
    held_out: Sequence[Judged]
    example: Cluster | None = None


def _ignore(*_: object) -> None:
    return None


@dataclass(frozen=True, kw_only=True)
class Work:
    """Where a task works, and whom it tells what it has reached; given by the verbs ``train`` and ``evaluate``.

    Parameters
    ----------
    directory
        For what an interruption must not cost; removed at the end.
    cache
        Directory of the graph cache.
    progress
        Called with the state of every member of every fold, whenever one has reached more.
    trained
        Called with a fold once its members are trained.
    keep
        Gives the held-out rows of a fold, made by the function only if they are not kept already.
    only
        Folds of a cross-validation to do, whose rows are kept and not yet judged; all when None.
    scheduler
        Address of a Dask scheduler, or its file, whose workers train; they share `directory` and `cache` with this
        process. None for processes on this machine.
    """

    directory: Path
    cache: Path
    progress: Callable[[Sequence[Any]], object] = _ignore
    trained: Callable[[Fold], object] = _ignore
    keep: Callable[[Fold, Callable[[], HeldOut]], HeldOut] = field(default=lambda fold, make: make())
    only: Sequence[Fold] | None = None
    scheduler: str | None = None


class Task(Protocol):
    """Learning as one configuration asks for it: what is learned from is there and checked."""

    @property
    def data_hash(self) -> str:
        """SHA-256 of entries, labels and splits."""

    @property
    def folds(self) -> Sequence[Fold]:
        """What is trained and can be gone on with after an interruption; none for a level that takes minutes."""

    @property
    def tags(self) -> Mapping[str, str]:
        """Further tags of the run."""

    @property
    def documents(self) -> Mapping[str, str]:
        """Texts to keep with the run, by file name."""

    def fit(self, work: Work) -> Learned:
        """Fit the model, and predict what is held out of it."""

    def hold_out(self, work: Work) -> Iterator[Judged]:
        """Cross-validation: rows of all folds and seeds, with intervals, beside baselines; none yet of some folds."""


class Level(Protocol):
    """A level of prediction."""

    @property
    def document(self) -> str:
        """File by which a directory is known to hold one of its models."""

    @property
    def own(self) -> str:
        """Name of the level among the models and baselines of held-out rows."""

    @property
    def goes_on(self) -> bool:
        """Whether a run that was interrupted can be gone on with: one that trains members does."""

    def load(self, directory: str | Path) -> LevelModel:
        """Read a model."""

    def bundled(self) -> LevelModel:
        """Model that ships with the package."""

    def card(self, model: Any) -> Card:
        """What a user must know of a model of this level; ModelError where its record does not tell it."""

    def scores(self, part: HeldOut) -> dict[str, float]:
        """Scores that the table of ``evaluate`` shows besides the usual ones."""

    def task(self, config: TrainConfig, verb: str) -> Task:
        """What ``train`` or ``evaluate`` is to do; refuses data that cannot be learned from."""
