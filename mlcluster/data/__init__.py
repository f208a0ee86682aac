"""Structures with labels: sources, splits by family, and batches for training."""

from mlcluster.data.labelled import LabelledCluster, only_trainable
from mlcluster.data.sources import SOURCES, load
from mlcluster.data.sources.gfn1_models import model_structures

__all__ = ["SOURCES", "LabelledCluster", "load", "model_structures", "only_trainable"]
