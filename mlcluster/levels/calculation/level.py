"""`LEVEL`: the calculation level as the rest of the package sees it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from mlcluster.levels.baselines import BASELINES, baseline_predictions
from mlcluster.levels.calculation.card import CalculationCard, calculation_card
from mlcluster.levels.calculation.channel_fit import dealt
from mlcluster.levels.calculation.entries import configured_entries, description_of, entries_hash
from mlcluster.levels.calculation.fit import CALCULATION, Labelled, fit_channel
from mlcluster.levels.calculation.predict import (
    DOCUMENT,
    CalculationModel,
    bundled_calculation_model,
    load_calculation_model,
)
from mlcluster.levels.calculation.recipes import fit_chosen, recipes_of
from mlcluster.levels.protocol import Fold, Judged, Learned, Work
from mlcluster.levels.run_config import TrainConfig
from mlcluster.model.held_out import HeldOut, with_fold

SPLIT = "leave-one-family-out"


class CalculationTask:
    """Fitting the labels of a source: minutes once the calculations are kept, so that it plans no folds.

    Parameters
    ----------
    config
        Its seed, its ``data`` and ``calculation`` sections, ``model.channels`` and, of ``evaluate``, seeds and folds
        are heeded.
    """

    def __init__(self, config: TrainConfig) -> None:
        self.folds: tuple[Fold, ...] = ()
        self.tags: dict[str, str] = {}
        self.documents: dict[str, str] = {}
        self._config = config
        self._entries = configured_entries(config)
        self.data_hash = entries_hash(self._entries)

    def fit(self, work: Work) -> Learned:
        """Fit every channel, and judge it on families it has not seen."""
        own = self._config.calculation
        source = f"labels of {self._config.data.source}"
        found = {
            key: fit_channel(
                key,
                self._entries,
                source,
                recipes=recipes_of(key, own.candidates, self._config.seed),
                ligands=own.ligands,
            )
            for key in self._config.model.channels
        }
        table = HeldOut.joined(judged for _, judged in found.values())
        model = CalculationModel(
            by_channel={key: channel for key, (channel, _) in found.items()},
            description=description_of(self._config),
            max_seconds=own.max_seconds,
        )
        return Learned(model=model, held_out=[Judged(split=SPLIT, title="each family held out in turn", table=table)])

    def hold_out(self, work: Work) -> Iterator[Judged]:
        """Hold out every family in turn, or parts of whole families, with each seed; and random parts where asked for.

        A seed deals the parts and grows the trees. Of several recipes that of each fit is chosen by families left out
        of what it learns from; every recipe, and the baselines of the network, stand beside it on the same rows.
        """
        folds, random_parts = self._config.evaluate.folds, self._config.calculation.random_parts
        name = SPLIT if folds is None else f"{folds} parts of whole families"
        yield self._judged(name, folds, "family")
        if random_parts is not None:
            yield self._judged(f"{random_parts} random parts", random_parts, "entry")
            yield self._judged(f"{random_parts} random parts, formulas kept together", random_parts, "formula")

    def _judged(self, name: str, count: int | None, unit: str) -> Judged:
        tables = []
        for seed in self._config.evaluate.seeds:
            for key in self._config.model.channels:
                data = Labelled.of(key, self._entries)
                groups = {
                    "family": data.families,
                    "entry": data.names,
                    "formula": [entry.described.anatomy.cluster.formula for entry in data.entries],
                }[unit]
                parts = groups if count is None else dealt(groups, count, seed)
                tables.append(self._arms(data, parts, seed))
        return Judged(split=name, title=name, table=HeldOut.joined(tables))

    def _arms(self, data: Labelled, parts: Sequence[str], seed: int) -> HeldOut:
        """The level, its recipes where there are several, and baselines, on one deal of the parts."""
        recipes = recipes_of(data.channel, self._config.calculation.candidates, seed)
        chosen = data.predicted(lambda rows, values, families: fit_chosen(recipes, rows, values, families), parts)
        tables = [data.table(CALCULATION, chosen, parts)]
        if len(recipes) > 1:
            tables += [data.table(recipe.kind, data.predicted(recipe.fit, parts), parts) for recipe in recipes]
        tables += [_baseline(name, data, parts) for name in BASELINES]
        return with_fold(HeldOut.joined(tables), seed, "")


def _baseline(name: str, data: Labelled, parts: Sequence[str]) -> HeldOut:
    items, part = [entry.item for entry in data.entries if entry.item is not None], np.array(parts)
    predicted = np.empty(len(items))
    for one in set(parts):
        learned = [item for item, own in zip(items, parts, strict=True) if own != one]
        held = [item for item, own in zip(items, parts, strict=True) if own == one]
        found = baseline_predictions(name, BASELINES[name], data.channel, learned, held, calibrate=False)
        predicted[part == one] = found.predicted
    return data.table(name, predicted, parts)


class CalculationLevel:
    """Properties from one calculation of the capped cluster."""

    document = DOCUMENT
    own = CALCULATION
    goes_on = False

    def load(self, directory: str | Path) -> CalculationModel:
        """Read a model."""
        return load_calculation_model(directory)

    def bundled(self) -> CalculationModel:
        """Model that ships with the package."""
        return bundled_calculation_model()

    def card(self, model: CalculationModel) -> CalculationCard:
        """What a user must know of a model."""
        return calculation_card(model)

    def scores(self, part: HeldOut) -> dict[str, float]:
        """None besides the usual ones."""
        return {}

    def task(self, config: TrainConfig, verb: str) -> CalculationTask:
        """Fitting the labels of a source."""
        return CalculationTask(config)


LEVEL = CalculationLevel()
"""The calculation level."""
