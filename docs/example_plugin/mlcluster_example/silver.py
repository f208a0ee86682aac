"""A source of clusters, and the property it is about: silver shells and their radius."""

from __future__ import annotations

import numpy as np

from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.source_cards import Card
from mlcluster.data.sources import DataSource
from mlcluster.labels import LabelRecord
from mlcluster.structure.cluster import Cluster, Source

RADIUS = {
    "unit": "angstrom",
    "bounds": [0.5, 50],
    "transform": "log10",
    "description": "mean distance of the metal atoms from their centre",
    "methods": {"geometry": "from the positions"},
}
"""What stands under ``targets:`` in a configuration, brought by a package."""


def load(count: int = 12) -> list[LabelledCluster]:
    """Silver octahedra of growing radius, each a family of its own."""
    corners = np.array([(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)], dtype=float)
    entries = []
    for number, radius in enumerate(np.linspace(1.8, 2.4, count)):
        name = f"octahedron-{number}"
        cluster = Cluster(
            numbers=np.full(6, 47), positions=radius * corners, charge=0, multiplicity=1, source=Source(path=name)
        )
        label = LabelRecord(
            entry=name, target="radius", value=float(radius), unit="angstrom", method="geometry", source="made by rule"
        )
        entries.append(LabelledCluster(entry=name, family=name, cluster=cluster, labels=(label,)))
    return entries


SOURCE = DataSource(
    Card(
        name="silver_atoms",
        what="silver octahedra made by rule",
        entries=0,
        method="their radius, angstrom",
        licence="CC0-1.0",
        citation="mlcluster-example",
        obtain="Comes with mlcluster-example.",
        bundled=True,
    ),
    load,
)
