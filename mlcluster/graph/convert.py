"""A `Cluster` becomes a graph: every pair of atoms within the cutoff, and what is known of its electrons."""

from __future__ import annotations

import numpy as np
import torch
from torch_geometric.data import Data

from mlcluster.anatomy import Anatomy
from mlcluster.errors import StructureError
from mlcluster.geometry.neighbours import NeighbourPairs, neighbour_pairs
from mlcluster.graph.keys import check_fields
from mlcluster.structure.cluster import Cluster

CUTOFF = 5.0
"""Default radius of the graph, angstrom."""

SAME_SPOT = 0.1
"""Two atoms nearer than this, in angstrom, are one atom written twice: no direction can be told between them."""


def convert(cluster: Cluster | Anatomy, cutoff: float = CUTOFF, *, dtype: torch.dtype = torch.float32) -> Data:
    """Graph of a cluster; `mlcluster.graph.keys` lists its fields.

    Differences are taken in float64 before they are stored, so edges of a cluster far from the origin lose
    nothing.

    Parameters
    ----------
    cluster
        Any finite structure of two atoms or more, alone or with its anatomy.
    cutoff
        Atoms closer than this are joined, angstrom. There is no cap on the number of neighbours.
    dtype
        Floating type of all real fields.

    Raises
    ------
    StructureError
        If an atom has no neighbour, or two atoms lie on one spot; the message names the sites.
    """
    anatomy = Anatomy.of(cluster)
    cluster = anatomy.cluster
    pairs = neighbour_pairs(cluster.positions, cutoff)
    _check_pairs(cluster, cutoff, pairs)
    graph_fields: dict[str, torch.Tensor] = {}
    for name, value in (
        ("charge", cluster.charge),
        ("multiplicity", cluster.multiplicity),
        ("valence_electrons", anatomy.valence_electrons),
    ):
        graph_fields[name] = torch.tensor([0.0 if value is None else float(value)], dtype=dtype)
        graph_fields[f"{name}_known"] = torch.tensor([value is not None])
    graph = Data(
        atomic_numbers=torch.from_numpy(cluster.numbers.copy()),
        positions=torch.tensor(cluster.positions, dtype=dtype),
        edge_index=torch.from_numpy(np.stack([pairs.second, pairs.first])),
        edge_vector=torch.tensor(pairs.vector, dtype=dtype),
        edge_distance=torch.tensor(pairs.distance, dtype=dtype),
        num_nodes=len(cluster),
        **graph_fields,
    )
    return check_fields(graph)


def check_structure(cluster: Cluster, cutoff: float = CUTOFF) -> None:
    """Refuse a cluster that cannot become a graph, without making one.

    Raises
    ------
    StructureError
        As `convert`.
    """
    _check_pairs(cluster, cutoff, neighbour_pairs(cluster.positions, cutoff))


def _check_pairs(cluster: Cluster, cutoff: float, pairs: NeighbourPairs) -> None:
    isolated = np.flatnonzero(np.bincount(pairs.first, minlength=len(cluster)) == 0)
    if isolated.size:
        site = int(isolated[0])
        nearest = np.delete(np.linalg.norm(cluster.positions - cluster.positions[site], axis=1), site)
        raise StructureError(
            "atom has no neighbour.",
            file=cluster.source.path,
            site=cluster.labels[site],
            found=f"nearest atom at {nearest.min():.2f} angstrom" if nearest.size else "the only atom of the structure",
            expected=f"another atom within the cutoff of {cutoff:g} angstrom",
            hint="Is it a free ion or solvent, or did the separation of fragments fail?",
        )
    clash = np.flatnonzero(pairs.distance < SAME_SPOT)
    if clash.size:
        first, second = (cluster.labels[k[clash[0]]] for k in (pairs.first, pairs.second))
        raise StructureError(
            "two atoms lie on one spot.",
            file=cluster.source.path,
            site=f"{first} and {second}",
            found=f"{pairs.distance[clash[0]]:.3f} angstrom apart",
            expected=f"at least {SAME_SPOT} angstrom",
            hint="Remove the repeated atom or resolve the disorder.",
        )
