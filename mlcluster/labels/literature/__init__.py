"""The literature table: measurements of clusters and related pairs, typed, checked and cited.

`measurements` gives the labels, `clusters` the compounds with everything stated about them, `pairs` the related pairs;
`validate` checks tables, `add` extends one of your own, `link` finds the record of a crystal.
"""

from mlcluster.labels.literature.additions import add
from mlcluster.labels.literature.linking import link
from mlcluster.labels.literature.measurements import ClusterRecord, Measurement, clusters, measurements, touchstones
from mlcluster.labels.literature.relations import Pair, pairs
from mlcluster.labels.literature.validation import validate

__all__ = [
    "ClusterRecord",
    "Measurement",
    "Pair",
    "add",
    "clusters",
    "link",
    "measurements",
    "pairs",
    "touchstones",
    "validate",
]
