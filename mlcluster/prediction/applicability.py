"""Whether a cluster lies within what a model has seen, with the reasons when it does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import ArrayLike

from mlcluster.anatomy import Anatomy
from mlcluster.model.domain import findings, reasons_beyond
from mlcluster.model.latent import LatentSpace


def reasons_outside(anatomy: Anatomy, domain: Mapping[str, Any], distance: float | None = None) -> list[str]:
    """Named reasons why a prediction for a cluster is an extrapolation; empty when it is not.

    Parameters
    ----------
    anatomy
        Of the structure.
    domain
        Of the model: ``elements``, ``ligand_classes``, ``n_atoms``, ``n_metals``, ``charge`` and, set on families held
        out, ``thresholds``; see `mlcluster.model.domain`.
    distance
        Latent distance of the cluster, where the model can tell it.
    """
    return reasons_beyond(findings(anatomy, domain, distance), domain.get("thresholds", {}))


def reasons_of_all(
    anatomies: Sequence[Anatomy], domain: Mapping[str, Any], embedding: ArrayLike
) -> list[tuple[str, ...]]:
    """Reasons for each cluster, the latent distance among them if the model holds a summary of its latent space.

    Parameters
    ----------
    anatomies
        Of the structures, G.
    domain
        Of the model.
    embedding
        Features of all members side by side for each cluster, (G, D).
    """
    distances: Sequence[float | None] = [None] * len(anatomies)
    if domain.get("embedding"):
        distances = LatentSpace.from_json(domain["embedding"]).distance(embedding).tolist()
    return [
        tuple(reasons_outside(anatomy, domain, distance))
        for anatomy, distance in zip(anatomies, distances, strict=True)
    ]
