"""One hash for what a model learned from: identifiers, structures, labels and the split."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable

import numpy as np

from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.splits import Split


def data_hash(items: Iterable[LabelledCluster], splits: Iterable[Split] = ()) -> str:
    """SHA-256 (hex) of entries in the order of their identifiers, and of the splits.

    Positions enter rounded to 0.0001 angstrom, so that the same data hash alike on every machine.
    """
    digest = hashlib.sha256()
    for item in sorted(items, key=lambda item: item.entry):
        cluster = item.cluster
        head = [item.entry, item.family, cluster.charge, cluster.multiplicity]
        labels = sorted((r.channel.key, repr(r.value), r.bound or "", r.medium or "") for r in item.labels)
        digest.update(json.dumps([head, labels]).encode())
        digest.update(np.asarray(cluster.numbers, dtype="<i8").tobytes())
        digest.update(np.rint(cluster.positions * 1e4).astype("<i8").tobytes())
    for split in splits:
        digest.update(json.dumps(dataclasses.asdict(split), sort_keys=True).encode())
    return digest.hexdigest()
