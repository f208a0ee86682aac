"""`LabelledCluster`: a structure with its labels and its place in a data set."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from mlcluster.labels import LabelRecord, trainable
from mlcluster.structure.cluster import Cluster


@dataclass(frozen=True, kw_only=True, eq=False)
class LabelledCluster:
    """One entry of a source.

    Parameters
    ----------
    entry
        Identifier, unique within the source.
    family
        Structural family: entries of one family stay on one side of a split. None when not assigned.
    parent, edits
        What the structure was derived from, and how; empty for a structure that stands on its own.
    cluster
        The structure.
    labels
        Records of this entry.
    source
        Name of the source it comes from.
    split
        Side of the split its authors published, as they call it; empty where they publish none.
    key
        Structural key of `mlcluster.data.families`, where it has been made already.
    """

    entry: str
    family: str | None
    cluster: Cluster
    labels: tuple[LabelRecord, ...]
    parent: str = ""
    edits: str = ""
    source: str = ""
    split: str = ""
    key: str = ""


def only_trainable(items: Iterable[LabelledCluster], channels: Iterable[str]) -> list[LabelledCluster]:
    """Entries with at least one label of `channels` that may be learned from, stripped of all other labels."""
    wanted = set(channels)
    kept = []
    for item in items:
        labels = tuple(record for record in trainable(item.labels) if record.channel.key in wanted)
        if labels:
            kept.append(replace(item, labels=labels))
    return kept
