"""`LEVEL`: the network level as the rest of the package sees it."""

from __future__ import annotations

from pathlib import Path

from mlcluster.levels.network.card import ModelCard
from mlcluster.levels.network.card_record import model_card
from mlcluster.levels.network.checkpoint import DOCUMENT
from mlcluster.levels.network.predict import NETWORK, NetworkModel
from mlcluster.levels.protocol import Task
from mlcluster.levels.run_config import TrainConfig
from mlcluster.model.held_out import HeldOut
from mlcluster.resources import bundled_model_dir


class NetworkLevel:
    """Properties from the graph of a cluster."""

    document = DOCUMENT
    own = NETWORK
    goes_on = True

    def load(self, directory: str | Path) -> NetworkModel:
        """Read a model."""
        return NetworkModel.load(directory)

    def bundled(self) -> NetworkModel:
        """Model that ships with the package."""
        return NetworkModel.load(bundled_model_dir())

    def card(self, model: NetworkModel) -> ModelCard:
        """What a user must know of a model."""
        return model_card(model.ensemble)

    def scores(self, part: HeldOut) -> dict[str, float]:
        """None besides the usual ones."""
        return {}

    def task(self, config: TrainConfig, verb: str) -> Task:
        """Training of an ensemble, or of one for each family held out."""
        # Whoever only predicts need not wait for the training libraries.
        from mlcluster.levels.network.fit import NetworkTask

        return NetworkTask(config, verb)


LEVEL = NetworkLevel()
