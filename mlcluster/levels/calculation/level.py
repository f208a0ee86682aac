"""`LEVEL`: the calculation level as the rest of the package sees it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mlcluster.levels.calculation.card import CalculationCard, calculation_card
from mlcluster.levels.calculation.entries import configured_entries, entries_hash
from mlcluster.levels.calculation.fit import CALCULATION, fit_channel
from mlcluster.levels.calculation.predict import (
    DOCUMENT,
    CalculationModel,
    bundled_calculation_model,
    load_calculation_model,
)
from mlcluster.levels.protocol import Fold, Judged, Learned, Work
from mlcluster.levels.run_config import TrainConfig
from mlcluster.model.held_out import HeldOut

SPLIT = "leave-one-family-out"


class CalculationTask:
    """Fitting lines to the labels of a source: seconds once the calculations are kept, so that it plans no folds.

    Parameters
    ----------
    config
        Its ``data`` section and ``model.channels`` are heeded.
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
        source = f"labels of {self._config.data.source}"
        found = {key: fit_channel(key, self._entries, source) for key in self._config.model.channels}
        table = HeldOut.joined(judged for _, judged in found.values())
        model = CalculationModel(by_channel={key: channel for key, (channel, _) in found.items()})
        return Learned(model=model, held_out=[Judged(split=SPLIT, title="each family held out in turn", table=table)])

    def hold_out(self, work: Work) -> Iterator[Judged]:
        """Hold out every family in turn; least squares have no seed."""
        tables = [fit_channel(key, self._entries)[1] for key in self._config.model.channels]
        yield Judged(split=SPLIT, title=SPLIT, table=HeldOut.joined(tables))


class CalculationLevel:
    """Properties from one calculation of the capped cluster."""

    document = DOCUMENT
    own = CALCULATION

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
        """Fitting lines to the labels of a source."""
        return CalculationTask(config)


LEVEL = CalculationLevel()
