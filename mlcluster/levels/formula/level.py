"""`LEVEL`: the formula level as the rest of the package sees it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mlcluster.levels.formula.card import FormulaCard, formula_card
from mlcluster.levels.formula.entries import configured_rows, rows_hash
from mlcluster.levels.formula.family_held_out import held_out_families
from mlcluster.levels.formula.fit import fit_channel
from mlcluster.levels.formula.predict import DOCUMENT, FORMULA, FormulaModel, bundled_formula_model, load_formula_model
from mlcluster.levels.formula.through_rates import compare_rates
from mlcluster.levels.protocol import Fold, Judged, Learned, Work
from mlcluster.levels.run_config import TrainConfig
from mlcluster.model.held_out import HeldOut
from mlcluster.model.scores import family_mean

SPLIT = "leave-one-family-out"
RATES_SPLIT = "leave-one-family-out where yield and lifetime are known"
_BOTH = ("quantum_yield:measured", "lifetime:measured")


class FormulaTask:
    """Learning from the literature table: minutes on one core, so that it plans no folds to go on with.

    Parameters
    ----------
    config
        Its `formula` section, seed and ``evaluate.seeds`` are heeded.
    """

    def __init__(self, config: TrainConfig) -> None:
        self.folds: tuple[Fold, ...] = ()
        self.tags: dict[str, str] = {}
        self.documents: dict[str, str] = {}
        self._config, self._candidates = config, config.formula.chosen_from
        self._rows = {rows.channel: rows for rows in configured_rows(config.formula)}
        self.data_hash = rows_hash(self._rows.values())

    def fit(self, work: Work) -> Learned:
        """Fit every channel, and judge it on families it has not seen."""
        seed = self._config.seed
        held_out = Judged(split=SPLIT, title="each family held out in turn", table=self._held_out(seed))
        channels = {key: fit_channel(rows, seed, self._candidates) for key, rows in self._rows.items()}
        return Learned(model=FormulaModel(channels=channels), held_out=[held_out])

    def hold_out(self, work: Work) -> Iterator[Judged]:
        """Hold out every family in turn with each seed, which starts the search for hyperparameters and nothing else.

        Where quantum yield and lifetime are both asked for, a second split compares them with yields and lifetimes
        that come through the two rates.
        """
        seeds = self._config.evaluate.seeds
        yield Judged(split=SPLIT, title=SPLIT, table=HeldOut.joined(self._held_out(seed) for seed in seeds))
        if set(_BOTH) <= set(self._rows):
            yields, lifetimes = (self._rows[channel] for channel in _BOTH)
            tables = [compare_rates(yields, lifetimes, seed, self._candidates) for seed in seeds]
            yield Judged(split=RATES_SPLIT, title=RATES_SPLIT, table=HeldOut.joined(tables))

    def _held_out(self, seed: int) -> HeldOut:
        return HeldOut.joined(held_out_families(rows, seed, self._candidates) for rows in self._rows.values())


class FormulaLevel:
    """Properties from the formula alone."""

    document = DOCUMENT
    own = FORMULA
    goes_on = False

    def load(self, directory: str | Path) -> FormulaModel:
        """Read a model."""
        return load_formula_model(directory)

    def bundled(self) -> FormulaModel:
        """Model that ships with the package."""
        return bundled_formula_model()

    def card(self, model: FormulaModel) -> FormulaCard:
        """What a user must know of a model."""
        return formula_card(model)

    def scores(self, part: HeldOut) -> dict[str, float]:
        """The error in eV, logit or decades, each family weighing the same: what its models are chosen by."""
        return {"mae_in_model_space": family_mean(np.abs(part.predicted - part.label), part.family)}

    def task(self, config: TrainConfig, verb: str) -> FormulaTask:
        """Learning from the literature table."""
        return FormulaTask(config)


LEVEL = FormulaLevel()
