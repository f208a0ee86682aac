"""Sizes and distances of a cluster: metal core, metal-metal and metal-donor contacts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mlcluster.chem.elements import SYMBOLS, is_metal
from mlcluster.geometry.bonds import Bonds
from mlcluster.structure.cluster import Cluster


def core_extents(cluster: Cluster) -> tuple[float, float, float] | None:
    """Longest to shortest extent of the metal atoms along their own principal axes, angstrom; None below two."""
    points = cluster.positions[is_metal(cluster.numbers)]
    if len(points) < 2:
        return None
    centred = points - points.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=True)
    spans = sorted(np.ptp(centred @ axes.T, axis=0).tolist(), reverse=True)
    return spans[0], spans[1], spans[2]


def contact_distances(cluster: Cluster, bonds: Bonds) -> dict[str, dict[str, float]]:
    """Number, mean, shortest and longest of each kind of bond that involves a metal, by element pair.

    Examples
    --------
    ``{"Au-S": {"count": 36, "mean": 2.35, "min": 2.30, "max": 2.41}}``; metals are named first, distances are
    in angstrom.
    """
    once = (bonds.first < bonds.second) & (
        is_metal(cluster.numbers)[bonds.first] | is_metal(cluster.numbers)[bonds.second]
    )
    first, second = cluster.numbers[bonds.first[once]], cluster.numbers[bonds.second[once]]
    swap = ~is_metal(first) | (is_metal(second) & (second > first))
    first, second = np.where(swap, second, first), np.where(swap, first, second)
    distances: dict[str, list[float]] = {}
    for a, b, d in zip(first.tolist(), second.tolist(), bonds.distance[once].tolist(), strict=True):
        distances.setdefault(f"{SYMBOLS[a]}-{SYMBOLS[b]}", []).append(d)
    return {
        pair: {"count": len(values), "mean": float(np.mean(values)), "min": min(values), "max": max(values)}
        for pair, values in sorted(distances.items())
    }


def bond_statistics(
    cluster: Cluster, bonds: Bonds, labels: Sequence[str], centres: Sequence[int] = ()
) -> list[dict[str, Any]]:
    """Number, mean, shortest and longest of the bonds of each element pair in each part, angstrom.

    Between metals the part is ``"kernel centre"`` (from the centre of a polyhedron to its vertices), ``"kernel"``,
    ``"core-shell"`` (kernel to staple or surface metals) or ``"shell"``; between metals and donors ``"staple"``,
    ``"kernel-staple"``, ``"surface"`` or ``"kernel"``, by the metal and the donor.

    Parameters
    ----------
    bonds
        Of this cluster.
    labels
        Part of each atom, as of `mlcluster.anatomy.parts.Parts`.
    centres
        Centres of polyhedra of the kernel.

    Examples
    --------
    ``{"pair": "Au-S", "part": "staple", "count": 24, "mean": 2.33, "min": 2.31, "max": 2.34}``
    """
    metal = is_metal(cluster.numbers)
    kinds = np.array([_KINDS.get(label, "") for label in labels], dtype=object)
    kinds[[centre for centre in centres if kinds[centre] == "kernel"]] = "centre"
    once = metal[bonds.first] & (~metal[bonds.second] | (bonds.first < bonds.second))
    first, second = bonds.first[once], bonds.second[once]
    both = metal[second]
    # Heavier metal first; a donor is always second.
    swap = both & (cluster.numbers[second] > cluster.numbers[first])
    first, second = np.where(swap, second, first), np.where(swap, first, second)
    found: dict[tuple[str, str], list[float]] = {}
    for a, b, d in zip(first.tolist(), second.tolist(), bonds.distance[once].tolist(), strict=True):
        part = _part(kinds[a], kinds[b]) if metal[b] else _donor_part(kinds[a], labels[b] == "staple")
        found.setdefault((f"{SYMBOLS[cluster.numbers[a]]}-{SYMBOLS[cluster.numbers[b]]}", part), []).append(d)
    return [
        {
            "pair": pair,
            "part": part,
            "count": len(values),
            "mean": float(np.mean(values)),
            "min": min(values),
            "max": max(values),
        }
        for (pair, part), values in sorted(found.items())
    ]


_KINDS = {"kernel metal": "kernel", "surface metal": "surface", "staple": "staple"}


def _part(a: str, b: str) -> str:
    kernel = [kind in ("kernel", "centre") for kind in (a, b)]
    if all(kernel):
        return "kernel centre" if "centre" in (a, b) else "kernel"
    return "core-shell" if any(kernel) else "shell"


def _donor_part(metal: str, in_staple: bool) -> str:
    if metal in ("kernel", "centre"):
        return "kernel-staple" if in_staple else "kernel"
    return metal
