"""What a predicted difference has to beat, besides the baselines of a run: the difference of two nearest neighbours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mlcluster.data.labelled import LabelledCluster
from mlcluster.levels.baselines import labelled_with_value
from mlcluster.levels.structural_descriptors import structural_descriptors
from mlcluster.model.held_out import HeldOut

NAME = "nearest neighbour"


def nearest_neighbours(items: Sequence[LabelledCluster], channel: str) -> HeldOut:
    """Each entry takes the label of the entry of another family that is nearest in standardised descriptors.

    Parameters
    ----------
    items
        All entries, with labels.
    channel
        ``target:method``.
    """
    from scipy.spatial import cKDTree

    rows, labels = labelled_with_value(items, channel)
    features = structural_descriptors(rows)
    families = np.array([item.family or item.entry for item in rows])
    predicted = np.full(len(rows), float(labels.mean()))
    for family in sorted(set(families.tolist())):
        out = families == family
        if out.all():
            continue
        known = features[~out]
        scale = known.std(axis=0)
        scaled = (features - known.mean(axis=0)) / np.where(scale > 1e-9, scale, np.inf)
        _, partner = cKDTree(scaled[~out]).query(scaled[out])
        predicted[out] = labels[~out][partner]
    return HeldOut.of(NAME, channel, [item.entry for item in rows], families.tolist(), labels, predicted)
