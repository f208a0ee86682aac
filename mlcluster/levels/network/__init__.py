"""The network level: configuration, networks, ensemble and the file they are kept in."""

from mlcluster.levels.network.checkpoint import load_ensemble, save_ensemble
from mlcluster.levels.network.ensemble import Ensemble, EnsembleMetadata, EnsembleOutput
from mlcluster.levels.network.network_config import ModelConfig
from mlcluster.levels.network.property_model import PropertyModel, build_model

__all__ = [
    "Ensemble",
    "EnsembleMetadata",
    "EnsembleOutput",
    "ModelConfig",
    "PropertyModel",
    "build_model",
    "load_ensemble",
    "save_ensemble",
]
