"""Targets with their units and transforms, the methods they were obtained by, and typed label records."""

from mlcluster.labels.label_records import LabelRecord, require_trainable, trainable
from mlcluster.labels.methods import METHODS, Channel, Method
from mlcluster.labels.own_targets import TargetDeclaration, declare_targets
from mlcluster.labels.targets import TARGETS, Target, get_target

__all__ = [
    "METHODS",
    "TARGETS",
    "Channel",
    "LabelRecord",
    "Method",
    "Target",
    "TargetDeclaration",
    "declare_targets",
    "get_target",
    "require_trainable",
    "trainable",
]
