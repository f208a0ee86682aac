"""Model geometries for compounds of the literature: frameworks with the metals, donors and charge of a record."""

from mlcluster.design.known_models.model_geometry import ModelGeometry, linked_models, model_geometries
from mlcluster.design.known_models.shells import SHELLS

__all__ = ["SHELLS", "ModelGeometry", "linked_models", "model_geometries"]
