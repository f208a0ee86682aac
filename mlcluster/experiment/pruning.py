"""Trials of a search that go worse than those before are ended early: Optuna's median rule on validation errors."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlcluster.errors import ConfigError
from mlcluster.experiment.planned_runs import Progress
from mlcluster.experiment.search import Search
from mlcluster.tracking import RunStore

COURSE = "course/validation"
"""Metric of a run: validation error after each epoch, mean over the members."""


@dataclass(frozen=True, kw_only=True)
class Median:
    """Ends a trial whose best error so far is above the median of the finished trials at the same epoch.

    The rule is that of `optuna.pruners.MedianPruner` (Golovin et al. 2017, 10.1145/3097983.3098043). What a trial is
    held against is known when it starts, so that the same trials before it give the same end.

    Parameters
    ----------
    earlier
        For each finished trial with the same seed its (epoch, error) rows.
    trials, epochs
        Trials that finish before any is ended, and epochs that every trial has.
    last
        Epochs of the schedule; a trial that has them all is finished, whatever its error.
    """

    earlier: tuple[tuple[tuple[int, float], ...], ...]
    trials: int
    epochs: int
    last: int

    def __call__(self, course: Sequence[float]) -> int | None:
        """First epoch (from 1) at which a trial with these errors is ended; None where it goes on."""
        if len(self.earlier) < self.trials:
            return None
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        # A step is an epoch; the rule first looks at the one after those that every trial has.
        pruner = optuna.pruners.MedianPruner(n_startup_trials=self.trials, n_warmup_steps=self.epochs + 1)
        study = optuna.create_study(pruner=pruner, sampler=optuna.samplers.RandomSampler(seed=0))
        for rows in self.earlier:
            if rows:
                errors = {epoch: _finite(error) for epoch, error in rows}
                study.add_trial(optuna.trial.create_trial(value=_finite(rows[-1][1]), intermediate_values=errors))
        trial = study.ask()
        for epoch, error in enumerate(course[: self.last - 1], start=1):
            trial.report(_finite(error), epoch)
            if trial.should_prune():
                return epoch
        return None


def _finite(error: float) -> float:
    """An error that is no number as the largest there is: Optuna passes over what is no number, with a warning."""
    return error if math.isfinite(error) else sys.float_info.max


def median_of(search: Search, store: RunStore, finished: Iterable[str], last: int) -> Median | None:
    """What a new trial is held against; None for a search that ends none early.

    Parameters
    ----------
    search
        The search.
    store
        Where its runs are.
    finished
        Runs of its finished trials with the same seed.
    last
        Epochs of the schedule of the new trial.
    """
    if search.pruner == "none":
        return None
    courses = (store.find(run).metric_steps(COURSE) for run in finished)
    return Median(
        earlier=tuple(tuple(rows) for rows in courses),
        trials=search.pruner_trials,
        epochs=search.pruner_epochs,
        last=last,
    )


def pruned_sentences(progress: Iterable[Progress]) -> Iterator[str]:
    """Which trials ended early, and when; nothing where none did."""
    pruned = [f"{each.unit.name} (epoch {each.pruned_at})" for each in progress if each.state == "pruned"]
    if pruned:
        yield f"Pruned, as the trials before had smaller validation errors by then: {'; '.join(pruned)}."


def check_pruner(search: Search | None, file: Path) -> None:
    """Refuse a search that is to be pruned where Optuna is not installed.

    Raises
    ------
    ConfigError
        Saying how to install it.
    """
    if search is None or search.pruner == "none":
        return
    try:
        import optuna  # noqa: F401
    except ImportError:
        hint = "pip install 'mlcluster[search]', or pruner: none."
        raise ConfigError("a pruner needs Optuna.", file=file, site="search.pruner", hint=hint) from None
