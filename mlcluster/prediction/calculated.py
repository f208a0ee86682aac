"""The calculation level within `predict`: who asks for it, how long it may take, and why there is none."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mlcluster.anatomy import Anatomy
from mlcluster.errors import ConfigError, MlclusterError, ModelError
from mlcluster.graph import convert
from mlcluster.labels.methods import Channel
from mlcluster.levels.calculation.predict import (
    DOCUMENT,
    CalculationModel,
    bundled_calculation_model,
    load_calculation_model,
)
from mlcluster.levels.network import Ensemble
from mlcluster.levels.network.cluster_graph import ClusterGraph
from mlcluster.prediction.prediction import Asked, Prediction, predictions_of
from mlcluster.tracking.registered_models import located

SWITCH = "MLCLUSTER_LEVEL"
"""Environment variable that says which level stands for ``auto`` being left unsaid."""
CHOICES = ("auto", "calculation", "network", "formula")
AUTO_SECONDS = 30.0
"""Largest estimate of a calculation that nobody asked for."""
ASKED_SECONDS = 120.0
"""Largest estimate of a calculation that somebody asked for."""


@dataclass(frozen=True)
class LevelChoice:
    """Which levels answer.

    Parameters
    ----------
    level
        ``"formula"`` alone; ``"network"`` with the formula beside it; ``"calculation"``, or ``"auto"``, with both
        beside it.
    max_seconds
        Largest estimate, in seconds of one core, of a calculation that is made.
    formula
        Whether the bundled formula model adds the properties that the network does not predict.
    model
        Model of the calculation level; the bundled one when None.
    """

    level: str
    max_seconds: float = AUTO_SECONDS
    formula: bool = True
    model: CalculationModel | None = None

    @classmethod
    def of(cls, level: str | None = None, max_seconds: float | None = None, formula: bool | None = None) -> LevelChoice:
        """What a caller says; unsaid it is ``MLCLUSTER_LEVEL``, else ``"auto"``, with 30 s, or 120 s where asked for.

        Raises
        ------
        ConfigError
            If there is no such level, the time is not positive, or the formula is asked for and refused at once.
        """
        said = level or os.environ.get(SWITCH) or "auto"
        if said not in CHOICES:
            raise ConfigError("no such level of prediction.", found=said, expected=", ".join(CHOICES))
        if max_seconds is not None and not max_seconds > 0:
            raise ConfigError("a calculation needs time.", found=max_seconds, expected="max_seconds above 0")
        if said == "formula" and formula is False:
            raise ConfigError("only the formula is asked, and it may not answer.", hint="Drop --no-formula or --level.")
        usual = ASKED_SECONDS if said == "calculation" else AUTO_SECONDS
        return cls(said, usual if max_seconds is None else max_seconds, formula is not False)

    @property
    def calculates(self) -> bool:
        """Whether the calculation may answer."""
        return self.level in ("auto", "calculation")


NETWORK = LevelChoice("network")


def own_calculation_model(model: object) -> CalculationModel | None:
    """The model of the calculation level in a directory, of a run or registered; None where it is another level's.

    Raises
    ------
    ModelError
        If it cannot be read.
    InputError
        If the record has no such run or model.
    """
    if not isinstance(model, str | Path):
        return None
    place = Path(located(model))
    return load_calculation_model(place) if (place / DOCUMENT).is_file() else None


def calculated(
    anatomy: Anatomy, asked: Asked, max_seconds: float, own: CalculationModel | None = None
) -> tuple[list[Prediction], str]:
    """Predictions by a model of the calculation level, or none and why.

    Parameters
    ----------
    anatomy, asked
        The cluster, and what its rows say it is.
    max_seconds
        Largest estimate of a calculation that is made; one that is kept is taken whatever it took.
    own
        The model; the bundled one when None.
    """
    model = replace(own or bundled_calculation_model(), max_seconds=max_seconds)
    try:
        features = model.features(anatomy)
        (found,) = predictions_of(model, "calculation", [asked], model.predict([features]))
    except ModelError:
        raise
    except MlclusterError as error:  # a cluster without a calculation still has its other rows
        return [], " ".join(str(error).split())
    wider = {key for key, one in model.by_channel.items() if features.cut and one.cut_error}
    return [replace(each, ligands_cut=each.channel.key in wider) for each in found], ""


def noted(predictions: Collection[Prediction], reason: str, own: CalculationModel | None = None) -> list[Prediction]:
    """Rows of other levels, with the reason where the calculation would have answered for their target."""
    channels = (own or bundled_calculation_model()).channels if reason else []
    targets = {Channel.parse(key).target for key in channels}
    return [replace(p, not_calculated=reason) if p.target in targets else p for p in predictions]


def graphs_of(anatomies: Sequence[Anatomy], ensemble: Ensemble, level: LevelChoice) -> list[ClusterGraph]:
    """Graphs as the ensemble takes them, with calculations in the time of the level where it corrects them.

    Raises
    ------
    StructureError
        If a cluster cannot become a graph.
    CalculationError
        If the ensemble corrects calculations and there is none of a cluster.
    """
    if level.level == "formula":  # nobody asks the network
        return [
            ClusterGraph(anatomy=each, seen=each, graph=convert(each, ensemble.config.cutoff)) for each in anatomies
        ]
    return [ClusterGraph.of(each, ensemble.config, level.max_seconds) for each in anatomies]
