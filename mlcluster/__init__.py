"""From the crystal structure of a ligand-protected metal cluster to predicted properties with intervals.

The verbs of the command line are functions here, under the same names and with the same results. Each loads its
own dependencies when it is first used, so that ``import mlcluster`` stays fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from mlcluster import design
    from mlcluster.comparison.compare import compare
    from mlcluster.experiment import configuration as config
    from mlcluster.experiment.cite import cite
    from mlcluster.experiment.demo import demo
    from mlcluster.labels.literature.inspection import inspect
    from mlcluster.labels.literature.known import known
    from mlcluster.photophysics import fit
    from mlcluster.photophysics.esi import esi
    from mlcluster.photophysics.rate_comparison import rates
    from mlcluster.prediction.from_formula import predict_formula
    from mlcluster.prediction.predict import predict
    from mlcluster.prediction.rank import rank
    from mlcluster.prediction.screen import screen
    from mlcluster.prediction.screening.shares import gather
    from mlcluster.structure.cluster import Cluster
    from mlcluster.structure.read import read
    from mlcluster.structure.result import ReadResult
    from mlcluster.training.evaluate import evaluate
    from mlcluster.training.train import TrainResult, train
    from mlcluster.web.serve import serve

__all__ = [
    "Cluster",
    "ReadResult",
    "TrainResult",
    "__version__",
    "cite",
    "compare",
    "config",
    "demo",
    "design",
    "esi",
    "evaluate",
    "fit",
    "gather",
    "inspect",
    "known",
    "predict",
    "predict_formula",
    "rank",
    "rates",
    "read",
    "screen",
    "serve",
    "train",
]

_MODULES = {
    "Cluster": "mlcluster.structure.cluster",
    "ReadResult": "mlcluster.structure.result",
    "TrainResult": "mlcluster.training.train",
    "cite": "mlcluster.experiment.cite",
    "compare": "mlcluster.comparison.compare",
    "demo": "mlcluster.experiment.demo",
    "esi": "mlcluster.photophysics.esi",
    "evaluate": "mlcluster.training.evaluate",
    "gather": "mlcluster.prediction.screening.shares",
    "inspect": "mlcluster.labels.literature.inspection",
    "known": "mlcluster.labels.literature.known",
    "predict": "mlcluster.prediction.predict",
    "predict_formula": "mlcluster.prediction.from_formula",
    "rank": "mlcluster.prediction.rank",
    "rates": "mlcluster.photophysics.rate_comparison",
    "read": "mlcluster.structure.read",
    "screen": "mlcluster.prediction.screen",
    "serve": "mlcluster.web.serve",
    "train": "mlcluster.training.train",
}


_ROOMS = {
    "config": "mlcluster.experiment.configuration",
    "design": "mlcluster.design",
    "fit": "mlcluster.photophysics.fit",
}
"""Where verbs stay together: ``mlcluster.design.substitute``, ``mlcluster.fit.decay``."""


def __getattr__(name: str) -> object:
    if name in _ROOMS:
        return import_module(_ROOMS[name])
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
