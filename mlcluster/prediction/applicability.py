"""Whether a cluster lies within what a model has seen, with the reasons when it does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import ArrayLike

from mlcluster.levels.network.features import LatentSpace
from mlcluster.model.domain import findings, reasons_beyond
from mlcluster.structure.cluster import Cluster


def reasons_outside(cluster: Cluster, domain: Mapping[str, Any], distance: float | None = None) -> list[str]:
    """Named reasons why a prediction for `cluster` is an extrapolation; empty when it is not.

    Parameters
    ----------
    cluster
        Structure.
    domain
        Of the model: ``elements``, ``ligand_classes``, ``n_atoms``, ``n_metals``, ``charge`` and, set on families held
        out, ``thresholds``; see `mlcluster.model.domain`.
    distance
        Latent distance of the cluster, where the model can tell it.
    """
    return reasons_beyond(findings(cluster, domain, distance), domain.get("thresholds", {}))


def reasons_of_all(
    clusters: Sequence[Cluster], domain: Mapping[str, Any], embedding: ArrayLike
) -> list[tuple[str, ...]]:
    """Reasons for each cluster, the latent distance among them if the model holds a summary of its latent space.

    Parameters
    ----------
    clusters
        Structures, G.
    domain
        Of the model.
    embedding
        Features of all members side by side for each cluster, (G, D).
    """
    distances: Sequence[float | None] = [None] * len(clusters)
    if domain.get("embedding"):
        distances = LatentSpace.from_json(domain["embedding"]).distance(embedding).tolist()
    return [
        tuple(reasons_outside(cluster, domain, distance)) for cluster, distance in zip(clusters, distances, strict=True)
    ]
