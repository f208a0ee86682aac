"""Whether a cluster lies within what a model has seen, with the reasons when it does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlcluster.chem.elements import SYMBOLS, is_metal
from mlcluster.structure.cluster import Cluster

RANGE_SLACK = 0.1
"""Share of a range by which a cluster may lie beyond it and still count as inside."""


def reasons_outside(cluster: Cluster, domain: Mapping[str, Any]) -> list[str]:
    """Named reasons why a prediction for `cluster` is an extrapolation; empty when it is not.

    Parameters
    ----------
    domain
        What training saw: ``elements`` (symbols), and ``n_atoms``, ``n_metals``, ``charge`` as [lowest, highest].
    """
    reasons = []
    unseen = sorted({SYMBOLS[z] for z in cluster.numbers.tolist()} - set(domain.get("elements", ())))
    if unseen:
        reasons.append(f"elements never seen in training: {', '.join(unseen)}")
    sizes = {"n_atoms": ("atoms", len(cluster)), "n_metals": ("metal atoms", int(is_metal(cluster.numbers).sum()))}
    for key, (noun, value) in sizes.items():
        if key in domain:
            low, high = domain[key]
            if not low * (1 - RANGE_SLACK) <= value <= high * (1 + RANGE_SLACK):
                reasons.append(f"{value} {noun}; training had {low} to {high}")
    if domain.get("charge"):
        low, high = domain["charge"]
        if cluster.charge is None:
            reasons.append("charge unknown; training had stated charges only")
        elif not low <= cluster.charge <= high:
            reasons.append(f"charge {cluster.charge:+d}; training had {low:+d} to {high:+d}")
    if cluster.n_electrons is not None and cluster.n_electrons % 2 and domain.get("closed_shell_only", True):
        reasons.append("odd number of electrons; training had closed shells only")
    return reasons
