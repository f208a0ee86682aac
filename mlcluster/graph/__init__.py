"""Clusters as graphs."""

from mlcluster.graph.cache import GraphCache
from mlcluster.graph.convert import CUTOFF, convert
from mlcluster.graph.keys import KEYS, GraphKey, batched, check_fields

__all__ = ["CUTOFF", "KEYS", "GraphCache", "GraphKey", "batched", "check_fields", "convert"]
