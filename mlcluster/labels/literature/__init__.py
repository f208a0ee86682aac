"""The literature table: measurements of clusters and related pairs, typed, checked and cited.

`measurements` gives the labels, `clusters` the compounds with everything stated about them, `pairs` the related pairs.
"""

from mlcluster.labels.literature.pairs import Pair, pairs
from mlcluster.labels.literature.records import ClusterRecord, Measurement, clusters, measurements, touchstones

__all__ = ["ClusterRecord", "Measurement", "Pair", "clusters", "measurements", "pairs", "touchstones"]
