"""Structures with labels: sources, families, splits, and batches for training."""

from mlcluster.data.families import hold_out, unite
from mlcluster.data.labelled import LabelledCluster, only_trainable
from mlcluster.data.preparation import Prepared, prepare
from mlcluster.data.sources import SOURCES, load
from mlcluster.data.sources.gfn1_models import model_structures
from mlcluster.data.together import load_together

__all__ = [
    "SOURCES",
    "LabelledCluster",
    "Prepared",
    "hold_out",
    "load",
    "load_together",
    "model_structures",
    "only_trainable",
    "prepare",
    "unite",
]
