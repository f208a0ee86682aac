"""Models: configuration, network, ensemble and the file they are kept in."""

from mlcluster.model.checkpoint import load_ensemble, save_ensemble
from mlcluster.model.config import ModelConfig
from mlcluster.model.ensemble import Ensemble, EnsembleMetadata, EnsembleOutput
from mlcluster.model.property_model import ModelOutput, PropertyModel
from mlcluster.model.registry import MODELS, build_model

__all__ = [
    "MODELS",
    "Ensemble",
    "EnsembleMetadata",
    "EnsembleOutput",
    "ModelConfig",
    "ModelOutput",
    "PropertyModel",
    "build_model",
    "load_ensemble",
    "save_ensemble",
]
